import type { Place, Scenario } from '../scenario.ts'

export interface WordOptions {
  readonly name: string
  readonly field: string
  readonly length: 2 | 4 | 8
  readonly before: bigint
  readonly after: bigint
  readonly place: Place
  readonly places?: readonly Place[]
}

/**
 * A number that another CPU reads with one load of its whole width, and that is changed once. It is the old one or the
 * new one; anything else was torn.
 */
export function word({ name, field, length, before, after, place, places = [place] }: WordOptions): Scenario {
  const hex = (value: bigint): string => `0x${value.toString(16).padStart(2 * length, '0')}`
  return {
    name,
    length,
    place,
    places,
    fields: [{ name: field, at: 0, length }],
    prepare(bytes, { dst, src }) {
      put(bytes, dst, before, length)
      put(bytes, src, after, length)
    },
    guest(bytes, { dst }, say) {
      let torn = false
      const read = (): void => {
        const value = get(bytes, dst, length)
        if (value === before) return
        say(`another CPU reads ${hex(value)}`)
        if (value !== after) torn = true
      }
      return {
        steps: [read],
        verdict() {
          const last = get(bytes, dst, length)
          if (last !== after) return `${hex(last)} came out, not ${hex(after)}`
          return torn ? 'another CPU read a value that nobody wrote' : undefined
        },
      }
    },
  }
}

function put(bytes: Uint8Array, at: number, value: bigint, length: number): void {
  for (let i = 0; i < length; i++) bytes[at + i] = Number((value >> BigInt(8 * i)) & 0xffn)
}

function get(bytes: Uint8Array, at: number, length: number): bigint {
  let value = 0n
  for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[at + i] as number)
  return value
}
