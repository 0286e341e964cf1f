import { formatFlatView, formatMtree, machineFromJson, machineFromMtree, parseMtree, replayAccess } from 'guestmem/qemu'
import { describe, expect, test } from 'vitest'
import { describeMtree } from '../../src/qemu/describe-mtree.ts'
import type { MtreeQuestion } from '../../src/qemu/mtree-nodes.ts'
import type { Mtree, MtreeNode } from '../../src/qemu/parse-mtree.ts'
import { machine as accessMachine } from './access-machine.ts'
import { alias, LAST, line, many, range, spaceOf, target } from './mtree-text.ts'

/** Texts of about `n` lines that each are hard for somebody who goes through them twice. */
const TEXTS: [string, (n: number) => string][] = [
  ['siblings side by side', n => spaceOf(many(n, i => line(1, i * 16, i * 16 + 15, `d${i}`)))],
  ['siblings that all overlap', n => spaceOf(many(n, i => line(1, i, 2 ** 40, `d${i}`)))],
  ['siblings that overlap a few', n => spaceOf(many(n, i => line(1, i * 16, i * 16 + 50, `d${i}`)))],
  ['siblings at one address', n => spaceOf(many(n, () => line(1, 0, 255, 'd')))],
  ['siblings at one address, of many priorities', n => spaceOf(many(n, i => line(1, 0, 255, 'd', { priority: i })))],
  ['siblings from above', n => spaceOf(many(n, i => line(1, 16 * (n - i), 16 * (n - i) + 15, `d${i}`)))],
  [
    'siblings past 2^53',
    n => spaceOf(many(n, i => line(1, 2n ** 60n + BigInt(i * 16), 2n ** 60n + BigInt(i * 16 + 15), `d${i}`))),
  ],
  [
    'siblings two steps deeper',
    n => spaceOf([line(1, 0, 255, 'dev'), ...many(n, i => line(3, 4096 + i, 4096 + i, `d${i}`))]),
  ],
  [
    'siblings at two depths',
    n => spaceOf([line(1, 0, 2 ** 40, 'dev'), ...many(n, i => line(3 - (i & 1), i * 16, i * 16, `d${i}`))]),
  ],
  [
    'lines under aliases',
    n => spaceOf(many(n, i => (i % 2 === 0 ? line(1, 0, 15, alias('a', 'system', 64, 79)) : line(2, 64, 79, `d${i}`)))),
  ],
  [
    'aliases of one region',
    n =>
      spaceOf(many(n, i => line(1, i * 16, i * 16 + 15, alias(`a${i}`, 'ram', 0, 15), { type: 'ram' }))) +
      target('ram', 4095),
  ],
  [
    'aliases of what is not printed',
    n => spaceOf(many(n, i => line(1, i * 16, i * 16 + 15, alias(`a${i}`, `ram${i}`, 0, 15)))),
  ],
  [
    'aliases of a region of their own each',
    n =>
      spaceOf(many(n / 2, i => line(1, i * 16, i * 16 + 15, alias(`a${i}`, `ram${i}`, 0, 15), { type: 'ram' }))) +
      many(n / 2, i => target(`ram${i}`, 4095)).join(''),
  ],
  [
    'aliases of regions of one name',
    n =>
      spaceOf(many(n / 2, i => line(1, i * 16, i * 16 + 15, alias(`a${i}`, 'ram', 0, 15), { type: 'ram' }))) +
      many(n / 2, i => target('ram', 4095 + i)).join(''),
  ],
  [
    'aliases of regions of one name, alike',
    n =>
      spaceOf(many(n / 2, i => line(1, i * 16, i * 16 + 15, alias(`a${i}`, 'ram', 0, 15), { type: 'ram' }))) +
      many(n / 2, () => target('ram', 4095)).join(''),
  ],
  [
    'aliases that fit none of one name',
    n =>
      spaceOf(many(n / 2, i => line(1, i * 16, i * 16 + 15, alias(`a${i}`, 'ram', 8192, 8207), { type: 'rom' }))) +
      many(n / 2, i => target('ram', 4095 + i)).join(''),
  ],
  [
    'chains of aliases',
    n =>
      spaceOf([]) +
      many(
        n,
        i =>
          `\nmemory-region: a${i}\n${line(0, 0, 15, alias(`a${i}`, `a${i % 300 === 299 ? i - 299 : i + 1}`, 0, 15))}\n`,
      ).join(''),
  ],
  ['spaces of one root', n => `${many(n, i => `address-space: s${i}`).join('\n')}\n${line(0, 0, LAST, 'system')}\n`],
  ['spaces that are printed alike', n => many(n, i => `address-space: s${i}\n${line(0, 0, 255, 'root')}\n`).join('\n')],
  [
    'spaces that show one space',
    n =>
      spaceOf(many(50, i => line(1, i * 16, i * 16 + 15, `d${i}`))) +
      many(
        n / 3,
        i =>
          `\naddress-space: s${i}\n${line(0, 0, LAST, 'bus')}\n${line(1, 0, LAST, alias('bus master', 'system', 0, LAST))}\n`,
      ).join(''),
  ],
  ['levels', n => many(n / 200, () => spaceOf(many(200, i => line(1 + i, 0, 2 ** 40, `c${i}`)))).join('\n')],
  [
    'levels that are printed again',
    n => many(n / 200, i => spaceOf(many(200 - i, depth => line(1 + depth, 0, 2 ** 40, 'c')))).join('\n'),
  ],
  ['disabled regions', n => spaceOf(many(n, i => line(1 + (i % 3), i, i, `d${i} [disabled]`)))],
  ['lines of other things', n => spaceOf([]) + many(n, i => `${i} bottles of beer`).join('\n')],
]

