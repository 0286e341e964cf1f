import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'
import { checkpoint, harvestDirty } from 'guestmem/snapshot'

const PAGE = 4096
const PAGES = 100
/** A millisecond. */
const LIMIT = 1e6

/** Of 256 MiB, a quarter in use: what 100 dirty pages take. The stores that make them dirty are counted in. @returns {import('./harness.mjs').Pair[]} */
export function snapshots(_sizes, smoke) {
  const bytes = smoke ? 2 ** 22 : 2 ** 28
  const block = GuestRam.allocate(bytes).block('ram', bytes)
  const root = MemoryRegion.container('root', 2 ** 32)
  const ram = MemoryRegion.ram('ram', block)
  root.addSubregion(0, ram)
  const space = new AddressSpace('space', root)
  for (let at = 0; at < bytes; at += 4 * PAGE) space.store32(at, at + 1)
  const stride = Math.floor(bytes / PAGES / PAGE) * PAGE
  let value = 0
  const dirty = () => {
    value++
    for (let page = 0; page < PAGES; page++) space.store32(page * stride + 8, value)
  }

  const kept = checkpoint(space)
  const each = (name, act) => ({
    case: name,
    bytes: PAGES * PAGE,
    align: '',
    rival: 'limit',
    theirs: LIMIT,
    ours(reps) {
      for (let i = 0; i < reps; i++) {
        dirty()
        act()
      }
    },
  })
  let latest = checkpoint(space)
  return [
    each('rollback, 256 MiB', () => kept.rollback()),
    each('checkpoint, 256 MiB', () => {
      const next = checkpoint(space)
      latest.dispose()
      latest = next
    }),
    each('harvest, 256 MiB', () => harvestDirty(ram).commit()),
  ]
}
