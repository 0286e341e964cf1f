import { setForgetFastPaths } from '../../ram/dirty/fast-paths.ts'
import { inTransaction, isObserved, markDirty, type Viewer } from './transaction.ts'

/** All address spaces, by serial number. Weak: a space that nobody destroys can be collected with its regions. */
const viewers = /* @__PURE__ */ new Map<number, WeakRef<Viewer>>()
/** When there are this many entries, those of collected spaces are dropped. */
let most = 64

export function addViewer(viewer: Viewer): void {
  if (viewers.size >= most) {
    for (const [serial, ref] of viewers) {
      if (ref.deref() !== undefined) continue
      viewers.delete(serial)
      stale.delete(ref)
    }
    most = 2 * viewers.size + 64
  }
  viewers.set(viewer.serial, new WeakRef(viewer))
  setForgetFastPaths(forgetAllSections)
}

function forgetAllSections(): void {
  for (const ref of viewers.values()) ref.deref()?.forgetSections()
}

export function removeViewer(viewer: Viewer): void {
  const ref = viewers.get(viewer.serial)
  if (ref !== undefined) stale.delete(ref)
  viewers.delete(viewer.serial)
}

/** Marks every space, so that it looks at its tree again. To be called within a transaction. */
export function markAllDirty(): void {
  for (const ref of viewers.values()) {
    const viewer = ref.deref()
    if (viewer !== undefined) markDirty(viewer)
  }
}

/** The viewers that nobody has looked at since what they show changed, or since they were made. */
const stale = /* @__PURE__ */ new Set<WeakRef<Viewer>>()

export function markStale({ serial }: Viewer): void {
  const ref = viewers.get(serial)
  if (ref === undefined) return
  stale.add(ref)
  // A callback of a listener may look at any space, and must not see a change that it was not told of.
  if (isObserved()) renderStaleViewers()
}

/**
 * Renders all stale viewers. To be called before a transaction runs code of the library's user: until the transaction
 * ends that code must see the map as it was (RULES C1). A viewer that can't be rendered stays stale, and whoever looks
 * at it gets the error.
 */
export function renderStaleViewers(): void {
  if (inTransaction()) return
  for (const ref of stale) {
    try {
      ref.deref()?.renderIfStale()
    } catch {
      // It is rendered again when somebody looks, and throws then.
    }
  }
  stale.clear()
}
