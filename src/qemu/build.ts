import { AddressSpace, MemoryRegion, type MemoryRegionOps, SparseRam } from 'guestmem'
import { checkMachine } from './check-machine.ts'
import type { MachineDescription, RegionDescription } from './description.ts'
import type { MachineOptions } from './machine-options.ts'
import { bare } from './own-fields.ts'
import { spaceRoots } from './space-roots.ts'
import { rangesAbove, type Unreachable, unreachable } from './unreachable-ranges.ts'
import { setWideRegion, wideRegionOf } from './wide-region.ts'
import { NUMBER_LIMIT } from './wide-view.ts'

/** A machine that was built from a description: its spaces and regions. */
export interface QemuMachine {
  /** In the order of the file or text; names may repeat. */
  readonly spaces: AddressSpace[]
  /** In the order of the file or text. */
  readonly regions: MemoryRegion[]
  /** What the spaces show at 2^53 and above, where addresses end here. */
  readonly unreachable: Unreachable[]
}

/** The handlers of a device that nobody gave some for. */
const STUB: MemoryRegionOps = /* @__PURE__ */ bare({
  read: () => 0,
  write: () => undefined,
  read64: () => 0n,
  write64: () => undefined,
  valid: /* @__PURE__ */ bare({ unaligned: true }),
})

const NO_OPTIONS = /* @__PURE__ */ bare({})

/**
 * Builds the regions of a machine and its spaces.
 *
 * @param endless Told of a region that would show itself without end, which is left out; an error where there is none.
 */
export function buildMachine(
  machine: MachineDescription,
  options: MachineOptions,
  endless?: (region: MemoryRegion) => void,
): QemuMachine {
  checkMachine(machine)
  const regions = MemoryRegion.transaction(() => {
    const builder = new Builder(machine, options, endless)
    const made = machine.regions.map((_, index) => builder.region(index))
    for (const index of innermostFirst(machine.regions)) builder.fill(index)
    return made
  })
  const roots = spaceRoots(machine.spaces.map(({ root }) => regions[root] as MemoryRegion))
  const above = rangesAbove(roots, showFarAliases(machine.regions, regions))
  // Last, when nothing can be refused any more: a space is known to the library as soon as it is made. And behind the
  // transaction, where it is rendered when it is first looked at.
  const spaceOptions = bare({ endian: options.endian ?? 'little' })
  const spaces = machine.spaces.map(
    ({ name }, index) => new AddressSpace(name, roots[index] as MemoryRegion, spaceOptions),
  )
  const told = spaces.flatMap((space, index) => (above[index] ?? []).map(range => unreachable(space, range)))
  return { spaces, regions, unreachable: told }
}

/**
 * Indexes of all regions, each behind what is in it and behind the target of an alias. In this order nothing shows a
 * container yet when it is filled, so no addition has anybody to tell, however many aliases of the container there will
 * be.
 */
function innermostFirst(regions: readonly RegionDescription[]): number[] {
  const order: number[] = []
  const entered = new Uint8Array(regions.length)
  for (let first = 0; first < regions.length; first++) {
    const ahead = [first]
    for (let index = ahead.pop(); index !== undefined; index = ahead.pop()) {
      // A number below zero is one whose contents have been gone through.
      if (index < 0) order.push(~index)
      else if (entered[index] === 0) {
        entered[index] = 1
        ahead.push(~index)
        const { subregions, alias } = regions[index] as RegionDescription
        for (const each of subregions) ahead.push(each)
        if (alias !== undefined) ahead.push(alias.target)
      }
    }
  }
  return order
}

/** The regions that show something through an alias which begins at 2^53 or above in its target. */
function showFarAliases(
  descriptions: readonly RegionDescription[],
  regions: readonly MemoryRegion[],
): ReadonlySet<MemoryRegion> {
  /** Of each region, those that show it. */
  const shownBy: (number[] | undefined)[] = new Array(descriptions.length).fill(undefined)
  const far: number[] = []
  for (const [index, { subregions, alias }] of descriptions.entries()) {
    for (const shown of alias === undefined ? subregions : [alias.target]) {
      const showing = shownBy[shown]
      if (showing === undefined) shownBy[shown] = [index]
      else showing.push(index)
    }
    if (isFar(alias)) far.push(index)
  }
  const found = new Set(far)
  // The set grows while it is gone through.
  for (const index of found) for (const showing of shownBy[index] ?? []) found.add(showing)
  return new Set([...found].map(index => regions[index] as MemoryRegion))
}

