import { MemoryRegion } from 'guestmem'
import { setWideRegion } from './wide-region.ts'

/**
 * The roots that the spaces of a machine have here. QEMU shows a root that is mapped in some container from its address
 * there on, not from 0 (RULES C3, quirk; two machines have such a space). Ours do not; the space of such a one gets a
 * root of its own.
 *
 * @param roots The roots that they have in QEMU.
 */
export function spaceRoots(roots: readonly MemoryRegion[]): MemoryRegion[] {
  const shownRoots = new ShownRoots()
  const moved = new Map<MemoryRegion, MemoryRegion>()
  return roots.map(root => {
    const shown = shownRoots.of(root)
    if (shown === undefined || shown.address === 0) return root
    const bus = moved.get(shown) ?? movedRoot(root, shown)
    moved.set(shown, bus)
    return bus
  })
}

/** A root that has what is shown at its address. */
function movedRoot(root: MemoryRegion, shown: MemoryRegion): MemoryRegion {
  const bus = MemoryRegion.container(root.name, 2 ** 64)
  bus.addSubregion(shown.address, MemoryRegion.alias(shown.name, shown, 0, shown.size))
  setWideRegion(bus, { standsFor: root, address: BigInt(shown.address), size: 2n ** 64n })
  return bus
}

/**
 * The region that a space shows in place of its root, because it shows the same (RULES C3): the spaces of many devices
 * lead to one. `AddressSpace.view.root` says so too, but has the whole space rendered for it.
 */
class ShownRoots {
  readonly #known = new Map<MemoryRegion, MemoryRegion | undefined>()

  /** Undefined where nothing is shown. */
  of(root: MemoryRegion): MemoryRegion | undefined {
    const way: MemoryRegion[] = []
    let shown: MemoryRegion | undefined = root
    while (shown !== undefined) {
      if (this.#known.has(shown)) {
        shown = this.#known.get(shown)
        break
      }
      way.push(shown)
      const next: MemoryRegion | undefined = shown.enabled ? nextShown(shown) : undefined
      if (next === shown) break
      shown = next
    }
    for (const each of way) this.#known.set(each, shown)
    return shown
  }
}

/** What an enabled region shows: itself, or all of the one region that it has. Undefined where it has none. */
function nextShown(region: MemoryRegion): MemoryRegion | undefined {
  // What is shown would lose these marks.
  const marked = region.readonly || region.nonvolatile
  if (region.target !== undefined)
    return marked || region.targetOffset !== 0 || region.size < region.target.size ? region : region.target
  if (region.kind !== 'container') return region
  const enabled = region.subregions.filter(subregion => subregion.enabled)
  const [only] = enabled
  if (only === undefined) return undefined
  return marked || enabled.length > 1 || only.address !== 0 || only.size > region.size ? region : only
}
