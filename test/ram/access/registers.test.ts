import {
  CACHE_MODES,
  type CacheMode,
  GuestRam,
  type GuestRamOptions,
  hostProfile,
  type RamBlock,
  readb,
  readl,
  readq,
  readw,
  writeb,
  writel,
  writeq,
  writew,
} from 'guestmem'
import { describe, expect, test } from 'vitest'

const SIZE = 40

const variants: [string, GuestRamOptions][] = [
  ['kernels', { lane: 'wasm', order: 'host' }],
  ['kernels, language order', { lane: 'wasm', order: 'language' }],
  ['script', { lane: 'script', order: 'host' }],
  ['a host without unaligned accesses', { host: hostProfile({ base: 'riscv64' }) }],
]

/** A register accessor's width, and what it does by way of a DataView. */
const READS = [
  ['readb', 1, readb, (view: DataView, at: number) => view.getUint8(at)],
  ['readw', 2, readw, (view: DataView, at: number) => view.getUint16(at, true)],
  ['readl', 4, readl, (view: DataView, at: number) => view.getUint32(at, true)],
  ['readq', 8, readq, (view: DataView, at: number) => view.getBigUint64(at, true)],
] as const
const BIG = 0xf1e2_d3c4_b5a6_9788n
const WRITES = [
  ['writeb', 1, (b: RamBlock, at: number) => writeb(b, at, 0x1_9788), [0x88]],
  ['writew', 2, (b: RamBlock, at: number) => writew(b, at, 0xa6_9788), [0x88, 0x97]],
  ['writel', 4, (b: RamBlock, at: number) => writel(b, at, 0xc4_b5a6_9788), [0x88, 0x97, 0xa6, 0xb5]],
  [
    'writeq',
    8,
    (b: RamBlock, at: number) => writeq(b, at, BIG | (1n << 70n)),
    [0x88, 0x97, 0xa6, 0xb5, 0xc4, 0xd3, 0xe2, 0xf1],
  ],
] as const

describe.each(variants)('S5: register accessors, %s', (_name, options) => {
  const ram = GuestRam.allocate(3 * 4096, options)
  ram.block('in front', 1)
  const block = ram.block('registers', SIZE)
  const all = new Uint8Array(ram.buffer)
  const view = new DataView(ram.buffer, block.offset, SIZE)
  const noise = Uint8Array.from(all, (_, i) => (i * 131 + 29) & 0xff)

  test.each(READS)('%s: little-endian, unsigned, at every offset to the last', (_what, size, read, reference) => {
    all.set(noise)
    for (let at = 0; at <= SIZE - size; at++) expect(read(block, at)).toBe(reference(view, at))
    expect(Buffer.compare(all, noise)).toBe(0)
  })

  test.each(WRITES)(
    '%s: modulo its width, at every offset to the last, and nothing else',
    (_what, size, write, bytes) => {
      for (let at = 0; at <= SIZE - size; at++) {
        all.set(noise)
        write(block, at)
        const expected = noise.slice()
        expected.set(bytes, block.offset + at)
        expect(Buffer.compare(all, expected)).toBe(0)
      }
    },
  )
})

describe('S5: register accessors refuse', () => {
  const block = GuestRam.allocate(4096).block('registers', SIZE)
  // biome-ignore lint/suspicious/noExplicitAny: what is tested is what types would forbid
  const bad = (value: unknown): any => value

  test.each([...READS, ...WRITES])('%s: offsets that are none of the block', (_what, size, access) => {
    for (const offset of [-1, SIZE - size + 1, 0.5, Number.NaN, 2 ** 53])
      expect(() => access(block, offset)).toThrow(
        new RangeError(`offset must be an integer from 0 to ${SIZE - size}, got ${offset}`),
      )
    for (const offset of ['0', null, 0n]) expect(() => access(block, bad(offset))).toThrow(/^offset .*got /)
  })

  test.each([...READS, ...WRITES])('%s: what is no RamBlock', (_what, _size, access) => {
    for (const [value, shown] of [
      [undefined, 'undefined'],
      [new Uint8Array(8), 'an object'],
    ] as const)
      expect(() => access(bad(value), 0)).toThrow(new TypeError(`block must be a RamBlock, got ${shown}`))
  })

  test('writeq: a number', () => {
    expect(() => writeq(block, 0, bad(1))).toThrow(new TypeError('value must be a bigint, got 1'))
  })

  test.each(READS)('%s: what is no cache mode', (_what, _size, read) => {
    for (const [value, shown] of [
      ['cached', '"cached"'],
      [null, 'null'],
      [3, '3'],
    ] as const)
      expect(() => read(block, 0, bad(value))).toThrow(
        new TypeError(`cacheMode must be one of ${CACHE_MODES.join(', ')}, got ${shown}`),
      )
  })

  test.each([
    ['writeb', (mode: CacheMode) => writeb(block, 0, 1, mode)],
    ['writew', (mode: CacheMode) => writew(block, 0, 1, mode)],
    ['writel', (mode: CacheMode) => writel(block, 0, 1, mode)],
    ['writeq', (mode: CacheMode) => writeq(block, 0, 1n, mode)],
  ] as const)('%s: what is no cache mode, and nothing is stored', (_what, write) => {
    block.view().fill(0)
    for (const value of ['Normal', '', 0, Number.NaN, {}])
      expect(() => write(bad(value))).toThrow(/^cacheMode must be .*, got /)
    expect(block.view().every(byte => byte === 0)).toBe(true)
    for (const mode of CACHE_MODES) write(mode)
    expect(block.view()[0]).toBe(1)
  })

  test('S6: unaligned ones, by policy, where the host has none', () => {
    const host = hostProfile({ base: 'riscv64' })
    const strict = GuestRam.allocate(4096, { host, order: 'host', unaligned: 'refuse' }).block('registers', SIZE)
    for (const [, size, access] of [...READS, ...WRITES]) {
      access(strict, size)
      const before = strict.view().slice()
      if (size > 1) expect(() => access(strict, size + 1)).toThrow(/^address must be a multiple of/)
      expect(strict.view()).toEqual(before)
    }
  })
})
