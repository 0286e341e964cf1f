import { setForgetFastPaths } from '../../ram/dirty/fast-paths.ts'
import { inTransaction, isObserved, markDirty, type Viewer } from './transaction.ts'

/** All address spaces, by serial number. Weak: a space that nobody destroys can be collected with its regions. */
const viewers = /* @__PURE__ */ new Map<number, WeakRef<Viewer>>()
/** Entries of collected spaces are dropped when there are this many. */
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

/** Has every space look at its tree again. Within a transaction. */
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
  // Listeners' callbacks look at any space, and must not see what they have not been told of.
  if (isObserved()) renderStaleViewers()
}

/**
 * Has all stale viewers render now. Before a transaction in which the library's user runs: until its end the map is seen as
 * it was at its beginning (RULES C1). A viewer that can't render stays as it is, and so tells whoever looks at it, and
 * nobody else.
 */
export function renderStaleViewers(): void {
  if (inTransaction()) return
  for (const ref of stale) {
    try {
      ref.deref()?.renderIfStale()
    } catch {
      // It is rendered again, and throws again, when somebody looks.
    }
  }
  stale.clear()
}
