import {
  AddressSpace,
  type DirectAccess,
  GuestRam,
  IommuMemoryRegion,
  type IommuPermissions,
  type IommuTlbEntry,
  MemoryRegion,
  type MemoryRegionOps,
} from 'guestmem'
import { hash } from './digest.ts'

const PAGE = 4096

export interface RegionSpec {
  readonly kind:
    | 'ram'
    | 'rom'
    | 'romDevice'
    | 'ramDevice'
    | 'io'
    | 'dma'
    | 'iommu'
    | 'alias'
    | 'container'
    | 'reservation'
  readonly address: number
  readonly size: number
  readonly priority: number
  /** Of an alias' target, a device's constraints, an IOMMU's entries. */
  readonly seed: number
}

export interface MachineSpec {
  readonly regions: readonly RegionSpec[]
  readonly policy: DirectAccess
  readonly big: boolean
  readonly bounceBytes: number
  readonly lane: 'auto' | 'script'
}

/** Of handlers and of `translate`, by one request: what takes more follows no number of pieces. */
const MOST_CALLS = 400_000
const SIZES = [1, 2, 4, 8] as const
const MASKS = [0xf, 0xff, 0xfff, 0xfff, 0xffff, 2 ** 53 - 1] as const

/** Blocks that the guest has, with others between them that nobody shows to it. */
interface Ram {
  readonly ram: GuestRam
  readonly own: readonly ReturnType<GuestRam['block']>[]
  readonly canaries: readonly ReturnType<GuestRam['block']>[]
}

const rams = new Map<string, Ram>()

function ramOf(lane: 'auto' | 'script'): Ram {
  let made = rams.get(lane)
  if (made === undefined) {
    const ram = GuestRam.allocate(24 * PAGE, { lane })
    const [own, canaries]: [ReturnType<GuestRam['block']>[], ReturnType<GuestRam['block']>[]] = [[], []]
    for (let i = 0; i < 4; i++) {
      canaries.push(ram.block('canary', PAGE))
      own.push(ram.block('own', 4 * PAGE - (i % 2) * 100))
    }
    canaries.push(ram.block('canary', PAGE))
    made = { ram, own, canaries }
    rams.set(lane, made)
  }
  return made
}

/** A machine whose guest is hostile: it chooses all numbers, and what is in its memory. */
export class GuestMachine {
  readonly memory: AddressSpace
  readonly bus: AddressSpace
  readonly #ram: Ram
  readonly #canary: string
  readonly #devices: MemoryRegion[] = []
  readonly #probe: MemoryRegion
  readonly #system: MemoryRegion
  calls = 0