/** The same tree, of lines that count how often somebody looks at them. */
function counted(mtree: Mtree): { mtree: Mtree; looks: () => number } {
  let looks = 0
  const copies = new Map<MtreeNode, MtreeNode>()
  const handler = {
    get(node: MtreeNode, key: string | symbol) {
      looks++
      return Reflect.get(node, key)
    },
  }
  const copy = (node: MtreeNode): MtreeNode => {
    const known = copies.get(node)
    if (known !== undefined) return known
    const made = new Proxy({ ...node, children: node.children.map(copy) }, handler)
    copies.set(node, made)
    return made
  }
  return {
    mtree: { ...mtree, blocks: mtree.blocks.map(block => ({ ...block, root: copy(block.root) })) },
    looks: () => looks,
  }
}

function looksAt(text: string): { looks: number; questions: MtreeQuestion[] } {
  const { mtree, looks } = counted(parseMtree(text))
  const questions: MtreeQuestion[] = []
  describeMtree(mtree, questions)
  return { looks: looks(), questions }
}

describe('a text of `info mtree`', () => {
  test.each(TEXTS)('of %s is looked at as often as it has lines, nearly', (_, text) => {
    const [small, large] = [looksAt(text(400)), looksAt(text(3200))]
    // Eight times the lines: eight times the looks, and some for sorting. Twice each would be sixty-four times.
    expect(large.looks / small.looks).toBeLessThan(16)
    const listed = (questions: readonly MtreeQuestion[]) =>
      questions.reduce((sum, { regions }) => sum + 1 + regions.length, 0)
    // n log n: what overlaps is sorted.
    expect(listed(large.questions)).toBeLessThan(20 * 3200)
  })

  test.each(TEXTS)('of %s is a machine, or refused', (_, text) => {
    const source = text(3200)
    try {
      const { spaces, regions } = machineFromMtree(source)
      expect(regions.length).toBeLessThan(10_000)
      if (spaces.length < 10) expect(formatMtree(spaces)).toContain('address-space: ')
    } catch (error) {
      expect(String(error)).toMatch(/^RangeError: line \d+ of text must /)
    }
  })

  const LONG = 1_000_000
  const LINES: [string, string][] = [
    ['blanks before a letter', `${' '.repeat(LONG)}x`],
    ['blanks behind a letter', `x${' '.repeat(LONG)}`],
    ['blanks between letters', `x${' '.repeat(LONG)}x`],
    ['tabs', `${'\t'.repeat(LONG)}x\t`],
    ['marks of quotation', `${'> '.repeat(LONG / 2)}x`],
    ['marks of quotation and blanks', `>${' '.repeat(LONG)}x`],
    ['blanks in a name', line(1, 0, 15, `a${' '.repeat(LONG)}b`)],
    ['blanks behind a name', line(1, 0, 15, `a${' '.repeat(LONG)}`)],
    ['a long name', line(1, 0, 15, 'n'.repeat(LONG))],
    ['targets of an alias', line(1, 0, 15, `alias ${' @'.repeat(LONG / 2)}x`)],
    ['targets of an alias that is one', line(1, 0, 15, alias(' @'.repeat(LONG / 2), 'x', 0, 15))],
    ['addresses of an alias', line(1, 0, 15, `alias a @b${` ${range(0, 15)}`.repeat(LONG / 34)}x`)],
    ['owners', line(1, 0, 15, `x${' owner:{dev'.repeat(LONG / 11)}}`)],
    ['owners that are closed', line(1, 0, 15, `x${' owner:{dev}'.repeat(LONG / 12)}`)],
    ['braces', line(1, 0, 15, `x${'}'.repeat(LONG)}`)],
    ['marks of disabled regions', line(1, 0, 15, `x${' [disabled]'.repeat(LONG / 11)}`)],
    ['digits of a priority', line(1, 0, 15, 'x', { priority: 0 }).replace('prio 0', `prio ${'0'.repeat(LONG)}`)],
    ['digits of an address', `  ${'0'.repeat(LONG)}-${range(0, 15)}`],
    ['names of containers', line(1, 0, 15, 'pci '.repeat(LONG / 4))],
    ['names of spaces', `address-space: ${' '.repeat(LONG)}x`],
    ['line ends', '\r\n'.repeat(LONG / 2)],
  ]

  test.each(LINES)('with a million %s takes no longer than another', (_, text) => {
    const { spaces } = machineFromMtree(spaceOf([line(1, 16, 31, 'device'), text, line(1, 32, 47, 'last')]))
    expect(spaces[0] && formatFlatView(spaces[0])).toContain('device')
  })

  const REFUSED: [string, string, RegExp][] = [
    [
      '2000 levels',
      spaceOf(many(2000, i => line(1 + i, 0, 2 ** 40, 'c'))),
      /^line 258 of text must be nested at most 256 regions deep$/,
    ],
    [
      '256 levels, every one two steps deeper',
      spaceOf(many(256, i => line(1 + 2 * i, 0, 2 ** 40, 'c'))),
      /^line \d+ of text must be nested at most 256 regions deep$/,
    ],
    [
      'RAM of 2^53 bytes',
      spaceOf([line(1, 0, 2n ** 53n - 1n, 'ram', { type: 'ram' })]),
      /^line 3 of text must leave the machine's memory at 70368744177664 bytes or less, got a size of 9007199254740992$/,
    ],
    [
      'RAM of 2^64 bytes',
      spaceOf([line(1, 0, LAST, 'ram', { type: 'ram' })]),
      /^line 3 of text must leave .* got a size of 18446744073709551616$/,
    ],
    [
      'RAM that goes over the top',
      spaceOf([line(1, 16, 7, 'ram', { type: 'rom' })]),
      /^line 3 of text must leave .* got a size of 18446744073709551608$/,
    ],
    [
      'a thousand RAMs of a tebibyte',
      spaceOf(many(1000, i => line(1, i * 2 ** 40, (i + 1) * 2 ** 40 - 1, 'ram', { type: i % 2 ? 'romd' : 'ramd' }))),
      /^line \d+ of text must leave the machine's memory at 70368744177664 bytes or less, got a size of 1099511627776$/,
    ],
    [
      '600 aliases of one another',
      many(600, i => `\nmemory-region: a${i}\n${line(0, 0, 15, alias(`a${i}`, `a${i + 1}`, 0, 15))}\n`).join('') +
        target('a600', 15),
      /^line \d+ of text must be an alias of aliases at most 256 times$/,
    ],
    [
      'a priority of 33 bits',
      spaceOf([line(1, 0, 15, 'x', { priority: 2 ** 31 })]),
      /^line 3 of text must have a priority from -2147483648 to 2147483647, got 2147483648$/,
    ],
    [
      'a priority of a million digits',
      spaceOf([line(1, 0, 15, 'x').replace('prio 0', `prio -${'9'.repeat(LONG)}`)]),
      /^line 3 of text must have a priority from .*, got -Infinity$/,
    ],
    [
      'more ranges past 2^53 than a machine has',
      many(2000, i => `address-space: s${i}`).join('\n') +
        '\n' +
        line(0, 0, LAST, 'system') +
        '\n' +
        many(2000, i => line(1, 2n ** 60n + BigInt(i * 16), 2n ** 60n + BigInt(i * 16 + 15), 'd')).join('\n'),
      /^the spaces must show at most 1048576 ranges at 2\^53 and above, all together$/,
    ],
  ]

  test.each(REFUSED)('of %s is refused, with the line and the reason', (_, text, message) => {
    expect(() => machineFromMtree(text)).toThrow(RangeError)
    expect(() => machineFromMtree(text)).toThrow(message)
  })

  test('of 256 levels, of 256 aliases of one another, and of 64 TiB is a machine', () => {
    expect(machineFromMtree(spaceOf(many(255, i => line(1 + i, 0, 2 ** 40, 'c')))).regions).toHaveLength(256)
    const chain =
      many(255, i => `\nmemory-region: a${i}\n${line(0, 0, 15, alias(`a${i}`, `a${i + 1}`, 0, 15))}\n`).join('') +
      target('a255', 15)
    expect(machineFromMtree(chain).regions).toHaveLength(256)
    const tebibytes = spaceOf(many(64, i => line(1, i * 2 ** 40, (i + 1) * 2 ** 40 - 1, 'ram', { type: 'ram' })))
    const { regions } = machineFromMtree(tebibytes)
    expect(regions.reduce((sum, { backing }) => sum + backing.length, 0)).toBe(64 * 512)
  })
})

