import type { FlatRange, FlatView } from './flat-view.ts'

/** What becomes of the ranges of one view in another. */
export interface RangeVisitor {
  removed?(range: FlatRange): void
  added?(range: FlatRange): void
  /** The same, but perhaps for its mask. */
  kept?(range: FlatRange, before: FlatRange): void
}

/** Visits the ranges of both views in ascending order (RULES C6). */
export function compareViews(before: FlatView, after: FlatView, visitor: RangeVisitor): void {
  const old = before.ranges
  const now = after.ranges
  let i = 0
  let j = 0
  for (;;) {
    const was = old[i]
    const is = now[j]
    if (was !== undefined && is !== undefined && isTwin(was, is)) {
      visitor.kept?.(is, was)
      i++
      j++
    } else if (was !== undefined && (is === undefined || was.start <= is.start)) {
      visitor.removed?.(was)
      i++
    } else if (is !== undefined) {
      visitor.added?.(is)
      j++
    } else return
  }
}

/** Dirty masks are not compared; nor is `rom`, which is the region's own flag at any time. */
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
