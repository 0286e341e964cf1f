import { AddressSpace, MemoryRegion, type MemoryRegionOps, SparseRam } from 'guestmem'
import type { MachineDescription, RegionDescription } from './description.ts'
import { exactly, remember } from './exact.ts'
import { type Unreachable, unreachableOf } from './unreachable.ts'

export interface MachineOptions {
  /** The target's byte order; `little` unless said. */
  readonly endian?: 'little' | 'big'
  /**
   * The handlers of a device, or of a ROM device: asked for each. Where there are none, reads give 0 and writes do
   * nothing.
   */
  readonly ops?: (region: { readonly name: string; readonly index: number }) => MemoryRegionOps | undefined
}

export interface QemuMachine {
  /** In the order of the file or text; names may repeat. */
  readonly spaces: AddressSpace[]
  /** In the order of the file or text. */
  readonly regions: MemoryRegion[]
  /** What the spaces show at 2^53 and above, where addresses end here. */
  readonly unreachable: Unreachable[]
}

const ADDRESS_LIMIT = 2n ** 53n

const STUB: MemoryRegionOps = {
  read: () => 0,
  write: () => undefined,
  read64: () => 0n,
  write64: () => undefined,
  valid: { unaligned: true },
}

/**
 * Builds the regions of a machine and its spaces.
 *
 * @param endless Told of a region that would show itself without end, which is left out; an error where there is none.
 */
export function buildMachine(
  machine: MachineDescription,
  options: MachineOptions = {},
  endless?: (region: MemoryRegion) => void,
): QemuMachine {
  const builder = new Builder(machine.regions, options, endless)
  return MemoryRegion.transaction(() => {
    const regions = machine.regions.map((_, index) => builder.region(index))
    for (const index of regions.keys()) builder.fill(index)
    const { endian = 'little' } = options
    const far = machine.regions.some(({ alias }) => alias !== undefined && alias.offset >= ADDRESS_LIMIT)
    const moved = new Map<MemoryRegion, MemoryRegion>()
    const spaces = machine.spaces.map(({ name, root }) => openSpace(name, regions[root] as MemoryRegion, endian, moved))
    return { spaces, regions, unreachable: spaces.flatMap(space => unreachableOf(space, far)) }
  })
}

/**
 * QEMU shows a root that is mapped in some container from its address there on, not from 0 (RULES C3, quirk; two
 * machines have such a space). Ours do not; the space of such a one gets a root of its own.
 */
function openSpace(
  name: string,
  root: MemoryRegion,
  endian: 'little' | 'big',
  moved: Map<MemoryRegion, MemoryRegion>,
): AddressSpace {
  const space = new AddressSpace(name, root, { endian })
  const shown = space.view.root
  if (shown === undefined || shown.address === 0) return space
  space.destroy()
  let bus = moved.get(shown)
  if (bus === undefined) {
    bus = MemoryRegion.container(root.name, 2 ** 64)
    bus.addSubregion(shown.address, MemoryRegion.alias(shown.name, shown, 0, shown.size))
    remember(bus, { region: root, address: BigInt(shown.address), size: 2n ** 64n })
    moved.set(shown, bus)
  }
  return new AddressSpace(name, bus, { endian })
}

class Builder {
  readonly #descriptions: readonly RegionDescription[]
  readonly #options: MachineOptions
  readonly #made: (MemoryRegion | undefined)[] = []
  readonly #ram = new SparseRam()
  readonly #endless: ((region: MemoryRegion) => void) | undefined

  constructor(
    descriptions: readonly RegionDescription[],
    options: MachineOptions,
    endless: ((region: MemoryRegion) => void) | undefined,
  ) {
    this.#endless = endless
    this.#descriptions = descriptions
    this.#options = options
  }

  /** The region itself, without its subregions. */
  region(index: number): MemoryRegion {
    const made = this.#made[index]
    if (made !== undefined) return made
    const description = this.#descriptions[index] as RegionDescription
    const region = this.#make(description, index)
    region.setEnabled(description.enabled)
    if (description.readonly) region.setReadonly(true)
    region.setNonvolatile(description.nonvolatile)
    if (description.priority !== 0) this.#prioritise(region, description.priority)
    this.#made[index] = region
    return region
  }

  /** Adds the subregions, those that win last (RULES B1). */
  fill(index: number): void {
    const container = this.region(index)
    const { subregions } = this.#descriptions[index] as RegionDescription
    for (const each of [...subregions].reverse()) {
      const region = this.region(each)
      const { address, priority } = this.#descriptions[each] as RegionDescription
      if (address < ADDRESS_LIMIT) this.#add(container, Number(address), region, priority)
      else {
        const stand = MemoryRegion.container(region.name, 1)
        stand.setEnabled(region.enabled)
        remember(stand, { region, address, size: exactly(region).size })
        container.addSubregion(Number(ADDRESS_LIMIT - 1n), stand, priority)
      }
    }
  }

  #add(container: MemoryRegion, address: number, region: MemoryRegion, priority: number): void {
    try {
      container.addSubregion(address, region, priority)
    } catch (error) {
      if (this.#endless === undefined || !(error instanceof RangeError)) throw error
      this.#endless(region)
    }
  }

  #make(description: RegionDescription, index: number): MemoryRegion {
    const { name, size, alias } = description
    // What a number holds inexactly lies above 2^53, and nothing below depends on it.
    const bytes = Math.max(1, Number(size))
    if (size === 0n || (alias !== undefined && alias.offset >= ADDRESS_LIMIT)) {
      const stand = MemoryRegion.container(name, bytes)
      const shows = alias && { target: this.region(alias.target), offset: alias.offset }
      remember(stand, { size, alias: shows })
      return stand
    }
    const region =
      alias === undefined
        ? this.#plain(description, index, bytes)
        : MemoryRegion.alias(name, this.region(alias.target), Number(alias.offset), bytes)
    if (BigInt(bytes) !== size) remember(region, { size })
    return region
  }

  #plain({ name, type, terminates }: RegionDescription, index: number, bytes: number): MemoryRegion {
    if (type === 'ram') return MemoryRegion.ram(name, this.#ram.blocks(name, bytes))
    if (type === 'rom') return MemoryRegion.rom(name, this.#ram.blocks(name, bytes))
    if (type === 'ramd') return MemoryRegion.ramDevice(name, this.#ram.blocks(name, bytes))
    if (type === 'romd') return MemoryRegion.romDevice(name, this.#ops(name, index), this.#ram.blocks(name, bytes))
    return terminates ? MemoryRegion.io(name, this.#ops(name, index), bytes) : MemoryRegion.container(name, bytes)
  }

  /** A region that was unmapped keeps its priority (RULES B3), and its flat ranges show it (C5). */
  #prioritise(region: MemoryRegion, priority: number): void {
    const container = MemoryRegion.container('unmapped', 1)
    container.addSubregion(0, region, priority)
    container.removeSubregion(region)
  }

  #ops(name: string, index: number): MemoryRegionOps {
    return this.#options.ops?.({ name, index }) ?? STUB
  }
}
