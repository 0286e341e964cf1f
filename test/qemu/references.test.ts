import fc from 'fast-check'
import { type MtreeBlock, type MtreeNode, machineFromJson, machineFromMtree, parseMtree } from 'guestmem/qemu'
import { expect, test } from 'vitest'
import { AliasCandidates } from '../../src/qemu/alias-candidates.ts'
import { sizeOf } from '../../src/qemu/mtree-nodes.ts'
import { placeTrees } from '../../src/qemu/mtree-places.ts'
import { overlappingPairs } from '../../src/qemu/overlapping-siblings.ts'
import { LONG, runs } from '../support/campaign.ts'
import { alias, line, spaceOf, target } from './mtree-text.ts'

// What is done here in time that grows with a text, done as it is said: by looking at everything, every time.

const node = fc
  .record({
    start: fc.bigInt(0n, 20n),
    size: fc.bigInt(1n, 8n),
    priority: fc.integer({ min: 0, max: 1 }),
    enabled: fc.boolean(),
  })
  .map(
    ({ start, size, priority, enabled }): MtreeNode => ({
      name: 'n',
      type: 'i/o',
      start,
      end: start + size - 1n,
      priority,
      enabled,
      nonvolatile: false,
      container: false,
      alias: undefined,
      depth: 1,
      children: [],
      line: 1,
    }),
  )

function everyPair(siblings: readonly MtreeNode[]): [MtreeNode, MtreeNode][] {
  const pairs: [MtreeNode, MtreeNode][] = []
  for (const [index, first] of siblings.entries())
    for (const second of siblings.slice(index + 1)) {
      const apart = first.end < second.start || second.end < first.start
      const same = first.priority === second.priority && first.start !== second.start
      if (!apart && same && first.enabled && second.enabled) pairs.push([first, second])
    }
  return pairs
}

test('overlapping siblings are those of which each is compared with each', () => {
  fc.assert(
    fc.property(fc.array(node, { maxLength: 16, ...LONG }), siblings => {
      const expected = everyPair(siblings)
      expect(overlappingPairs(siblings, 1000)).toEqual({ pairs: expected, more: false })
      const few = overlappingPairs(siblings, 3)
      expect([few.pairs.length, few.more]).toEqual([Math.min(3, expected.length), expected.length > 3])
      for (const [first, second] of few.pairs) expect(expected.some(([a, b]) => a === first && b === second)).toBe(true)
    }),
    runs(1500),
  )
})

const NAMES = ['a', 'b']
const TYPES = ['ram', 'rom']
const aliasOf = fc.record({
  name: fc.constantFrom(...NAMES, 'c'),
  type: fc.constantFrom(...TYPES),
  size: fc.integer({ min: 1, max: 6 }),
  offset: fc.integer({ min: 0, max: 4 }),
})
const targetOf = fc.record({
  name: fc.constantFrom(...NAMES),
  type: fc.constantFrom(...TYPES),
  size: fc.integer({ min: 1, max: 8 }),
})

test('an alias is of the region that is chosen by looking at all of them', () => {
  fc.assert(
    fc.property(
      fc.array(aliasOf, { maxLength: 12, ...LONG }),
      fc.array(targetOf, { maxLength: 10 }),
      (aliases, targets) => {
        const text =
          spaceOf(
            aliases.map(({ name, type, size, offset }, i) =>
              line(1, i * 16, i * 16 + size - 1, alias('x', name, offset, offset + size - 1), { type }),
            ),
          ) + targets.map(({ name, type, size }) => target(name, size - 1, type)).join('')
        const { blocks } = parseMtree(text)
        const regions = blocks.filter(({ kind }) => kind === 'memory-region')
        const places = new Map(blocks.map(block => [block, block.root]))
        const candidates = new AliasCandidates(regions, places)
        const found = new Set<MtreeBlock>()
        for (const each of blocks[0]?.root.children ?? []) {
          const named = regions.filter(({ names }) => names[0] === each.alias?.name)
          const size = (each.alias?.offset ?? 0n) + sizeOf(each)
          const fitting = named.filter(({ root }) => root.type === each.type && sizeOf(root) >= size)
          const choices = named.length < 2 || fitting.length === 0 ? named : fitting
          const next = regions.find(block => !found.has(block))
          const latest = [...choices].reverse().find(block => found.has(block))
          const chosen = choices.find(block => block === next) ?? latest ?? choices[0]
          if (chosen !== undefined) found.add(chosen)
          expect(candidates.choose(each)).toEqual(chosen && { block: chosen, candidates: choices.length })
        }
      },
    ),
    runs(1500),
  )
})

