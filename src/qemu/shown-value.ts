/** The most characters of a bad value that an error's text shows. */
const MOST_SHOWN = 80

/**
 * A bad value as an error's text shows it: a string, a number or a short array as JSON has it. Its time and length are
 * bounded whatever the value is, and it runs none of the value's own functions.
 */
export function shownValue(value: unknown): string {
  if (typeof value === 'string') return shortened(JSON.stringify(value.slice(0, MOST_SHOWN)))
  if (Array.isArray(value)) return shownArray(value)
  return shownWord(value)
}

function shownArray(value: readonly unknown[]): string {
  let text = '['
  for (let i = 0; i < value.length; i++) {
    if (text.length > MOST_SHOWN) break
    const item = value[i]
    // One level: a value may be nested as deep as its file is long.
    text += (i === 0 ? '' : ',') + (Array.isArray(item) ? 'an array' : shownValue(item))
  }
  return shortened(`${text}]`)
}

/** The same, with strings as they are: for values that are words. */
export function shownWord(value: unknown): string {
  if (typeof value === 'string') return value === '' ? '""' : shortened(value)
  if (typeof value === 'bigint') return `${shortened(String(value))}n`
  if (typeof value === 'function') return 'a function'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' && value !== null ? 'an object' : shortened(String(value))
}

/** A text that may come from a file, cut to what an error's text has room for. */
export function shortened(text: string): string {
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN - 3)}...` : text
}
