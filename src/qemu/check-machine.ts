import type { MachineDescription, RegionDescription } from './description.ts'
import { MAX_DEPTH, MAX_MEMORY } from './machine-limits.ts'

/**
 * Refuses a description whose regions can't be built, or would take more memory or a deeper stack than what describes
 * them can ask for. In time that grows with the number of regions.
 *
 * @throws TypeError or RangeError that says where the region is described.
 */
export function checkMachine(machine: MachineDescription): void {
  checkContainers(machine)
  checkAliases(machine)
  checkMemory(machine)
}

/** Each region is in one container at most, none is in itself, and they are not too deep. */
function checkContainers({ regions, place }: MachineDescription): void {
  const containers = new Int32Array(regions.length).fill(-1)
  for (const [index, { subregions }] of regions.entries())
    for (const each of subregions) {
      const other = containers[each] as number
      if (other !== -1)
        throw new TypeError(`${place(each)} must be in one container, got ${place(other)} and ${place(index)}`)
      containers[each] = index
    }
  measure(regions.length, index => containers[index] as number, {
    loop: index => new TypeError(`${place(index)} must not be in itself, by way of its subregions`),
    depth: index => new RangeError(`${place(index)} must be nested at most ${MAX_DEPTH} regions deep`),
  })
}

/** Aliases end at a region that is none, before long. */
function checkAliases({ regions, place }: MachineDescription): void {
  measure(regions.length, index => regions[index]?.alias?.target ?? -1, {
    loop: index => new TypeError(`${place(index)} must not be an alias of itself, by way of others`),
    depth: index => new RangeError(`${place(index)} must be an alias of aliases at most ${MAX_DEPTH} times`),
  })
}

/**
 * Follows each index to the one that `next` says, and so on to the end, which is -1. The way from an index is measured
 * once, whoever comes by it.
 *
 * @param errors What is thrown for an index whose way never ends, or is longer than MAX_DEPTH.
 */
function measure(
  count: number,
  next: (index: number) => number,
  errors: { readonly loop: (index: number) => Error; readonly depth: (index: number) => Error },
): void {
  /** How many steps are left from each; 0 where it is not known yet. */
  const steps = new Int32Array(count)
  const UNDER_WAY = -1
  for (let first = 0; first < count; first++) {
    const way: number[] = []
    let at = first
    for (; at !== -1 && steps[at] === 0; at = next(at)) {
      steps[at] = UNDER_WAY
      way.push(at)
    }
    if (at !== -1 && steps[at] === UNDER_WAY) throw errors.loop(at)
    let left = at === -1 ? 0 : (steps[at] as number)
    for (let index = way.pop(); index !== undefined; index = way.pop()) {
      if (++left > MAX_DEPTH) throw errors.depth(index)
      steps[index] = left
    }
  }
}

/** All regions with memory of their own together. */
function checkMemory({ regions, place }: MachineDescription): void {
  let bytes = 0n
  for (const [index, region] of regions.entries()) {
    if (!hasMemory(region)) continue
    bytes += region.size
    if (bytes > MAX_MEMORY)
      throw new RangeError(
        `${place(index)} must leave the machine's memory at ${MAX_MEMORY} bytes or less, got a size of ${region.size}`,
      )
  }
}

function hasMemory({ type, alias }: RegionDescription): boolean {
  return alias === undefined && type !== 'i/o'
}
