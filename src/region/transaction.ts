/** Who shows a region tree and has to look again when it changed: an address space. */
export interface Viewer {
  /** Ascending in order of creation. */
  readonly serial: number
  /** Called once at the end of the outermost transaction in which something it shows has changed. */
  update(): void
}

/**
 * The state of this thread's transactions (RULES C1). Region trees and spaces belong to one thread; only the bytes are
 * shared.
 */
let depth = 0
let epoch = 1
let dirty = new Set<Viewer>()

/** Changes until the outermost transaction ends carry the same number. */
export function currentEpoch(): number {
  return epoch
}

/** From here on a change counts as a new one: something has been rendered from the trees as they are now. */
export function nextEpoch(): void {
  epoch++
}

export function markDirty(viewer: Viewer): void {
  dirty.add(viewer)
}

export function forgetViewer(viewer: Viewer): void {
  dirty.delete(viewer)
}

/**
 * Runs `body`; all that it changes in region trees is rendered once, when the outermost transaction ends. Until then
 * accesses see the map as it was. What `body` throws is thrown on, after what it did change has been rendered.
 */
export function transaction<T>(body: () => T): T {
  depth++
  try {
    return body()
  } finally {
    if (--depth === 0) commit()
  }
}

function commit(): void {
  epoch++
  if (dirty.size === 0) return
  const viewers = [...dirty].sort((a, b) => a.serial - b.serial)
  dirty = new Set()
  for (const viewer of viewers) viewer.update()
}