/** A tree as text that says the same of the same region wherever it is printed. */
function shapeOf(each: MtreeNode, base: bigint): string {
  const { name, type, priority, nonvolatile, children, start } = each
  const shown = each.alias === undefined ? '' : `@${each.alias.name} ${each.alias.offset}`
  const inside = children.map(child => shapeOf(child, start)).join('')
  return `(${start - base} ${sizeOf(each)} ${priority} ${type} ${nonvolatile} ${JSON.stringify(name)} ${shown} ${inside})`
}

const linesOf = (each: MtreeNode): MtreeNode[] => [each, ...each.children.flatMap(linesOf)]

function placesByShape(blocks: readonly MtreeBlock[]): { places: Map<MtreeBlock, MtreeNode>; counts: number[] } {
  const places = new Map<MtreeBlock, MtreeNode>()
  const roots = new Set<MtreeNode>()
  const known: [string, MtreeNode][] = []
  const counts: number[] = []
  const know = (each: MtreeNode, base: bigint): void => {
    if (each.alias === undefined) known.push([shapeOf(each, base), each])
    for (const child of each.children) know(child, each.start)
  }
  const rank = (block: MtreeBlock) => (block.kind === 'address-space' ? 0 : 1)
  const bySize = [...blocks].sort((a, b) => linesOf(b.root).length - linesOf(a.root).length || rank(a) - rank(b))
  for (const block of bySize) {
    const { root, kind } = block
    const same = known.filter(([shape]) => shape === shapeOf(root, 0n)).map(([, each]) => each)
    const found = kind === 'memory-region' ? same : same.filter(each => !roots.has(each))
    places.set(block, found[0] ?? root)
    if (found.length > 1) counts.push(found.length)
    if (found[0] === undefined) know(root, 0n)
    if (kind === 'address-space') roots.add(found[0] ?? root)
  }
  return { places, counts }
}

const subtree = fc.array(
  fc.record({
    depth: fc.integer({ min: 1, max: 3 }),
    start: fc.integer({ min: 0, max: 2 }),
    name: fc.constantFrom('x', 'y'),
    isAlias: fc.integer({ min: 0, max: 5 }).map(dice => dice === 0),
  }),
  { maxLength: 4 },
)

test('a tree that is printed again is where it is found by looking at all of them', () => {
  const block = fc.record({ isSpace: fc.boolean(), start: fc.constantFrom(0, 0, 1), lines: subtree })
  fc.assert(
    fc.property(fc.array(block, { minLength: 1, maxLength: 6 }), all => {
      const text = all
        .map(({ isSpace, start, lines }) =>
          [
            `${isSpace ? 'address-space' : 'memory-region'}: s`,
            line(0, start, start + 99, 'x'),
            ...lines.map(each =>
              line(each.depth, each.start, each.start + 99, each.isAlias ? alias('y', 'x', 0, 99) : each.name),
            ),
            '',
          ].join('\n'),
        )
        .join('\n')
      const mtree = parseMtree(text)
      const expected = placesByShape(mtree.blocks)
      const questions: { open: string; regions: readonly string[] }[] = []
      const places = placeTrees(mtree, questions as never)
      for (const [each, place] of expected.places) expect(places.get(each) === place).toBe(true)
      expect(questions.map(({ regions }) => regions.length)).toEqual(expected.counts)
    }),
    runs(1500),
  )
})

interface Given {
  readonly size: bigint
  readonly addr: bigint
  readonly alias?: { readonly target: number; readonly offset: bigint }
  readonly terminates: boolean
  readonly enabled: boolean
  readonly priority: number
  readonly subregions: number[]
}

const hex = (value: bigint) => `0x${value.toString(16)}`
const END = 2n ** 64n
const LIMIT = 2n ** 53n

/** What QEMU shows at one address: the first region, in the order in which they win, that is there. */
function shownAt(regions: readonly Given[], index: number, address: bigint): number | undefined {
  const { size, alias: shown, enabled, subregions, terminates } = regions[index] as Given
  if (!enabled || address < 0n || address >= size) return undefined
  if (shown !== undefined) return shownAt(regions, shown.target, address + shown.offset)
  for (const each of subregions) {
    const found = shownAt(regions, each, address - (regions[each] as Given).addr)
    if (found !== undefined) return found
  }
  return terminates ? index : undefined
}