type Given = Record<string, unknown>

const json = (...regions: Given[]): Given => ({
  format: 'qemu-mtree-corpus/1',
  address_spaces: [{ name: 'memory', root: 0 }],
  regions: regions.map((region, id) => ({
    id,
    name: 'r',
    type: 'i/o',
    addr: '0x0',
    size: '0x1000',
    priority: 0,
    ...region,
  })),
})

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)

describe('a machine of JSON', () => {
  const next = (count: number, make: (next: number) => Given) =>
    json(...many(count, String).map((_, i) => (i === count - 1 ? {} : make(i + 1))))
  const REFUSED: [string, unknown, RegExp][] = [
    ['nested arrays', `{"format":${nested(200_000)}}`, /^json\.format must be qemu-mtree-corpus\/1, got an array$/],
    [
      'nested arrays for regions',
      `{"format":"qemu-mtree-corpus/1","address_spaces":[],"regions":${nested(200_000)}}`,
      /^json\.regions\[0\] must be an object, got an array$/,
    ],
    [
      'a list that says it is long',
      { ...json(), regions: new Array(2 ** 32 - 1) },
      /^json\.regions\[0\] must be an object, got undefined$/,
    ],
    [
      'a number of a million digits',
      json({ size: `0x${'f'.repeat(1_000_000)}` }),
      /^json\.regions\[0\]\.size must be a hexadecimal string .{60,200}\.\.\.$/,
    ],
    [
      'a name of a million letters where there is none',
      json({ enabled: 'n'.repeat(1_000_000) }),
      /^json\.regions\[0\]\.enabled must be a boolean, got n{77}\.\.\.$/,
    ],
    [
      '600 levels',
      next(600, i => ({ subregions: [i] })),
      /^json\.regions\[\d+\] must be nested at most 256 regions deep$/,
    ],
    [
      '20000 levels',
      next(30_000, i => ({ subregions: [i] })),
      /^json\.regions\[\d+\] must be nested at most 256 regions deep$/,
    ],
    [
      '20000 aliases of one another',
      next(30_000, i => ({ alias: { target: i, offset: '0x0' } })),
      /^json\.regions\[\d+\] must be an alias of aliases at most 256 times$/,
    ],
    [
      'an alias of itself',
      json({ alias: { target: 0, offset: '0x0' } }),
      /^json\.regions\[0\] must not be an alias of itself, by way of others$/,
    ],
    [
      'aliases in a circle',
      json(
        {},
        { alias: { target: 2, offset: '0x0' } },
        { alias: { target: 3, offset: '0x0' } },
        { alias: { target: 1, offset: '0x0' } },
      ),
      /^json\.regions\[[123]\] must not be an alias of itself/,
    ],
    [
      'a region in itself',
      json({ subregions: [0] }),
      /^json\.regions\[0\] must not be in itself, by way of its subregions$/,
    ],
    [
      'regions in a circle',
      json({}, { subregions: [2] }, { subregions: [1] }),
      /^json\.regions\[[12]\] must not be in itself/,
    ],
    [
      'a region in two containers',
      json({ subregions: [2] }, { subregions: [2] }, {}),
      /^json\.regions\[2\] must be in one container, got json\.regions\[0\] and json\.regions\[1\]$/,
    ],
    ['a region twice in one', json({ subregions: [1, 1] }, {}), /^json\.regions\[1\] must be in one container/],
    ['two regions of one id', json({}, { id: 0 }), /^json\.regions\[1\]\.id must be the id of no other region, got 0$/],
    [
      'a region without an id',
      json({ id: undefined }),
      /^json\.regions\[0\]\.id must be a number or a string, got undefined$/,
    ],
    [
      'subregions of an alias',
      json({ subregions: [1], alias: { target: 1, offset: '0x0' } }, {}),
      /^json\.regions\[0\]\.subregions must be empty, as an alias has no subregions/,
    ],
    ['a blank name', json({ name: ' ' }), /^json\.regions\[0\]\.name must be a string that is not empty, got {2}$/],
    [
      'too much RAM',
      json({}, { type: 'ram', size: '0x400000000000' }, { type: 'rom', size: '0x1' }),
      /^json\.regions\[2\] must leave the machine's memory at 70368744177664 bytes or less, got a size of 1$/,
    ],
  ]

  test.each(REFUSED)('of %s is refused, with the field and the reason', (_, file, message) => {
    expect(() => machineFromJson(file)).toThrow(message)
  })

  test('of many siblings, and of many aliases either way, is a machine', () => {
    const half = 20_000
    const { regions } = machineFromJson(
      json(
        { size: '0x10000000000', subregions: many(half, String).map((_, i) => 3 + half + i) },
        { terminates: true },
        { size: '0x10000000000', subregions: many(half, String).map((_, i) => 3 + i) },
        ...many(half, String).map(() => ({ size: '0x10000', alias: { target: 0, offset: '0x0' } })),
        ...many(half, String).map(() => ({ alias: { target: 1, offset: '0x0' } })),
      ),
    )
    expect(regions).toHaveLength(3 + 2 * half)
  })
})

