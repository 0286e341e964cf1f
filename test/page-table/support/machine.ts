import {
  AddressSpace,
  type DirectAccess,
  GuestRam,
  IommuMemoryRegion,
  IommuPermissions,
  MemoryRegion,
  type MemoryRegionOps,
  type RamBlock,
  resizableRam,
} from 'guestmem'

export const MACHINE_BYTES: number = 2 ** 14
const PAGE = 4096

export interface MachineShape {
  readonly shared: boolean
  readonly order: 'host' | 'language'
  readonly endian: 'little' | 'big'
  readonly directAccess: DirectAccess
  readonly seams: 'reject' | 'split'
  /** Where the guest RAM begins in its memory, bytes. */
  readonly ramOffset: number
  /** Where the map begins in the space: of a hashed table it may be far up. */
  readonly base: number
}

export const RAM_BYTES: number = 24 * PAGE
/** What the linear memory has ahead of the guest RAM: a table lies there. */
export const FRONT_BYTES = 0x5_0000

/** A small machine with one region of every kind, over guest RAM in a WebAssembly.Memory. */
export class Machine {
  readonly memory: WebAssembly.Memory
  readonly ram: GuestRam
  readonly space: AddressSpace
  readonly system: MemoryRegion
  readonly regions: readonly MemoryRegion[]
  readonly blocks: readonly RamBlock[]
  /** Calls of handlers. */
  readonly log: string[] = []

  constructor({ shared, order, endian, directAccess, seams, ramOffset, base }: MachineShape) {
    this.memory = new WebAssembly.Memory({ initial: 8, maximum: 64, shared })
    this.ram = GuestRam.wrap(this.memory, { offset: FRONT_BYTES + ramOffset, bytes: RAM_BYTES, order, lane: 'script' })
    const elsewhere = GuestRam.allocate(4 * PAGE, { shared, order })
    const cut = (name: string, pages: number, ram = this.ram) => ram.block(name, pages * PAGE)
    const blocks = {
      ram: cut('ram', 2),
      odd: this.ram.block('odd', 0x430),
      rom: cut('rom', 1),
      flash: cut('flash', 1),
      bar: cut('bar', 1),
      resizable: cut('resizable', 2),
      second: cut('second', 1),
      elsewhere: cut('elsewhere', 1, elsewhere),
    }
    this.blocks = Object.values(blocks)
    for (const [seed, block] of this.blocks.entries())
      block.view().forEach((_, at, bytes) => {
        bytes[at] = at * 7 + seed * 31
      })
    const ram = MemoryRegion.ram('ram', [blocks.ram, blocks.second])
    const bus = MemoryRegion.container('bus', MACHINE_BYTES)
    const behind = new AddressSpace('behind', bus)
    bus.addSubregion(0, MemoryRegion.alias('of the bus', ram, 0, 0x1000))
    this.regions = [
      ram,
      MemoryRegion.ram('odd', blocks.odd),
      MemoryRegion.rom('rom', blocks.rom),
      MemoryRegion.romDevice('flash', this.#device('flash', 4), blocks.flash),
      MemoryRegion.io('io', this.#device('io', 8), 0x340),
      MemoryRegion.ramDevice('bar', blocks.bar, { cacheMode: 'device' }),
      resizableRam('resizable', blocks.resizable, 0x900),
      MemoryRegion.ram('elsewhere', blocks.elsewhere),
      MemoryRegion.alias('window', ram, 0x400, 0x1200),
      MemoryRegion.reservation('reservation', 0x200),
      new IommuMemoryRegion(
        'iommu',
        {
          translate: address => ({
            target: behind,
            translated: address - (address % 0x1000),
            mask: 0xfff,
            permissions: IommuPermissions.BOTH,
          }),
        },
        0x1000,
      ),
    ]
    this.system = MemoryRegion.container('system', MACHINE_BYTES)
    const root = MemoryRegion.container('root', 2 ** 53)
    root.addSubregion(base, this.system)
    this.space = new AddressSpace('cpu', root, { endian, directAccess, seams })
  }

  #device(name: string, maxSize: 4 | 8): MemoryRegionOps {
    const note = (what: string) => this.log.push(`${name} ${what}`)
    const read = (offset: number, size: number) => {
      note(`read ${offset} ${size}`)
      return (offset * 3 + 1) & (size === 1 ? 0xff : 0xffff)
    }
    const write = (offset: number, value: number, size: number) => {
      note(`write ${offset} ${value} ${size}`)
    }
    return {
      read,
      write,
      valid: { minSize: 1, maxSize, unaligned: true },
      impl: { minSize: 1, maxSize: 4 },
    }
  }
}
