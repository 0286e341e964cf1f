import { AddressSpace, type CacheMode, MemoryRegion, MemTxResult, SparseRam } from 'guestmem'
import {
  cacheModesFromSmaps,
  parseRegionInfo,
  regionInfoFromObject,
  type VfioDeviceFile,
  type VfioRegionInfo,
  vfioRegions,
} from 'guestmem/vfio'
import { describe, expect, test } from 'vitest'
import { CACHE_MODE_ID, cacheMode, write } from './writer.ts'

const MiB = 2 ** 20
const GiB = 2 ** 30

/** BARs 0, 2 and 4 of a GH100 that nvgrace-gpu passes through; BAR 2 in the dump's two readings. */
const BARS = [
  { index: 0, size: 16 * MiB, address: 0x440_8000_0000, mode: 'device', attribute: 4 },
  { index: 2, size: 2 * GiB, address: 0x440_0000_0000, mode: 'writecombine', attribute: 2 },
  { index: 4, size: 128 * GiB, address: 0x420_0000_0000, mode: 'normal', attribute: 0 },
] as const
const MODES: readonly CacheMode[] = ['normal', 'writecombine', 'noncached', 'device']

/** Blocks of any size, whose memory is allocated when it is first touched. */
const untouched = (size: number) => new SparseRam().blocks('BAR', size)

const file: VfioDeviceFile = {
  read: (_offset, bytes) => bytes.fill(0xff).length,
  write: (_offset, bytes) => bytes.length,
  mmap: (_offset, size) => untouched(size),
}

/** As the kernel would tell it, were the capability there. */
function told(index: number, size: number, mode: CacheMode): VfioRegionInfo {
  const bytes = write({
    index,
    size: BigInt(size),
    offset: BigInt(index) << 40n,
    capabilities: [{ sparse: [{ offset: 0n, size: BigInt(size) }] }, { msix: true }, cacheMode(MODES.indexOf(mode))],
  })
  return parseRegionInfo(bytes, { cacheModeCapability: CACHE_MODE_ID, pageSize: 65536 }).info
}

function board(infos: readonly VfioRegionInfo[]): AddressSpace {
  const system = MemoryRegion.container('system', 2 ** 48)
  for (const [number, { index, address }] of BARS.entries()) {
    const { region, skipped } = vfioRegions(infos[number] as VfioRegionInfo, file, { name: `GH100 BAR ${index}` })
    expect(skipped).toEqual([])
    system.addSubregion(address, region)
  }
  return new AddressSpace('memory', system)
}

const shownModes = (space: AddressSpace) =>
  space.view.ranges.map(({ start, end, region }) => [start, end - start, region.name, region.cacheMode])

const EXPECTED = [...BARS]
  .sort((a, b) => a.address - b.address)
  .map(({ index, size, address, mode }) => [address, size, `GH100 BAR ${index} mmaps[0]`, mode])

describe('the worked example: a GH100', () => {
  test('S3 as its driver reports it', () => {
    const space = board(BARS.map(({ index, size, mode }) => told(index, size, mode)))
    expect(shownModes(space)).toEqual(EXPECTED)
  })

  test('S3, H9 without the capability all three are noncached', () => {
    const infos = BARS.map(
      ({ index, size }) => parseRegionInfo(write({ index, size: BigInt(size), offset: BigInt(index) << 40n })).info,
    )
    expect(board(infos).view.ranges.map(({ region }) => region.cacheMode)).toEqual([
      'noncached',
      'noncached',
      'noncached',
    ])
  })

  test('a dump of page protections, turned into the same', () => {
    let start = 0xf000_0000_0000n
    const dump = BARS.map(({ index, size, attribute }) => {
      const [from, to] = [start, start + BigInt(size)]
      start = to
      const bits = (0x0068_0000_0000_0f43n | BigInt(attribute << 2)).toString(16)
      const offset = (BigInt(index) << 40n).toString(16).padStart(8, '0')
      return `${from.toString(16)}-${to.toString(16)} rw-s ${offset} 00:0f 9 anon_inode:[vfio-device]
Size: ${size / 1024} kB
vm_page_prot: 0x${bits}`
    }).join('\n')
    const mappings = cacheModesFromSmaps(dump, { host: 'aarch64' })
    const infos = BARS.map(({ index, size }) => {
      const base = BigInt(index) << 40n
      const sparse = mappings
        .filter(({ offset }) => offset >> 40n === BigInt(index))
        .map(({ start, end, offset, cacheMode }) => ({ offset: offset - base, size: end - start, cacheMode }))
      return regionInfoFromObject({ index, flags: 7, size, offset: base, sparse }).info
    })
    expect(infos.map(info => info.cacheMode)).toEqual(['device', 'writecombine', 'normal'])
    expect(shownModes(board(infos))).toEqual(EXPECTED)
  })

  test('BAR 4 is reached to its last byte, behind which BAR 2 begins, and then BAR 0', () => {
    const space = board(BARS.map(({ index, size, mode }) => told(index, size, mode)))
    const [registers, , { address, size }] = BARS
    const end = address + size
    space.store32(end - 4, 0x1234_5678)
    expect([space.load32(end - 4), space.result]).toEqual([0x1234_5678, MemTxResult.OK])
    space.store8(end, 5)
    expect([space.load8(end), space.load8(end - 4)]).toEqual([5, 0x78])
    space.load8(registers.address + registers.size)
    expect(space.result).toBe(MemTxResult.DECODE_ERROR)
  })

  test('BAR 4 of which less is memory than its size says: the rest goes through the device file', () => {
    const [, , { index, size }] = BARS
    const { info } = regionInfoFromObject({
      index,
      flags: 7,
      size,
      offset: 2 ** 42,
      sparse: [{ offset: 0, size: 96 * GiB - 32 * MiB }],
      cacheMode: 'normal',
    })
    const space = new AddressSpace('memory', vfioRegions(info, file).region)
    expect(space.view.ranges.map(({ end, region }) => [end, region.kind])).toEqual([
      [96 * GiB - 32 * MiB, 'ramDevice'],
      [128 * GiB, 'io'],
    ])
    expect(space.load32(127 * GiB)).toBe(0xffff_ffff)
  })
})
