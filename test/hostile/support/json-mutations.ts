import fc from 'fast-check'
import { LONG } from '../../support/campaign.ts'
import { Mutated, mutated } from './mutations.ts'

const DEPTH = 50_000
/** Stands for arrays within one another: JSON.stringify itself has no room on the stack for them. */
const DEEP = 'arrays within one another'

/** What a field may hold in place of what it should: of the wrong type, too large, too deep, too long. */
const VALUES: readonly (readonly [name: string, make: () => unknown])[] = [
  ...[
    null,
    true,
    0,
    -1,
    0.5,
    2 ** 24,
    2 ** 31,
    2 ** 32,
    2 ** 53,
    1e308,
    -0,
    '',
    ' ',
    'x',
    '0x',
    '-0x1',
    '0x0',
    '0x1',
  ].map((value): [string, () => unknown] => [JSON.stringify(value), () => value]),
  ...[
    '0x1fffffffffffff',
    '0x20000000000000',
    '0xffffffffffffffff',
    '0x10000000000000000',
    '5a*16777216',
    'ff*999999999',
  ].map((value): [string, () => unknown] => [value, () => value]),
  ...['__proto__', 'constructor', '\0\x1b[31m\n', '\ud800', '<&">]]>'].map((value): [string, () => unknown] => [
    JSON.stringify(value),
    () => value,
  ]),
  ['a long text', () => 'a'.repeat(100_000)],
  ['a long hexadecimal number', () => `0x${'f'.repeat(100_000)}`],
  ['[]', () => []],
  ['{}', () => ({})],
  [`${DEPTH} arrays within one another`, () => DEEP],
  ['a long array', () => Array.from({ length: 20_000 }, (_, i) => i)],
]

type Node = Record<string, unknown>

/** Every place of a value in a file: what it is in, and its key there. */
function places(value: unknown): [Node, string][] {
  const found: [Node, string][] = []
  const waiting = [value]
  for (const each of waiting) {
    if (typeof each !== 'object' || each === null) continue
    for (const [key, inner] of Object.entries(each)) {
      found.push([each as Node, key])
      waiting.push(inner)
    }
  }
  return found
}

interface Named {
  readonly what: string
  readonly apply: (all: [Node, string][]) => void
}

const nat = fc.nat(1_000_000)

const NAMED: fc.Arbitrary<Named> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(nat, fc.constantFrom(...VALUES)).map(([where, [name, make]]) => ({
      what: `place ${where} = ${name}`,
      apply: (all: [Node, string][]) => {
        const [node, key] = all[where % all.length] as [Node, string]
        node[key] = make()
      },
    })),
  },
  fc.tuple(nat, nat).map(([a, b]) => ({
    what: `place ${a} = that of place ${b}`,
    apply: (all: [Node, string][]) => {
      const [node, key] = all[a % all.length] as [Node, string]
      const [other, name] = all[b % all.length] as [Node, string]
      // A copy: what is in itself has no text.
      node[key] = structuredClone(other[name])
    },
  })),
  nat.map(where => ({
    what: `no place ${where}`,
    apply: (all: [Node, string][]) => {
      const [node, key] = all[where % all.length] as [Node, string]
      if (Array.isArray(node)) node.splice(Number(key), 1)
      else delete node[key]
    },
  })),
  fc.tuple(nat, fc.constantFrom(2, 100, 5000)).map(([where, times]) => ({
    what: `place ${where} ${times} times`,
    apply: (all: [Node, string][]) => {
      const lists = all.filter(([node]) => Array.isArray(node))
      const [node, key] = lists[where % lists.length] as [Node, string]
      const items = node as unknown as unknown[]
      if (JSON.stringify(items[Number(key)] ?? null).length * times < 2 ** 20)
        // Copies: of one object in all places, later changes would be in all of them, and the text without bounds.
        items.splice(Number(key), 0, ...Array.from({ length: times }, () => structuredClone(items[Number(key)])))
    },
  })),
)

/** A file of JSON, of which fields were changed, or its text. */
export function mutatedJson(files: readonly string[]): fc.Arbitrary<Mutated> {
  const structures = fc
    .record({ base: fc.nat(files.length - 1), changes: fc.array(NAMED, { minLength: 1, maxLength: 4 }) })
    .map(({ base, changes }) => {
      const done = changes.map(({ what }) => what)
      return new Mutated(base, done, () => {
        const file: unknown = JSON.parse(files[base] as string)
        for (const { apply } of changes) {
          const all = places(file)
          if (all.length > 0) apply(all)
        }
        // Once: as many as another change may have made of it are a file of 10 MB.
        return JSON.stringify(file).replace(`"${DEEP}"`, '['.repeat(DEPTH) + ']'.repeat(DEPTH))
      })
    })
  return fc.oneof({ weight: 4, arbitrary: structures }, { weight: 1, arbitrary: mutated(files) })
}

/** A trace of which some requests are of other lengths, what they carry to match. */
export function stretchedTrace(trace: string): fc.Arbitrary<Mutated> {
  const bytes = fc.constantFrom(1, 4096, 65536, 2 ** 20, 2 ** 24)
  return fc
    .array(
      fc.tuple(
        nat,
        bytes,
        fc.constantFrom('r', 'w'),
        fc.constantFrom('0x0', '0x1000', '0x7ffff000', '0x1ffffffffff000'),
      ),
      {
        minLength: 1,
        maxLength: 12,
        ...LONG,
      },
    )
    .map(changes => {
      const done = changes.map(([where, length, way, address]) => `case ${where}: ${way} ${address} ${length}`)
      return new Mutated(0, done, () => {
        const file = JSON.parse(trace) as { cases: unknown[][] }
        for (const [where, length, way, address] of changes) {
          const item = file.cases[where % file.cases.length] as unknown[]
          item.splice(1, 4, way, address, length, `5a*${length}`)
        }
        return JSON.stringify(file)
      })
    })
}
