import { type AddressSpace, type FlatView, GuestRam, type MemoryRegionOps, type RamBlock } from 'guestmem'

/** One flat range: first address, address behind the last, region's name, offset in it, and `ro` where it is readonly. */
export type Shown = readonly [start: number, end: number, name: string, offset: number, ro?: 'ro']

export function shown(of: AddressSpace | FlatView): Shown[] {
  const view = 'view' in of ? of.view : of
  return view.ranges.map(
    ({ start, end, region, offset, readonly }): Shown =>
      readonly ? [start, end, region.name, offset, 'ro'] : [start, end, region.name, offset],
  )
}

/** Handlers that do nothing. */
export const QUIET: MemoryRegionOps = { read: () => 0, write: () => undefined }

export const PAGE = 4096

/** A block of a guest RAM of its own. */
export function block(bytes: number, options?: Parameters<typeof GuestRam.allocate>[1]): RamBlock {
  return GuestRam.allocate(bytes, options).block('block', bytes)
}

/** Counts how often a space looks at its tree again. */
export function countUpdates(space: AddressSpace): { count: number } {
  const updates = { count: 0 }
  const update = space.tree.update.bind(space.tree)
  space.tree.update = () => {
    updates.count++
    update()
  }
  return updates
}

export function bytes(...values: number[]): Uint8Array {
  return Uint8Array.from(values)
}