describe('aliases of aliases', () => {
  /** Containers that each show the next one twice, through aliases. */
  const levels = (count: number, size: string, second: string, leaf: Given) =>
    json(
      ...many(count, String).flatMap((_, i): Given[] => [
        { size, subregions: [3 * i + 1, 3 * i + 2] },
        { size, alias: { target: 3 * i + 3, offset: '0x0' } },
        { size, addr: second, alias: { target: 3 * i + 3, offset: '0x0' } },
      ]),
      { size, ...leaf },
    )
  const device = { terminates: true }

  test.each([
    ['at one place, below 2^53', levels(24, '0x1000', '0x0', device)],
    ['side by side, below 2^53', levels(24, '0x1000000000', '0x1000', device)],
    ['at one place, past 2^53', levels(24, '0x10000000000000000', '0x0', device)],
    ['side by side, of nothing past 2^53', levels(24, '0x10000000000000000', '0x1000', { ...device, size: '0x10' })],
    ['of a hole', levels(24, '0x10000000000000000', '0x1000', {})],
    ['of what is in the middle', levels(24, '0x10000000000000000', '0x0', { ...device, size: '0x4000000000000000' })],
  ])('%s are described and listed in as many steps as there are', (_, file) => {
    const { spaces, regions } = machineFromJson(file)
    expect(regions).toHaveLength(3 * 24 + 1)
    const listing = formatMtree(spaces)
    expect(listing.split('\n').length).toBeLessThan(300)
    // It is not rendered here: what a space makes of so many aliases is not this door's work.
    for (const space of spaces) space.destroy()
    expect(machineFromMtree(listing).regions.length).toBeLessThan(300)
  })

  test('that would be sought for ever past 2^53 are refused', () => {
    const file = json(
      ...many(40, String).flatMap((_, i): Given[] => [
        { size: '0x10000000000000000', subregions: [3 * i + 1, 3 * i + 2] },
        { size: '0x10000000000000000', alias: { target: 3 * i + 3, offset: '0x0' } },
        {
          size: '0x10000000000000000',
          addr: `0x${(2 ** i).toString(16)}`,
          alias: { target: 3 * i + 3, offset: '0x0' },
        },
      ]),
      { size: '0x10000000000000000', subregions: [121] },
      { size: '0x1', addr: '0xff00000000000000', terminates: true },
    )
    expect(() => machineFromJson(file)).toThrow(
      /^what the root "r" shows at 2\^53 and above must be found in 1048576 steps/,
    )
  })
})

