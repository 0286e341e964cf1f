import fc from 'fast-check'
import {
  AddressSpace,
  type DirectAccess,
  DirtyClient,
  GuestRam,
  HOST_PROFILES,
  type HostName,
  IommuMemoryRegion,
  MemoryRegion,
  type RamBlock,
  testAndClearDirty,
} from 'guestmem'
import { LONG } from '../../support/campaign.ts'

const PAGE = 4096

export const KINDS = [
  'ram',
  'ram',
  'ram',
  'bar',
  'rom',
  'other',
  'io',
  'unaligned io',
  'registers',
  'hole',
  'reservation',
  'iommu',
] as const

export interface Part {
  readonly kind: (typeof KINDS)[number]
  /** Where it begins in what it shows, bytes. */
  readonly offset: number
  readonly length: number
}

export interface CopyWorld {
  /** Of each kind of memory, bytes. */
  readonly size: number
  /** Of the IOMMU's pages, a power of two, bytes. */
  readonly page: number
  readonly parts: readonly Part[]
  readonly host: HostName
  readonly directAccess: DirectAccess
  /** For each page of the IOMMU's, the page of the RAM that it leads to; past its end, a fault. */
  readonly pages: readonly number[]
}

const memories = new Map<string, readonly [RamBlock, RamBlock]>()

/** Two guest RAMs, which one case after the other uses: to make them takes longer than to copy. */
function memoryOf(host: HostName, size: number, slot: number): readonly [RamBlock, RamBlock] {
  const key = `${host} ${size} ${slot}`
  let blocks = memories.get(key)
  if (blocks === undefined) {
    const guest = GuestRam.allocate(2 * PAGE + size, { host: HOST_PROFILES[host], order: 'host' })
    guest.block('ahead', 1)
    blocks = [guest.block('ram', size), GuestRam.allocate(PAGE + size).block('other', size)]
    memories.set(key, blocks)
  }
  return blocks
}

export interface CopyBoard {
  readonly space: AddressSpace
  /** Of all parts, bytes. */
  readonly length: number
  /** What is there, what was marked, and which accesses were made; nothing is logged from here on. */
  end(): object
}

/**
 * Parts, one behind the other. `ram`, `bar` and `rom` are the same block; `other` is another guest RAM. Devices answer by
 * the offset alone, and write down each access; one of kind `registers` reads back what was written to it.
 */
export function copyBoard({ parts, size, page, host, directAccess, pages }: CopyWorld, slot: number): CopyBoard {
  const [block, other] = memoryOf(host, size, slot)
  for (const [i, bytes] of [block.view(), other.view()].entries())
    for (let at = 0; at < size; at++) bytes[at] = at * 7 + i * 83
  const reads: string[] = []
  const writes: string[] = []
  const ops = (unaligned: boolean) => ({
    read(offset: number, size: number) {
      reads.push(`${offset} ${size}`)
      return (offset * 0x0105_0301) >>> 0
    },
    write: (offset: number, value: number, size: number) => void writes.push(`${offset} ${size} ${value}`),
    valid: { unaligned },
    impl: { unaligned },
  })
  const registers = new Uint8Array(size)
  for (let at = 0; at < size; at++) registers[at] = at * 11
  const bytewise = {
    read: (offset: number) => registers[offset] ?? 0,
    write(offset: number, value: number) {
      if (offset < size) registers[offset] = value
    },
    impl: { maxSize: 1 as const },
  }
  const target = new AddressSpace('target', MemoryRegion.ram('behind', block))
  const asked: string[] = []
  const translate = (address: number, wanted: number) => {
    asked.push(`${wanted} ${address}`)
    const translated = page * (pages[Math.floor(address / page) % pages.length] as number)
    return { target, translated, mask: page - 1, permissions: (translated + page <= size ? 3 : 0) as 0 | 3 }
  }
  const whole: Record<Exclude<Part['kind'], 'hole'>, MemoryRegion> = {
    ram: MemoryRegion.ram('ram', block),
    bar: MemoryRegion.ramDevice('bar', block, { cacheMode: 'noncached' }),
    rom: MemoryRegion.rom('rom', block),
    other: MemoryRegion.ram('other', other),
    io: MemoryRegion.io('io', ops(false), size),
    'unaligned io': MemoryRegion.io('unaligned io', ops(true), size),
    registers: MemoryRegion.io('registers', bytewise, size),
    reservation: MemoryRegion.reservation('reservation', size),
    iommu: new IommuMemoryRegion('iommu', { translate }, size),
  }
  const log = (on: boolean) => {
    for (const kind of ['ram', 'bar', 'other'] as const) whole[kind].setLog(DirtyClient.VGA, on)
  }
  log(true)
  const root = MemoryRegion.container('root', 2 ** 30)
  let length = 0
  MemoryRegion.transaction(() => {
    for (const [i, part] of parts.entries()) {
      if (part.kind !== 'hole')
        root.addSubregion(length, MemoryRegion.alias(`${i}`, whole[part.kind], part.offset, part.length))
      length += part.length
    }
  })
  const space = new AddressSpace('space', root, { directAccess })
  const end = () => ({
    logged: log(false),
    bytes: [block.view(), other.view(), registers].map(bytes => Buffer.from(bytes).toString('hex')),
    dirty: [block, other].map(each => testAndClearDirty(each, 0, size, DirtyClient.VGA)),
    reads,
    writes,
    asked,
  })
  return { space, length, end }
}

/** @param kinds What it may be made of. @param most Of parts. */
export function copyWorlds(
  size: number,
  page: number,
  most: number,
  kinds: readonly Part['kind'][] = KINDS,
): fc.Arbitrary<CopyWorld> {
  const part: fc.Arbitrary<Part> = fc
    .record({ kind: fc.constantFrom(...kinds), offset: fc.nat(size - 1), length: fc.integer({ min: 1, max: size }) })
    .map(({ kind, offset, length }) => ({ kind, offset, length: Math.min(length, size - offset) }))
  return fc.record({
    size: fc.constant(size),
    page: fc.constant(page),
    parts: fc.array(part, { minLength: 1, maxLength: most, ...LONG }),
    host: fc.constantFrom('x86-64', 'aarch64'),
    directAccess: fc.constantFrom('by-mapping', 'by-mapping', 'normal-only'),
    pages: fc.array(fc.nat(Math.ceil(size / page) + 1), { minLength: 1, maxLength: 8 }),
  })
}