/** Regions of which each holds, or shows, only later ones: sizes and places around 2^53 and up to 2^64. */
const bigMachine = fc
  .array(
    fc.record({
      size: fc.oneof(fc.constantFrom(END, LIMIT, 4096n, 1n), fc.bigInt(1n, END)),
      addr: fc.oneof(fc.constantFrom(0n, LIMIT - 1n, LIMIT, LIMIT + 4096n, END - 4096n), fc.bigInt(0n, END - 1n)),
      offset: fc.oneof(fc.constantFrom(0n, LIMIT, LIMIT - 4096n, 16n), fc.bigInt(0n, END - 1n)),
      isAlias: fc.integer({ min: 0, max: 2 }).map(dice => dice === 0),
      terminates: fc.boolean(),
      enabled: fc.integer({ min: 0, max: 5 }).map(dice => dice > 0),
      parent: fc.nat(100),
      shown: fc.nat(100),
    }),
    { minLength: 2, maxLength: 9 },
  )
  .map(all => {
    const regions: Given[] = all.map(({ size, addr, offset, isAlias, terminates, enabled, shown }, index) => {
      const rest = all.length - index - 1
      const given = { size: index === 0 ? END : size, addr, terminates, enabled: index === 0 || enabled, priority: 0 }
      return isAlias && rest > 0 && index > 0
        ? { ...given, subregions: [], alias: { target: index + 1 + (shown % rest), offset } }
        : { ...given, subregions: [] }
    })
    all.forEach(({ parent }, index) => {
      const holders = regions.slice(0, index).filter(region => region.alias === undefined)
      if (index > 0) holders[parent % holders.length]?.subregions.push(index)
    })
    // Two that are always there: with one subregion alone, the root would be shown as that one is (RULES C3).
    for (const addr of [0n, 1n])
      regions[0]?.subregions.push(
        regions.push({ size: 1n, addr, terminates: true, enabled: true, priority: 0, subregions: [] }) - 1,
      )
    return regions
  })

test('what lies past 2^53 is what is found address by address', () => {
  let found = 0
  fc.assert(
    fc.property(bigMachine, regions => {
      const { unreachable, spaces } = machineFromJson({
        format: 'qemu-mtree-corpus/1',
        address_spaces: [{ name: 's', root: 0 }],
        regions: regions.map(({ size, addr, alias: shown, ...rest }, id) => ({
          id,
          name: `r${id}`,
          type: 'i/o',
          size: hex(size),
          addr: hex(addr),
          ...rest,
          alias: shown && { target: shown.target, offset: hex(shown.offset) },
        })),
      })
      const last = spaces[0]?.view.ranges.at(-1)
      const edges = new Set([LIMIT, END])
      for (const { start, end } of unreachable) edges.add(start).add(end + 1n)
      // Every edge that some region may have, by whatever way it is shown.
      for (const { addr, size, alias: shown } of regions)
        edges
          .add(addr)
          .add(addr + size)
          .add(LIMIT + (shown?.offset ?? 0n))
      for (const edge of edges)
        for (const address of [edge - 1n, edge]) {
          if (address < LIMIT || address >= END) continue
          const range = unreachable.find(({ start, end }) => start <= address && address <= end)
          const index = shownAt(regions, 0, address)
          // What belongs to a range that begins below is not told of.
          const continues =
            range === undefined &&
            index !== undefined &&
            last?.region.name === `r${index}` &&
            last.end === Number(LIMIT)
          expect(continues ? `r${index}` : range?.name).toBe(index === undefined ? undefined : `r${index}`)
          found += range === undefined ? 0 : 1
        }
    }),
    runs(800),
  )
  expect(found).toBeGreaterThan(100)
})

test('the names of lines that are looked at by their types are found', () => {
  const { questions } = machineFromMtree(
    spaceOf([
      line(1, 0, 99, 'pci-conf-0 container'),
      line(1, 100, 199, 'pci memory'),
      line(1, 200, 299, 'unin-pci-mem'),
      line(1, 300, 399, 'device'),
    ]),
  )
  const asked = questions.filter(({ open }) => open.startsWith('whether it answers')).flatMap(({ regions }) => regions)
  expect(asked.sort()).toEqual(['2: system', '3: pci-conf-0 container', '4: pci memory', '5: unin-pci-mem'])
})
