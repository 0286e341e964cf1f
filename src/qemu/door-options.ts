import { type Fields, ownFields } from './own-fields.ts'
import { shownValue, shownWord } from './shown-value.ts'

/**
 * The options of a function of this door: an object with no keys but `known`. A key whose value is undefined is as one
 * that is left out.
 */
export function checkOptions(options: unknown, known: readonly string[]): Fields {
  if (options === undefined) return ownFields({})
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new TypeError(`options must be an object, got ${shownWord(options)}`)
  const fields = ownFields(options)
  for (const key of Object.keys(fields))
    if (!known.includes(key))
      throw new TypeError(`options must have keys among ${known.join(', ')}, got ${shownValue(key)}`)
  return fields
}

export function booleanOption(value: unknown, name: string, otherwise: boolean): boolean {
  if (value === undefined) return otherwise
  if (typeof value === 'boolean') return value
  throw new TypeError(`options.${name} must be a boolean, got ${shownValue(value)}`)
}