function isFar(alias: RegionDescription['alias']): boolean {
  return alias !== undefined && alias.offset >= NUMBER_LIMIT
}

class Builder {
  readonly #machine: MachineDescription
  readonly #options: MachineOptions
  readonly #made: (MemoryRegion | undefined)[]
  readonly #ram = new SparseRam(NO_OPTIONS)
  readonly #endless: ((region: MemoryRegion) => void) | undefined

  constructor(
    machine: MachineDescription,
    options: MachineOptions,
    endless: ((region: MemoryRegion) => void) | undefined,
  ) {
    this.#machine = machine
    this.#made = new Array(machine.regions.length).fill(undefined)
    this.#options = options
    this.#endless = endless
  }

  /** The region itself, without its subregions. */
  region(index: number): MemoryRegion {
    const made = this.#made[index]
    if (made !== undefined) return made
    const description = this.#machine.regions[index] as RegionDescription
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
    const { subregions } = this.#machine.regions[index] as RegionDescription
    for (let i = subregions.length - 1; i >= 0; i--) this.#add(container, subregions[i] as number)
  }

  #add(container: MemoryRegion, index: number): void {
    const region = this.region(index)
    const { address, priority } = this.#machine.regions[index] as RegionDescription
    if (address >= NUMBER_LIMIT) {
      const standIn = MemoryRegion.container(region.name, 1)
      standIn.setEnabled(region.enabled)
      setWideRegion(standIn, { standsFor: region, address, size: wideRegionOf(region).size })
      container.addSubregion(Number(NUMBER_LIMIT - 1n), standIn, priority)
      return
    }
    try {
      container.addSubregion(Number(address), region, priority)
    } catch (error) {
      if (!(error instanceof RangeError || error instanceof TypeError)) throw error
      if (this.#endless !== undefined && /without end/.test(error.message)) this.#endless(region)
      else {
        const Refusal = error instanceof RangeError ? RangeError : TypeError
        throw new Refusal(`${this.#machine.place(index)}: ${error.message}`, { cause: error })
      }
    }
  }

  #make(description: RegionDescription, index: number): MemoryRegion {
    const { name, size, alias } = description
    // What a number holds inexactly lies above 2^53, and nothing below depends on it.
    const bytes = Math.max(1, Number(size))
    if (size === 0n || isFar(alias)) {
      const standIn = MemoryRegion.container(name, bytes)
      setWideRegion(standIn, { size, alias: alias && { target: this.region(alias.target), offset: alias.offset } })
      return standIn
    }
    const region =
      alias === undefined
        ? this.#plain(description, index, bytes)
        : MemoryRegion.alias(name, this.region(alias.target), Number(alias.offset), bytes)
    if (BigInt(bytes) !== size) setWideRegion(region, { size })
    return region
  }

  #plain({ name, type, terminates }: RegionDescription, index: number, bytes: number): MemoryRegion {
    if (type === 'ram') return MemoryRegion.ram(name, this.#ram.blocks(name, bytes), NO_OPTIONS)
    if (type === 'rom') return MemoryRegion.rom(name, this.#ram.blocks(name, bytes), NO_OPTIONS)
    if (type === 'ramd') return MemoryRegion.ramDevice(name, this.#ram.blocks(name, bytes), NO_OPTIONS)
    if (type === 'romd')
      return MemoryRegion.romDevice(name, this.#ops(name, index), this.#ram.blocks(name, bytes), NO_OPTIONS)
    if (!terminates) return MemoryRegion.container(name, bytes)
    return MemoryRegion.io(name, this.#ops(name, index), bytes, NO_OPTIONS)
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
