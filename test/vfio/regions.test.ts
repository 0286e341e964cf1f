import { AddressSpace, GuestRam, MemoryRegion, MemTxResult, type RamBlock } from 'guestmem'
import { regionInfoFromObject, type VfioRegionObject, vfioRegions } from 'guestmem/vfio'
import { describe, expect, test } from 'vitest'
import { block, shown } from '../support/board.ts'

const PAGE = 4096
const FILE = 2 ** 41

interface Call {
  readonly way: 'read' | 'write' | 'mmap'
  readonly offset: number
  readonly size: number
}

/** A device file that keeps its bytes, and tells what was asked of it. */
class TestFile {
  readonly calls: Call[] = []
  readonly bytes: Uint8Array
  readonly #start: number
  /** How many bytes the next calls move less than they were asked for. */
  short = 0
  refused: (offset: number) => boolean = () => false

  constructor(bytes: number, start = FILE) {
    this.bytes = Uint8Array.from({ length: bytes }, (_, index) => index & 0xff)
    this.#start = start
  }

  read = (offset: number, bytes: Uint8Array): number => {
    this.calls.push({ way: 'read', offset, size: bytes.length })
    for (const index of bytes.keys()) bytes[index] = this.bytes[offset - this.#start + index] as number
    return bytes.length - this.short
  }

  write = (offset: number, bytes: Uint8Array): number => {
    this.calls.push({ way: 'write', offset, size: bytes.length })
    this.bytes.set(bytes, offset - this.#start)
    return bytes.length - this.short
  }

  mmap = (offset: number, size: number): RamBlock | undefined => {
    this.calls.push({ way: 'mmap', offset, size })
    return this.refused(offset) ? undefined : block(size)
  }
}

const bar = (fields: Partial<VfioRegionObject> = {}) =>
  regionInfoFromObject({ index: 2, flags: 7, size: 16 * PAGE, offset: FILE, ...fields }).info

/** What the region shows: start and end in pages, and the kind with the cache mode. */
function pages(region: MemoryRegion): (readonly [number, number, string])[] {
  const space = new AddressSpace('test', region)
  return space.view.ranges.map(({ start, end, region: seen }) => [
    start / PAGE,
    end / PAGE,
    seen.cacheMode === undefined ? seen.kind : `${seen.kind} ${seen.cacheMode}`,
  ])
}

describe('S3 the BAR through the device file', () => {
  const file = new TestFile(2 * PAGE)
  const { region } = vfioRegions(bar({ flags: 3, size: 2 * PAGE }), file, { name: 'BAR 2' })
  const space = new AddressSpace('memory', region)

  test('is io of its size and name, and nothing is mapped without VFIO_REGION_INFO_FLAG_MMAP', () => {
    expect([region.kind, region.name, region.size]).toEqual(['io', 'BAR 2', 2 * PAGE])
    expect(shown(space)).toEqual([[0, 2 * PAGE, 'BAR 2', 0]])
    expect(file.calls).toEqual([])
  })

  test('an access is one call at the file offset, little-endian', () => {
    file.calls.length = 0
    expect([space.load8(0x11), space.load16(0x22), space.load32(0x84)]).toEqual([0x11, 0x2322, 0x8786_8584])
    expect(space.load64(0xf8)).toBe(0xfffe_fdfc_fbfa_f9f8n)
    space.store8(0x1001, 0x81)
    space.store16(0x1002, 0x8382)
    space.store32(0x1004, 0x8786_8584)
    space.store64(0x1008, 0x8f8e_8d8c_8b8a_8988n)
    expect(space.result).toBe(MemTxResult.OK)
    expect(Buffer.from(file.bytes.subarray(0x1001, 0x1010)).toString('hex')).toBe('8182838485868788898a8b8c8d8e8f')
    expect(file.calls.map(({ way, offset, size }) => [way, offset - FILE, size])).toEqual([
      ['read', 0x11, 1],
      ['read', 0x22, 2],
      ['read', 0x84, 4],
      ['read', 0xf8, 8],
      ['write', 0x1001, 1],
      ['write', 0x1002, 2],
      ['write', 0x1004, 4],
      ['write', 0x1008, 8],
    ])
  })

  test('PCI stays little-endian for a big-endian target', () => {
    const big = new AddressSpace('memory', region, { endian: 'big' })
    expect([big.load32(0x84), big.load32le(0x84), big.load16(0x22)]).toEqual([0x8485_8687, 0x8786_8584, 0x2223])
    big.destroy()
  })

  test('a block request is cut into aligned accesses of up to 8 bytes, an unaligned load rejected', () => {
    file.calls.length = 0
    const bytes = new Uint8Array(15)
    expect(space.read(0x21, bytes)).toBe(MemTxResult.OK)
    expect(Buffer.from(bytes).toString('hex')).toBe('2122232425262728292a2b2c2d2e2f')
    expect(file.calls.map(({ size }) => size)).toEqual([1, 2, 4, 8])
    expect([space.load32(0x21), space.result]).toEqual([0, MemTxResult.DECODE_ERROR])
    expect(file.calls.length).toBe(4)
  })

  test('a short read or write is an error, and its data zero', () => {
    file.short = 1
    for (const read of [() => space.load8(1), () => space.load16(2), () => space.load32(4), () => space.load64(8)]) {
      expect(Number(read())).toBe(0)
      expect(space.result).toBe(MemTxResult.ERROR)
    }
    space.store8(1, 1)
    expect(space.result).toBe(MemTxResult.ERROR)
    space.store64(8, 1n)
    expect(space.result).toBe(MemTxResult.ERROR)
    file.short = 0
    expect([space.load8(0x31), space.result]).toEqual([0x31, MemTxResult.OK])
  })

  test('what the file throws reaches the caller, and the region works on', () => {
    let broken = true
    const { region: own } = vfioRegions(bar({ flags: 3 }), {
      read: (_offset, bytes) => {
        if (broken) throw new Error('EIO')
        return bytes.length
      },
      write: () => 0,
    })
    const memory = new AddressSpace('memory', own)
    expect(() => memory.load32(0)).toThrow('EIO')
    broken = false
    memory.load32(0)
    expect(memory.result).toBe(MemTxResult.OK)
  })

  test.each([
    ['read', 1, MemTxResult.OK, MemTxResult.DECODE_ERROR],
    ['written', 2, MemTxResult.DECODE_ERROR, MemTxResult.OK],
    ['neither', 0, MemTxResult.DECODE_ERROR, MemTxResult.DECODE_ERROR],
  ])('a region that can only be %s rejects the rest', (_what, flags, read, write) => {
    const own = new TestFile(PAGE)
    const memory = new AddressSpace('memory', vfioRegions(bar({ flags, size: PAGE }), own).region)
    memory.load32(0)
    expect(memory.result).toBe(read)
    memory.store32(0, 5)
    expect(memory.result).toBe(write)
    expect(own.calls.length).toBe([read, write].filter(result => result === MemTxResult.OK).length)
  })

  test('G7 regions of one owner keep each other out', () => {
    const owner = {}
    const system = MemoryRegion.container('system', 16 * PAGE)
    const memory = new AddressSpace('memory', system)
    let inner = -1
    const nested = {
      read: (_offset: number, bytes: Uint8Array) => {
        memory.load8(8 * PAGE)
        inner = memory.result
        return bytes.length
      },
      write: () => 0,
    }
    const other = new TestFile(PAGE)
    system.addSubregion(0, vfioRegions(bar({ flags: 3, size: PAGE }), nested, { owner }).region)
    system.addSubregion(8 * PAGE, vfioRegions(bar({ flags: 3, size: PAGE }), other, { owner }).region)
    memory.load8(0)
    expect([inner, other.calls]).toEqual([MemTxResult.ACCESS_ERROR, []])
  })
})

describe('S3 what is mapped', () => {
  test('all of a region that does not say which areas; the default name', () => {
    const file = new TestFile(16 * PAGE)
    const { region, mapped, skipped } = vfioRegions(bar({ cacheMode: 'writecombine' }), file)
    expect(file.calls).toEqual([{ way: 'mmap', offset: FILE, size: 16 * PAGE }])
    expect(mapped.map(({ name, kind, cacheMode, size }) => [name, kind, cacheMode, size])).toEqual([
      ['region 2 mmaps[0]', 'ramDevice', 'writecombine', 16 * PAGE],
    ])
    expect([region.subregions, skipped]).toEqual([mapped, []])
  })

  test.each(['normal', 'writecombine', 'noncached', 'device'] as const)('with the mode reported, %s', cacheMode => {
    const { region } = vfioRegions(bar({ cacheMode }), new TestFile(0))
    expect(pages(region)).toEqual([[0, 16, `ramDevice ${cacheMode}`]])
  })

  test('noncached where no mode is reported', () => {
    expect(pages(vfioRegions(bar(), new TestFile(0)).region)).toEqual([[0, 16, 'ramDevice noncached']])
  })

  test('sparse areas alone; what is between them goes through the file', () => {
    const file = new TestFile(16 * PAGE)
    const sparse = [
      { offset: 8 * PAGE, size: 4 * PAGE },
      { offset: 0, size: 2 * PAGE },
    ]
    const { region, mapped } = vfioRegions(bar({ sparse, cacheMode: 'device' }), file)
    expect(file.calls.map(({ offset, size }) => [(offset - FILE) / PAGE, size / PAGE])).toEqual([
      [8, 4],
      [0, 2],
    ])
    expect(mapped.map(({ name, address }) => [name, address])).toEqual([
      ['region 2 mmaps[0]', 8 * PAGE],
      ['region 2 mmaps[1]', 0],
    ])
    expect(pages(region)).toEqual([
      [0, 2, 'ramDevice device'],
      [2, 8, 'io'],
      [8, 12, 'ramDevice device'],
      [12, 16, 'io'],
    ])
    const memory = new AddressSpace('memory', region)
    memory.store32(8 * PAGE, 0x1234_5678)
    memory.store32(2 * PAGE, 0x9abc_def0)
    expect(memory.load32(8 * PAGE)).toBe(0x1234_5678)
    expect(file.calls.slice(2)).toEqual([{ way: 'write', offset: FILE + 2 * PAGE, size: 4 }])
  })

  test('nothing, of no areas', () => {
    const file = new TestFile(0)
    expect(vfioRegions(bar({ sparse: [] }), file)).toMatchObject({ mapped: [], skipped: [] })
    expect(file.calls).toEqual([])
  })

  test('what the driver refuses to map goes through the file', () => {
    const file = new TestFile(0)
    file.refused = offset => offset === FILE
    const sparse = [
      { offset: 0, size: PAGE },
      { offset: 4 * PAGE, size: PAGE },
    ]
    const { region, skipped } = vfioRegions(bar({ sparse }), file)
    expect(skipped).toEqual([{ area: { offset: 0n, size: 4096n }, reason: 'the device file does not map it' }])
    expect(pages(region).map(([, , kind]) => kind)).toEqual(['io', 'ramDevice noncached', 'io'])
    const { read, write } = file
    expect(vfioRegions(bar({ sparse }), { read, write }).skipped.length).toBe(2)
  })

  test.each([5, 6])('nothing, with flags %i: a mapping is read and written', flags => {
    const { mapped, skipped } = vfioRegions(bar({ flags }), new TestFile(0))
    expect([mapped.length, skipped.map(({ reason }) => reason)]).toEqual([
      0,
      ['the region can not be both read and written'],
    ])
  })

  test('not a region of half a page, nor of 4 KiB where pages have 64', () => {
    const parts = [bar({ size: PAGE / 2 }), bar({ size: PAGE, pageSize: 65536 })]
    expect(parts.map(part => vfioRegions(part, new TestFile(0)).skipped[0]?.reason)).toEqual([
      'the region is not made of whole pages of 4096 bytes',
      'the region is not made of whole pages of 65536 bytes',
    ])
  })

  test('several blocks are one area', () => {
    const ram = GuestRam.allocate(16 * PAGE)
    const blocks = [4, 12].map(count => ram.block('part', count * PAGE))
    const { mapped } = vfioRegions(bar(), { ...new TestFile(0), mmap: () => blocks })
    expect(mapped.map(({ size, backing }) => [size, backing.length])).toEqual([[16 * PAGE, 2]])
  })
})

describe('the MSI-X table', () => {
  const split = (table: { offset: number; size: number }, fields: Partial<VfioRegionObject> = {}) =>
    vfioRegions(bar(fields), new TestFile(16 * PAGE), { msixTable: table })

  const tables: [what: string, table: { offset: number; size: number }, (readonly [number, number, string])[]][] = [
    [
      'in the middle',
      { offset: 5 * PAGE + 16, size: 32 },
      [
        [0, 5, 'ram'],
        [5, 6, 'io'],
        [6, 16, 'ram'],
      ],
    ],
    [
      'at the start',
      { offset: 0, size: 1 },
      [
        [0, 1, 'io'],
        [1, 16, 'ram'],
      ],
    ],
    [
      'at the end',
      { offset: 16 * PAGE - 1, size: 1 },
      [
        [0, 15, 'ram'],
        [15, 16, 'io'],
      ],
    ],
    [
      'across two pages',
      { offset: 4 * PAGE - 1, size: 2 },
      [
        [0, 3, 'ram'],
        [3, 5, 'io'],
        [5, 16, 'ram'],
      ],
    ],
    ['everywhere', { offset: 0, size: 16 * PAGE }, [[0, 16, 'io']]],
  ]
  test.each(tables)('%s: its pages stay io', (_what, table, expected) => {
    const { region, skipped } = split(table)
    expect(pages(region).map(([start, end, kind]) => [start, end, kind.slice(0, 3).trim()])).toEqual(expected)
    const first = Math.floor(table.offset / PAGE)
    const last = Math.ceil((table.offset + table.size) / PAGE)
    expect(skipped).toEqual([
      {
        area: { offset: BigInt(first * PAGE), size: BigInt((last - first) * PAGE) },
        reason: 'the MSI-X table is there, and the driver does not say that it may be mapped',
      },
    ])
  })

  test('stays mapped where the driver says that it may be', () => {
    const { region, skipped } = split({ offset: 0, size: 64 }, { msixMappable: true })
    expect([pages(region), skipped]).toEqual([[[0, 16, 'ramDevice noncached']], []])
  })

  test('is cut out of sparse areas, and of none that it is not in', () => {
    const sparse = [
      { offset: 0, size: 4 * PAGE },
      { offset: 6 * PAGE, size: 2 * PAGE },
    ]
    const { region, skipped } = split({ offset: 2 * PAGE, size: 5 * PAGE }, { sparse })
    expect(pages(region).map(([start, end, kind]) => [start, end, kind.slice(0, 3).trim()])).toEqual([
      [0, 2, 'ram'],
      [2, 7, 'io'],
      [7, 8, 'ram'],
      [8, 16, 'io'],
    ])
    expect(skipped.map(({ area }) => area)).toEqual([
      { offset: BigInt(2 * PAGE), size: BigInt(2 * PAGE) },
      { offset: BigInt(6 * PAGE), size: BigInt(PAGE) },
    ])
    expect(split({ offset: 4 * PAGE, size: PAGE }, { sparse }).skipped).toEqual([])
  })

  test('takes a whole page of the host', () => {
    const { region } = split({ offset: 0x8000, size: 16 }, { size: 0x40000, pageSize: 65536 })
    expect(pages(region)).toEqual([
      [0, 16, 'io'],
      [16, 64, 'ramDevice noncached'],
    ])
  })
})
