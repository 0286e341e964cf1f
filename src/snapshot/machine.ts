import { AddressSpace, MemoryRegion, RamBlock } from 'guestmem'
import { checkOptions, show } from '../check.ts'
import { checkDevices, type NamedDevice, type SavedDevices } from './devices.ts'

/** What belongs to a machine beside what its spaces show. */
export interface MachineOptions {
  /** Devices whose state is saved, by names that they have in every process. */
  readonly devices?: SavedDevices | undefined
  /** Regions that no space can reach now: the BAR of a device that the guest has not mapped, or what is plugged in later. */
  readonly regions?: readonly MemoryRegion[] | undefined
  /** Memory that no region shows: what a device keeps for itself. */
  readonly blocks?: readonly RamBlock[] | undefined
}

export const MACHINE_OPTIONS = ['devices', 'regions', 'blocks'] as const

/** All that a machine has, in an order that is the same in each process that builds it in the same way. */
export interface Machine {
  readonly spaces: readonly AddressSpace[]
  /** Every region that spaces or aliases show, and what holds these; in the order in which they were made. */
  readonly regions: readonly MemoryRegion[]
  readonly indexOf: ReadonlyMap<MemoryRegion, number>
  readonly blocks: readonly RamBlock[]
  readonly blockIndexOf: ReadonlyMap<RamBlock, number>
  readonly devices: readonly NamedDevice[]
}

/** @throws TypeError naming the argument. */
export function machineOf(spaces: unknown, options: Partial<MachineOptions>): Machine {
  return partsOf(checkSpaces(spaces), [], options)
}

/** @throws TypeError naming the argument. */
export function checkMachineOptions(value: MachineOptions | undefined): Partial<MachineOptions> {
  return checkOptions<MachineOptions>(value === undefined ? {} : value, MACHINE_OPTIONS)
}

/**
 * A machine of these spaces and blocks, and what the options have.
 *
 * @throws TypeError naming the option.
 */
export function partsOf(
  spaces: readonly AddressSpace[],
  memory: readonly RamBlock[],
  options: Partial<MachineOptions>,
): Machine {
  const extra = checkList(options.regions, 'options.regions', isRegion, 'a MemoryRegion')
  const more = checkList(options.blocks, 'options.blocks', isUsable, 'a RamBlock that was not freed')
  const devices = checkDevices(options.devices)
  const found = new Set<MemoryRegion>([...spaces.map(({ root }) => root), ...extra])
  // The set grows while it is gone through.
  for (const { subregions, target, container } of found) {
    for (const each of subregions) found.add(each)
    if (target !== undefined) found.add(target)
    if (container !== undefined) found.add(container)
  }
  const regions = [...found].sort((a, b) => a.serial - b.serial)
  const blocks = new Set<RamBlock>()
  for (const { backing } of regions) for (const { block } of backing) blocks.add(block)
  for (const block of [...memory, ...more]) blocks.add(block)
  return {
    spaces,
    regions,
    indexOf: new Map(regions.map((region, index) => [region, index])),
    blocks: [...blocks],
    blockIndexOf: new Map([...blocks].map((block, index) => [block, index])),
    devices,
  }
}

/** @throws TypeError naming the argument. */
export function checkSpaces(value: unknown, argument = 'spaces'): AddressSpace[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (list.length === 0) throw new TypeError(`${argument} must be an AddressSpace or some of them, got an empty array`)
  for (const [index, space] of list.entries()) {
    const name = Array.isArray(value) ? `${argument}[${index}]` : argument
    if (!(space instanceof AddressSpace)) throw new TypeError(`${name} must be an AddressSpace, got ${show(space)}`)
    if (space.destroyed) throw new TypeError(`${name} must be one that is there, but ${show(space.name)} was destroyed`)
  }
  return list as AddressSpace[]
}

function checkList<T>(value: unknown, argument: string, is: (each: unknown) => each is T, what: string): T[] {
  if (value === undefined) return []
  if (!Array.isArray(value)) throw new TypeError(`${argument} must be an array, got ${show(value)}`)
  for (const [index, each] of value.entries())
    if (!is(each)) throw new TypeError(`${argument}[${index}] must be ${what}, got ${show(each)}`)
  return value as T[]
}

function isRegion(value: unknown): value is MemoryRegion {
  return value instanceof MemoryRegion
}

function isUsable(value: unknown): value is RamBlock {
  return value instanceof RamBlock && !value.freed
}
