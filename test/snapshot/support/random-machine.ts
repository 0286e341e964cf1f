import fc from 'fast-check'
import {
  AddressSpace,
  DirtyClient,
  GuestRam,
  MemoryRegion,
  type RamBlock,
  ramCopy,
  ramFill,
  resizableRam,
  resizeRam,
  SparseRam,
} from 'guestmem'
import type { SavedDevices } from 'guestmem/snapshot'
import { LONG } from '../../support/campaign.ts'

/** How one region of a machine is made. */
export interface RegionPlan {
  readonly kind:
    | 'container'
    | 'ram'
    | 'rom'
    | 'romDevice'
    | 'ramDevice'
    | 'resizable'
    | 'sparse'
    | 'io'
    | 'alias'
    | 'reservation'
  readonly pages: number
  readonly tail: number
  readonly target: number
  readonly offset: number
  readonly holder: number
  readonly address: number
  readonly priority: number
  readonly name: number
  readonly mapped: boolean
}

export interface MachinePlan {
  readonly regions: readonly RegionPlan[]
  readonly spaces: number
  readonly shared: boolean
  readonly free: number
}

/** One thing that happens to a machine while it runs. */
export interface Act {
  readonly what: number
  readonly region: number
  readonly other: number
  readonly offset: number
  readonly length: number
  readonly value: number
}

const KINDS = [
  'container',
  'ram',
  'rom',
  'romDevice',
  'ramDevice',
  'resizable',
  'sparse',
  'io',
  'alias',
  'reservation',
  'ram',
  'container',
] as const

const natural = (max: number) => fc.nat({ max })

export const regionPlan: fc.Arbitrary<RegionPlan> = fc.record({
  kind: fc.constantFrom(...KINDS),
  pages: fc.integer({ min: 1, max: 6 }),
  tail: natural(4095),
  target: natural(20),
  offset: natural(0x4000),
  holder: natural(20),
  address: natural(0x20_0000),
  priority: fc.integer({ min: -3, max: 3 }),
  name: natural(3),
  mapped: fc.boolean(),
})

export const machinePlan: fc.Arbitrary<MachinePlan> = fc.record({
  regions: fc.array(regionPlan, { minLength: 1, maxLength: 12, ...LONG }),
  spaces: fc.integer({ min: 1, max: 3 }),
  shared: fc.boolean(),
  free: natural(2),
})

export const act: fc.Arbitrary<Act> = fc.record({
  what: natural(15),
  region: natural(20),
  other: natural(20),
  offset: natural(0x8000),
  length: fc.integer({ min: 1, max: 9000 }),
  value: natural(255),
})

export interface RandomMachine {
  readonly spaces: AddressSpace[]
  readonly regions: MemoryRegion[]
  /** All blocks, those that no region shows at the end. */
  readonly blocks: RamBlock[]
  /** The bytes of each block, one by one, as they must be. */
  readonly model: Uint8Array[]
  readonly registers: { value: number; log: string[] }[]
  readonly options: { readonly devices: SavedDevices; readonly regions: MemoryRegion[]; readonly blocks: RamBlock[] }
}

/** The same machine each time that it is called with the same plan. */
export function build({ regions: plans, spaces: count, shared, free }: MachinePlan): RandomMachine {
  const ram = GuestRam.allocate(2 ** 20, { shared })
  const sparse = new SparseRam({ shared, memoryBytes: 16 * 4096 })
  const blocks: RamBlock[] = []
  const root = MemoryRegion.container('root', 2 ** 40)
  const regions: MemoryRegion[] = [root]
  const registers: { value: number; log: string[] }[] = []
  const ops = { read: () => 0, write: () => undefined }
  const cut = (bytes: number): RamBlock => {
    const block = ram.block('block', bytes)
    blocks.push(block)
    return block
  }
  for (const plan of plans) {
    const name = `${plan.kind} ${plan.name}`
    const bytes = plan.pages * 4096 - plan.tail
    const make = (): MemoryRegion => {
      switch (plan.kind) {
        case 'container':
          return MemoryRegion.container(name, plan.pages * 0x4_0000)
        case 'ram':
          return MemoryRegion.ram(name, cut(bytes))
        case 'rom':
          return MemoryRegion.rom(name, cut(bytes))
        case 'ramDevice':
          return MemoryRegion.ramDevice(name, cut(bytes))
        case 'romDevice':
          return MemoryRegion.romDevice(name, ops, cut(bytes))
        case 'resizable':
          return resizableRam(name, cut(bytes), Math.ceil(bytes / 2))
        case 'sparse': {
          const several = sparse.blocks(name, plan.pages * 3 * 4096 + 100)
          blocks.push(...several)
          return MemoryRegion.ram(name, several)
        }
        case 'io':
          registers.push({ value: 0, log: [] })
          return MemoryRegion.io(name, ops, bytes)
        case 'alias':
          return MemoryRegion.alias(name, regions[plan.target % regions.length] as MemoryRegion, plan.offset, bytes)
        default:
          return MemoryRegion.reservation(name, bytes)
      }
    }
    const region = make()
    if (plan.mapped) {
      const holder = regions[plan.holder % regions.length] as MemoryRegion
      attempt(() => holder.addSubregion(plan.address, region, plan.priority))
    }
    regions.push(region)
  }
  const spare = Array.from({ length: free }, () => cut(5000))
  const spaces = Array.from({ length: count }, (_, i) => {
    const shown = i === 0 ? root : (regions[(i * 7) % regions.length] as MemoryRegion)
    return new AddressSpace(`space ${i % 2}`, shown, { endian: i % 2 === 0 ? 'little' : 'big' })
  })
  const devices: SavedDevices = Object.fromEntries(
    registers.map((state, i) => [
      `device ${i}`,
      {
        save: () => ({ ...state }),
        load: (saved: unknown) => {
          Object.assign(state, saved)
        },
      },
    ]),
  )
  return {
    spaces,
    regions,
    blocks,
    model: blocks.map(({ size }) => new Uint8Array(size)),
    registers,
    options: { devices, regions: regions.slice(1), blocks: spare },
  }
}

