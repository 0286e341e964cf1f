import { inTransaction, markDirty, type Viewer } from './transaction.ts'

/** All address spaces, by serial number. Weak: a space that nobody destroys can be collected with its regions. */
const viewers = /* @__PURE__ */ new Map<number, WeakRef<Viewer>>()
/** Entries of collected spaces are dropped when there are this many. */
let most = 64

export function addViewer(viewer: Viewer): void {
  if (viewers.size >= most) {
    for (const [serial, ref] of viewers) if (ref.deref() === undefined) viewers.delete(serial)
    most = 2 * viewers.size + 64
  }
  viewers.set(viewer.serial, new WeakRef(viewer))
}

export function removeViewer(viewer: Viewer): void {
  viewers.delete(viewer.serial)
}

/** Has every space look at its tree again. Within a transaction. */
export function markAllDirty(): void {
  for (const ref of viewers.values()) {
    const viewer = ref.deref()
    if (viewer !== undefined) markDirty(viewer)
  }
}

let stale = false

/** Some viewer is to render what has changed when it is looked at. */
export function markStale(): void {
  stale = true
}

/**
 * Has them all render now. Before a transaction in which the library's user runs: until its end the map is seen as it was
 * at its beginning (RULES C1).
 */
export function settleViewers(): void {
  if (!stale || inTransaction()) return
  stale = false
  for (const ref of viewers.values()) ref.deref()?.settle()
}
