import type { FlatRange, FlatView } from './flat-view.ts'

/** Told what has become of the ranges of one view in another. */
export interface RangeVisitor {
  removed?(range: FlatRange): void
  added?(range: FlatRange): void
  /** A range that both views have; its dirty log mask may differ. */
  kept?(range: FlatRange, before: FlatRange): void
}

/** Visits the ranges of both views in ascending order (RULES C6). */
export function compareViews(before: FlatView, after: FlatView, visitor: RangeVisitor): void {
  // What some other code has put on everybody's prototype is none of its methods.
  const { removed, added, kept } = { __proto__: null, ...visitor } as RangeVisitor
  const old = before.ranges
  const now = after.ranges
  let i = 0
  let j = 0
  for (;;) {
    const was = old[i]
    const is = now[j]
    if (was !== undefined && is !== undefined && isTwin(was, is)) {
      kept?.(is, was)
      i++
      j++
    } else if (was !== undefined && (is === undefined || was.start <= is.start)) {
      removed?.(was)
      i++
    } else if (is !== undefined) {
      added?.(is)
      j++
    } else return
  }
}

/** Dirty log masks are not compared. Nor is `rom`: both ranges have it of the same region. */
function isTwin(a: FlatRange, b: FlatRange): boolean {
  return (
    a.start === b.start &&
    a.end === b.end &&
    a.region === b.region &&
    a.offset === b.offset &&
    a.romd === b.romd &&
    a.readonly === b.readonly &&
    a.nonvolatile === b.nonvolatile
  )
}
