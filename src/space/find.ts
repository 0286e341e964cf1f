import type { MemoryRegion } from '../region/memory-region.ts'
import { checkRegion } from '../region/tree/region-tree.ts'
import { guestNumber } from '../request/guest-address.ts'
import type { AddressSpace } from './address-space.ts'
import type { MemoryRegionSection } from './memory-region-section.ts'
import { sectionOf } from './memory-region-section.ts'
import { SpaceTree } from './space-tree.ts'

/**
 * What is seen of `size` bytes at an offset of a region: the part of the lowest flat range that is among them
 * (RULES D1; QEMU's memory_region_find). Looked for in a space that has the topmost container of the region as its
 * root; where none has, nothing is found.
 *
 * @param address Offset in the region, bytes; a guest's, so a bigint too. From 2^53 on nothing is found.
 * @param size Bytes; none at all are found strictly inside a range. Over 2^53 they count as that.
 */
export function findRange(
  region: MemoryRegion,
  address: number | bigint,
  size: number | bigint,
): MemoryRegionSection | undefined {
  checkRegion(region, 'region')
  let start = guestNumber(address, 'address')
  const bytes = guestNumber(size, 'size')
  let root = region
  for (let { container } = region; container !== undefined; container = container.container) {
    start += root.address
    root = container
  }
  const tree = [...root.links.viewers].find(viewer => viewer instanceof SpaceTree)
  if (tree === undefined) return undefined
  const space = tree.space as AddressSpace
  const { view } = space
  const below = view.indexAt(start)
  const before = view.ranges[below]
  // The range that begins at `start` or below is the lowest, if it reaches that far; else the next, if it begins soon enough.
  const holds = before !== undefined && start < before.end && (bytes > 0 || before.start < start)
  const range = holds ? before : view.ranges[below + 1]
  if (range === undefined || (!holds && range.start >= start + bytes)) return undefined
  return sectionOf(space, range, Math.max(start, range.start), Math.min(start + bytes, range.end))
}

/**
 * Whether something is mapped at an offset of `container`, other than the container itself (RULES D1; QEMU's
 * memory_region_present).
 *
 * @param address Bytes, as of `findRange`.
 */
export function isPresent(container: MemoryRegion, address: number | bigint): boolean {
  checkRegion(container, 'container')
  const found = findRange(container, address, 1)
  return found !== undefined && found.region !== container
}