  constructor({ regions, policy, big, bounceBytes, lane }: MachineSpec) {
    this.#ram = ramOf(lane)
    for (const { canaries, own } of [this.#ram]) {
      for (const block of canaries) block.view().fill(0xc5)
      for (const [index, block] of own.entries()) block.view().fill(0x11 * (index + 1))
    }
    this.#canary = this.#canaries()
    const endian = big ? 'big' : 'little'
    this.#system = MemoryRegion.container('system', 2 ** 64)
    const bus = MemoryRegion.container('bus', 2 ** 64)
    this.memory = new AddressSpace('memory', this.#system, { endian, directAccess: policy, bounceBytes })
    this.bus = new AddressSpace('bus', bus, { bounceBytes })
    bus.addSubregion(0, MemoryRegion.alias('window', this.#system, 0x8000, 0x8000))
    // What no guest reaches: it tells whether a device that was called can be called again.
    this.#probe = MemoryRegion.io('probe', { read: () => 0x5a, write: () => undefined }, 16)
    MemoryRegion.transaction(() => {
      for (const [index, spec] of regions.entries()) this.#add(spec, index)
    })
  }

  /** Starts to count calls anew: a request begins. */
  begin(): void {
    this.calls = 0
  }

  /** @returns What the guest changed, or kept, that is not its own. */
  faults(): string[] {
    const found: string[] = []
    if (this.#canaries() !== this.#canary) found.push('memory that the guest does not have was stored to')
    for (const space of [this.memory, this.bus])
      if (space.bounceBytesLeft !== space.bounceBytes) found.push(`${space.name} keeps bounce bytes`)
    for (const device of this.#devices) {
      const space = new AddressSpace('again', device)
      this.begin()
      space.load8(device.size > 64 ? 64 : 0)
      // A guard that was not taken back.
      if ((space.result & 4) !== 0) found.push(`${device.name} stays shut`)
      space.destroy()
    }
    return found
  }

  close(): void {
    this.memory.destroy()
    this.bus.destroy()
    this.#probe.setEnabled(false)
  }

  #canaries(): string {
    const { ram, canaries, own } = this.#ram
    const bytes = new Uint8Array(ram.buffer).slice()
    for (const block of own) bytes.fill(0, block.offset, block.offset + block.size)
    return `${hash(bytes.buffer)} ${canaries.length}`
  }

  #add(spec: RegionSpec, index: number): void {
    const region = this.#make(spec, index)
    if (region === undefined) return
    const under = spec.seed % 5 === 4 ? this.bus.root : this.#system
    try {
      under.addSubregion(spec.address, region, spec.priority)
      // A region that shows itself without end is refused, and the map is as it was.
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
    }
  }

  #make({ kind, size, seed }: RegionSpec, index: number): MemoryRegion | undefined {
    const name = `${index} ${kind}`
    const block = this.#ram.own[seed % 4] as ReturnType<GuestRam['block']>
    const shorter = <R extends MemoryRegion>(region: R): R => {
      region.setSize(Math.min(size, block.size))
      return region
    }
    switch (kind) {
      case 'ram':
      case 'rom':
        return shorter(MemoryRegion[kind](name, block))
      case 'ramDevice':
        return shorter(
          MemoryRegion.ramDevice(name, block, {
            cacheMode: (['noncached', 'device', 'writecombine'] as const)[seed % 3] as 'device',
          }),
        )
      case 'romDevice':
        return this.#device(shorter(MemoryRegion.romDevice(name, this.#ops(seed, seed % 4 === 3), block)))
      case 'io':
        return this.#device(MemoryRegion.io(name, this.#ops(seed, false), size))
      case 'dma':
        return this.#device(MemoryRegion.io(name, this.#ops(seed, true), size, { reentrancyGuard: seed % 3 !== 0 }))
      case 'iommu':
        return new IommuMemoryRegion(
          name,
          { translate: address => this.#translate(address, seed) },
          Math.min(size, 4 * PAGE),
        )
      case 'alias':
        return MemoryRegion.alias(
          name,
          seed % 3 === 0 ? this.#system : (this.#devices[seed % Math.max(1, this.#devices.length)] ?? this.#system),
          (seed % 97) * 64,
          size,
        )
      case 'container':
        return MemoryRegion.container(name, size)
      default:
        return MemoryRegion.reservation(name, size)
    }
  }

  #device(region: MemoryRegion): MemoryRegion {
    this.#devices.push(region)
    return region
  }

  #count(): void {
    if (++this.calls > MOST_CALLS) throw new Error(`more than ${MOST_CALLS} calls by one request`)
  }

  /** Any constraints that do not contradict one another; a DMA device makes one access for each that it gets. */
  #ops(seed: number, dma: boolean): MemoryRegionOps {
    const [min, max] = [SIZES[seed % 3] as 1 | 2 | 4, SIZES[(seed % 3) + ((seed >> 2) % (3 - (seed % 3)))] as 1 | 2 | 4]
    const space = () => (seed % 2 === 0 ? this.memory : this.bus)
    const reach = (value: number) => (value * 0x101 + seed) % 0x1_2000
    return {
      read: (offset, size) => {
        this.#count()
        return dma ? space().load8(reach(offset + size)) : offset
      },
      write: (offset, value, size) => {
        this.#count()
        // One byte: what comes in pieces, each of which made another access, would never end.
        if (dma) space().write(reach(value + offset + size), Uint8Array.of(value))
      },
      valid: seed % 4 === 0 ? {} : { minSize: min, maxSize: max, unaligned: seed % 8 === 1 },
      impl: seed % 8 === 1 ? { unaligned: true } : { minSize: min, maxSize: max },
      endianness: (['little', 'big', 'native'] as const)[seed % 3] as 'little',
    }
  }

  /** Tables that lead anywhere, also back to where they are. */
  #translate(address: number, seed: number): IommuTlbEntry {
    this.#count()
    // As one that walks tables in guest memory does: perhaps through itself.
    if (seed % 2 === 1) this.memory.load8((address + seed) % 0x1_2000)
    const page = Math.floor(address / PAGE) + seed
    return {
      target: page % 3 === 0 ? this.bus : this.memory,
      translated: page % 7 === 6 ? 2 ** 53 - 1 - (page % 100) : (page * 0x1d1) % 0x1_2000,
      mask: MASKS[page % MASKS.length] as number,
      permissions: ((page * 5 + 3) % 4) as IommuPermissions,
    }
  }
}
