import fc from 'fast-check'

/** A change of a text, as small as it can be told: it is what a failure shows. */
export type Mutation = (text: string) => string

/** Numbers that overflow something somewhere. */
const HUGE = [
  '0',
  '1',
  '-1',
  '7fffffffffffffff',
  'ffffffffffffffff',
  '10000000000000000',
  '0x1fffffffffffff',
  '0x20000000000000',
  '0xffffffffffffffff',
  '0x10000000000000000',
  '9007199254740993',
  '16777216',
  '134217728',
  '268435456',
  '4294967296',
  '1e400',
  '-0',
  '0.5',
  '9'.repeat(400),
  '0'.repeat(400),
] as const

/** What is blank, or controls something, or is no letter at all. */
const ODD = [
  '\0',
  '\x07',
  '\x1b[31m',
  '\r',
  '\u2028',
  '\ufeff',
  '\ud800',
  '\uffff',
  '"',
  "'",
  '<',
  '&',
  ']]>',
  '\\',
  '\t',
  'é',
  '💥',
] as const

const MANY = [1, 2, 3, 100, 2000, 20_000] as const
const BLANKS = 100_000

/** The longest text that a mutation makes, characters: what is read is to be read in a time that its length explains. */
const LONGEST = 2 ** 20

interface Named {
  readonly what: string
  readonly apply: Mutation
}

function lines(text: string, change: (lines: string[]) => string[]): string {
  return change(text.split('\n')).join('\n')
}

function at(list: readonly string[], where: number): number {
  return where % Math.max(1, list.length)
}

/** Words and numbers, and what is between them. */
function tokens(text: string, change: (tokens: string[], places: number[]) => void): string {
  const list = text.split(/(\W)/)
  const places = [...list.keys()].filter(i => /\w/.test(list[i] as string))
  if (places.length > 0) change(list, places)
  return list.join('')
}

const nat = fc.nat(1_000_000)

const NAMED: fc.Arbitrary<Named> = fc.oneof(
  fc.record({ where: nat, count: fc.constantFrom(...MANY) }).map(({ where, count }) => ({
    what: `line ${where} ${count} times`,
    apply: (text: string) =>
      lines(text, list => {
        const line = list[at(list, where)] ?? ''
        const most = Math.min(count, Math.floor((LONGEST - text.length) / (line.length + 1)))
        return [
          ...list.slice(0, at(list, where)),
          ...Array<string>(Math.max(0, most)).fill(line),
          ...list.slice(at(list, where)),
        ]
      }),
  })),
  fc.record({ where: nat, depth: fc.constantFrom(3, 100, 2000) }).map(({ where, depth }) => ({
    what: `line ${where} within itself, ${depth} deep`,
    apply: (text: string) =>
      lines(text, list => {
        const line = list[at(list, where)] ?? ''
        // As deep as the longest text has room for.
        const most = Math.min(depth, Math.floor(Math.sqrt(LONGEST)) - line.length)
        const nested = Array.from({ length: Math.max(0, most) }, (_, i) => `${'  '.repeat(i)}${line}`)
        return [...list.slice(0, at(list, where)), ...nested, ...list.slice(at(list, where) + 1)]
      }),
  })),
  nat.map(where => ({
    what: `no line ${where}`,
    apply: (text: string) => lines(text, list => list.toSpliced(at(list, where), 1)),
  })),
  fc.tuple(nat, nat).map(([a, b]) => ({
    what: `lines ${a} and ${b} swapped`,
    apply: (text: string) =>
      lines(text, list => {
        const [first, second] = [at(list, a), at(list, b)]
        const line = list[first] as string
        list[first] = list[second] as string
        list[second] = line
        return list
      }),
  })),
  fc.record({ where: nat, value: fc.constantFrom(...HUGE) }).map(({ where, value }) => ({
    what: `token ${where} = ${value.slice(0, 24)}`,
    apply: (text: string) =>
      tokens(text, (list, places) => {
        list[places[where % places.length] as number] = value
      }),
  })),
  fc.record({ where: nat, times: fc.constantFrom(0, 2, 3) }).map(({ where, times }) => ({
    what: `token ${where} ${times} times`,
    apply: (text: string) =>
      tokens(text, (list, places) => {
        const place = places[where % places.length] as number
        list[place] = (list[place] as string).repeat(times)
      }),
  })),
  fc.tuple(nat, nat).map(([a, b]) => ({
    what: `token ${b} for token ${a}`,
    apply: (text: string) =>
      tokens(text, (list, places) => {
        list[places[a % places.length] as number] = list[places[b % places.length] as number] as string
      }),
  })),
  fc.record({ where: nat, odd: fc.constantFrom(...ODD) }).map(({ where, odd }) => ({
    what: `${JSON.stringify(odd)} at ${where}`,
    apply: (text: string) => insert(text, where, odd),
  })),
  fc.record({ where: nat, blank: fc.constantFrom(' ', '\t', '\n', '\r', '> ') }).map(({ where, blank }) => ({
    what: `${BLANKS} times ${JSON.stringify(blank)} at ${where}`,
    apply: (text: string) => insert(text, where, blank.repeat(BLANKS)),
  })),
  // The end of a line is where what is trimmed is looked for.
  fc.record({ where: nat, end: fc.constantFrom('', 'x') }).map(({ where, end }) => ({
    what: `${BLANKS} blanks at the end of line ${where}, and ${JSON.stringify(end)}`,
    apply: (text: string) =>
      lines(text, list => {
        list[at(list, where)] += `${' '.repeat(BLANKS)}${end}`
        return list
      }),
  })),
  fc.record({ where: nat, brackets: fc.constantFrom('[', '{"a":', '(') }).map(({ where, brackets }) => ({
    what: `50000 times ${brackets} at ${where}`,
    apply: (text: string) => insert(text, where, brackets.repeat(50_000)),
  })),
  fc.record({ where: nat, length: fc.nat(20) }).map(({ where, length }) => ({
    what: `no ${length} characters from ${where}`,
    apply: (text: string) =>
      text.slice(0, where % (text.length + 1)) + text.slice((where % (text.length + 1)) + length),
  })),
  nat.map(where => ({
    what: `cut off at ${where}`,
    apply: (text: string) => text.slice(0, where % (text.length + 1)),
  })),
)

function insert(text: string, where: number, what: string): string {
  const place = where % (text.length + 1)
  return text.slice(0, place) + what + text.slice(place)
}

/** A text, and what was done to it: which is what a failure shows. */
export class Mutated {
  readonly base: number
  readonly done: readonly string[]
  readonly #text: () => string

  constructor(base: number, done: readonly string[], text: () => string) {
    this.base = base
    this.done = done
    this.#text = text
  }

  get text(): string {
    return this.#text()
  }

  toString(): string {
    return `text ${this.base} with ${this.done.join(', ')}`
  }
}

/** One of the texts, changed once or a few times. */
export function mutated(bases: readonly string[]): fc.Arbitrary<Mutated> {
  return fc
    .record({ base: fc.nat(bases.length - 1), changes: fc.array(NAMED, { minLength: 1, maxLength: 4 }) })
    .map(({ base, changes }) => {
      const done = changes.map(({ what }) => what)
      const change = (text: string, { apply }: Named) => (text.length > LONGEST ? text : apply(text))
      return new Mutated(base, done, () => changes.reduce(change, bases[base] as string))
    })
}