/** What is refused has changed nothing. */
function attempt(body: () => void): void {
  try {
    body()
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error
  }
}

export function perform(machine: RandomMachine, { what, region: index, other, offset, length, value }: Act): void {
  const { regions, blocks, model, registers } = machine
  const region = regions[index % regions.length] as MemoryRegion
  const second = regions[other % regions.length] as MemoryRegion
  if (what < 6 && blocks.length > 0) {
    const at = index % blocks.length
    const block = blocks[at] as RamBlock
    const bytes = model[at] as Uint8Array
    const from = offset % block.size
    const count = Math.min(length, block.size - from)
    if (what < 3) {
      ramFill(block, from, what === 0 ? 0 : value, count)
      for (let i = 0; i < count; i++) bytes[from + i] = what === 0 ? 0 : value
    } else {
      // What two pages have in common is theirs only if it is so in all of the page.
      const data = Uint8Array.from({ length: count }, (_, i) => (what === 3 ? i * value : ((from + i) % 4096) & value))
      ramCopy(block, from, data, 0, count)
      for (let i = 0; i < count; i++) bytes[from + i] = data[i] as number
    }
    return
  }
  attempt(() => {
    switch (what) {
      case 6:
        return region.setAddress(offset * 8)
      case 7:
        return region.setEnabled(value % 2 === 0)
      case 8:
        return region.setReadonly(value % 2 === 0)
      case 9:
        return region.setNonvolatile(value % 2 === 0)
      case 10:
        return region.kind === 'romDevice' ? region.setRomdMode(value % 2 === 0) : region.setAliasOffset(offset)
      case 11:
        return region.name.startsWith('resizable') ? resizeRam(region, length) : region.setSize(length)
      case 12:
        return region.container?.removeSubregion(region)
      case 13:
        return second.addSubregion(offset, region, (value % 7) - 3)
      case 14:
        return region.setLog([DirtyClient.VGA, DirtyClient.CODE][value % 2] as DirtyClient, value < 128)
      default: {
        const register = registers[value % Math.max(1, registers.length)]
        if (register !== undefined) {
          register.value = offset
          register.log.push(`${length}`)
        }
      }
    }
  })
}

/** All that can be seen of a machine, apart from its bytes. */
export function seen({ spaces, regions, registers }: RandomMachine): unknown {
  const number = new Map(regions.map((region, index) => [region, index]))
  return {
    views: spaces.map(({ view }) =>
      view.ranges.map(({ start, end, region, offset, readonly, romd, nonvolatile, dirtyLogMask }) => [
        start,
        end,
        number.get(region),
        offset,
        readonly,
        romd,
        nonvolatile,
        dirtyLogMask & 3,
      ]),
    ),
    regions: regions.map(region => [
      region.container && number.get(region.container),
      region.subregions.map(each => number.get(each)),
      region.address,
      region.size,
      region.priority,
      region.enabled,
      region.readonly,
      region.nonvolatile,
      region.romdMode,
      region.targetOffset,
      region.dirtyLogMask & 3,
    ]),
    registers: structuredClone(registers),
  }
}

/** The first byte of a machine's memory that is not as the model has it; undefined where there is none. */
export function wrongByte({ blocks }: RandomMachine, model: readonly Uint8Array[]): string | undefined {
  for (const [index, block] of blocks.entries()) {
    // To look at memory that is not allocated is to allocate it: all of it is zero.
    const bytes = block.ram.allocated ? block.view() : new Uint8Array(block.size)
    const wanted = model[index] as Uint8Array
    for (let at = 0; at < wanted.length; at++)
      if (bytes[at] !== wanted[at]) return `byte ${at} of block ${index} is ${bytes[at]}, and must be ${wanted[at]}`
  }
  return undefined
}

/** Ends what outlives a case. */
export function close({ spaces, regions }: RandomMachine): void {
  for (const region of regions)
    if (region.block !== undefined) for (const client of [1, 2] as const) region.setLog(client, false)
  for (const space of spaces) space.destroy()
}
