import fc from 'fast-check'

/** Changes a text, as someone might who means ill or copies badly. */
export type TextMutation = (text: string) => string

/** Characters that texts of this kind do not expect, and some that they do. */
const CHARACTERS = [
  ...'\0\x07\b\t\v\f\r\n\x1b\x7f\x85\xa0\u2028\u202e\ufeff\ufffe\ud800\udc00',
  ...' 0fFx-+@:()[]{}>"\'<&]*,.~e9',
]

const NUMBERS = [
  '0000000000000000',
  'ffffffffffffffff',
  '7fffffffffffffff',
  '0020000000000000',
  '001fffffffffffff',
  '8000000000000000',
  '99999999999999999999999999',
  '-1',
  '1e308',
  '',
]

const position = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const at = (share: number, length: number): number => Math.floor(share * length)

const ofLines =
  (change: (lines: string[], at: (share: number) => number) => void): TextMutation =>
  text => {
    const lines = text.split('\n')
    change(lines, share => at(share, lines.length))
    return lines.join('\n')
  }

const onLine = (where: number, change: (line: string) => string): TextMutation =>
  ofLines((lines, index) => {
    lines[index(where)] = change(lines[index(where)] as string)
  })

function withLastNumber(line: string, number: string): string {
  const last = [...line.matchAll(/[0-9a-f]+/g)].at(-1)
  return last === undefined ? line : line.slice(0, last.index) + number + line.slice(last.index + last[0].length)
}

/** Lines dropped, repeated, exchanged, moved to another depth; bytes changed, put in and cut off; numbers made huge. */
export const textMutation: fc.Arbitrary<TextMutation> = fc.oneof(
  position.map(where => ofLines((lines, index) => lines.splice(index(where), 1))),
  fc
    .tuple(position, fc.integer({ min: 1, max: 20 }))
    .map(([where, times]) =>
      ofLines((lines, index) =>
        lines.splice(index(where), 0, ...new Array<string>(times).fill(lines[index(where)] as string)),
      ),
    ),
  fc.tuple(position, position).map(([a, b]) =>
    ofLines((lines, index) => {
      const [first, second] = [lines[index(a)] as string, lines[index(b)] as string]
      lines[index(a)] = second
      lines[index(b)] = first
    }),
  ),
  fc.tuple(position, position, fc.integer({ min: -8, max: 40 })).map(([a, b, blanks]) =>
    ofLines((lines, index) => {
      for (let i = Math.min(index(a), index(b)); i <= Math.max(index(a), index(b)); i++)
        lines[i] = blanks < 0 ? (lines[i] as string).slice(-blanks) : ' '.repeat(blanks) + lines[i]
    }),
  ),
  position.map(where => (text: string) => text.slice(0, at(where, text.length))),
  position.map(where => (text: string) => text.slice(at(where, text.length))),
  fc
    .tuple(position, fc.constantFrom(...CHARACTERS), fc.integer({ min: 1, max: 3000 }), fc.boolean())
    .map(([where, character, times, put]) => (text: string) => {
      const index = at(where, text.length)
      return text.slice(0, index) + character.repeat(put ? times : 1) + text.slice(index + (put ? 0 : 1))
    }),
  fc
    .tuple(position, fc.constantFrom(...NUMBERS))
    .map(([where, number]) => onLine(where, line => line.replace(/[0-9a-f]{16}/, number))),
  fc
    .tuple(position, fc.constantFrom(...NUMBERS))
    .map(([where, number]) => onLine(where, line => withLastNumber(line, number))),
  fc.tuple(position, position).map(([from, to]) =>
    ofLines((lines, index) => {
      const name = /\S+$/.exec(lines[index(from)] as string)?.[0] ?? 'x'
      lines[index(to)] = (lines[index(to)] as string).replace(/\S+$/, name)
    }),
  ),
)

/** Some of them, one after another. */
export const textMutations: fc.Arbitrary<TextMutation> = fc
  .array(textMutation, { minLength: 1, maxLength: 5 })
  .map(mutations => (text: string) => mutations.reduce((changed, mutate) => mutate(changed), text))

/** Changes a parsed JSON file; a copy is changed, and given back. */
export type JsonMutation = (json: unknown) => unknown

const nested = (depth: number): unknown => {
  let value: unknown = []
  for (let i = 0; i < depth; i++) value = [value]
  return value
}

/** Values that no field expects, or few. */
const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    undefined,
    true,
    0,
    -1,
    1.5,
    2 ** 53,
    1e308,
    '',
    ' ',
    '0x',
    '0x0',
    '0x10',
    '0xffffffffffffffff',
    '0x10000000000000000',
    '0x1fffffffffffff',
    '0x20000000000000',
    '00*16777216',
    'a\nb',
    'constructor',
    '__proto__',
    'x'.repeat(5000),
    `0x${'f'.repeat(5000)}`,
  ),
  fc.constantFrom(1, 2, 500).map(nested),
  fc.integer({ min: -2, max: 300 }),
  fc.constantFrom<unknown>({}, [], { length: 5 }, { toString: 1 }),
)

/** Goes down into arrays and objects, by shares of their lengths. */
function place(json: unknown, shares: readonly number[]): { holder: Record<string, unknown>; key: string } | undefined {
  let found: { holder: Record<string, unknown>; key: string } | undefined
  let value = json
  for (const share of shares) {
    if (typeof value !== 'object' || value === null) break
    const keys = Object.keys(value)
    if (keys.length === 0) break
    const key = keys[at(share, keys.length)] as string
    found = { holder: value as Record<string, unknown>, key }
    value = (value as Record<string, unknown>)[key]
  }
  return found
}

const jsonMutation: fc.Arbitrary<(json: unknown) => void> = fc
  .tuple(fc.array(position, { minLength: 1, maxLength: 6 }), hostileValue, fc.integer({ min: 0, max: 4 }), position)
  .map(([shares, value, kind, other]) => (json: unknown) => {
    const found = place(json, shares)
    if (found === undefined) return
    const { holder, key } = found
    if (kind === 0) delete holder[key]
    else if (kind === 1 && Array.isArray(holder)) holder.push(structuredClone(holder[Number(key)]))
    else if (kind === 2) {
      // The value of a neighbour: an id, an address or a size that is right elsewhere.
      const keys = Object.keys(holder)
      holder[key] = structuredClone(holder[keys[at(other, keys.length)] as string])
    } else if (Object.hasOwn(holder, key)) holder[key] = structuredClone(value)
  })

/** Fields left out, repeated, exchanged, and given values that are none of theirs. */
export const jsonMutations: fc.Arbitrary<JsonMutation> = fc
  .array(jsonMutation, { minLength: 1, maxLength: 4 })
  .map(mutations => (json: unknown) => {
    const copy = structuredClone(json)
    for (const mutate of mutations) mutate(copy)
    return copy
  })