describe('a recording', () => {
  const big = (count: number, bytes: number) =>
    accessMachine(
      many(count, String).map((_, i) => ['m', 'r', `0x${(i * 16).toString(16)}`, bytes, `5a*${bytes}`, [], 'r']),
    )
  const ram = (
    cases: [string, number][],
    flat: [string, string, number, string][] = [['0x0', '0xffffffffff', 1, '0x0']],
  ) => ({
    ...accessMachine(cases.map(([address, size]) => ['m', 'r', address, size, '5a'.repeat(size), [], 'r'])),
    flat: { m: flat, i: [] },
  })
  const REFUSED: [string, unknown, RegExp][] = [
    ['requests of 16 MiB', big(4, 2 ** 24), /^json\.cases\[0\]\[3\] must be an integer from 0 to 65536, got 16777216$/],
    [
      'requests of repeated bytes',
      big(100, 2 ** 16),
      /^json\.cases\[16\]\[4\] must leave the bytes that are written as repeated at 1048576 in all, got 5a\*65536$/,
    ],
    [
      'a page each',
      ram(many(5000, String).map((_, i) => [`0x${(i * 8192).toString(16)}`, 1])),
      /^json\.cases\[4096\] must leave the pages of memory that cases touch at 4096 in all$/,
    ],
    [
      'nested arrays',
      `{"format":${nested(200_000)}}`,
      /^json\.format must be one of qemu-access-trace\/1, got \[an array\]$/,
    ],
    [
      'a list that says it is long',
      { ...big(0, 1), cases: new Array(2 ** 32 - 1) },
      /^json\.cases\[0\] must be an array of 7, got undefined$/,
    ],
    [
      'an id that is nested',
      ram([], [['0x0', '0xf', JSON.parse(nested(30_000)), '0x0']]),
      /^json\.flat\.m\[0\]\[2\] must be the id of one of json\.regions, got \[/,
    ],
  ]

  test.each(REFUSED)('of %s is refused, with the field and the reason', (_, file, message) => {
    expect(() => replayAccess(file)).toThrow(message)
  })

  test('of many ranges that show the same pages makes regions for what is touched', () => {
    const ranges = many(3000, String).map((_, i): [string, string, number, string] => [
      `0x${(i * 2 ** 24).toString(16)}`,
      `0x${(i * 2 ** 24 + 2 ** 24 - 1).toString(16)}`,
      1,
      '0x0',
    ])
    const cases = many(3000, String).map((_, i): [string, number] => [`0x${(i * 2 ** 24 + i * 4096).toString(16)}`, 8])
    expect(replayAccess(ram(cases, ranges))).toMatchObject({ equal: 3000, different: [] })
  })

  test('of a request with many pieces that are refused looks them up', () => {
    const pieces = 30_000
    const events = many(pieces, String).map((_, i): [string, string, number, string, string] => [
      '!r',
      `0x${i.toString(16)}`,
      1,
      'registers',
      'rejected',
    ])
    const file = accessMachine([['m', 'r', '0x0', pieces, '00'.repeat(pieces), events, 'd']], {
      valid: { accepts: 'unknown' },
    })
    file.flat = { m: [['0x0', '0xffff', 3, '0x0']], i: [] }
    expect(replayAccess(file).cases).toBe(1)
  })
})
