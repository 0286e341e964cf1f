import { WeakList } from '../../weak-list.ts'
import { forgetFastPaths } from './fast-paths.ts'

/**
 * Whether this thread logs the stores to all memory for a migration (RULES F1, F4). `version` grows with each change, so
 * that no view that was rendered before is taken for one of now.
 */
export const globalDirtyLog: { on: boolean; version: number } = { on: false, version: 0 }

/** The dirty bitmaps of a guest RAM. */
interface Bitmaps {
  logAll(on: boolean): void
}

/** Of all guest RAMs that this thread has allocated or attached. */
const known = /* @__PURE__ */ new WeakList<Bitmaps>()
/** Those that have counted this thread's log. Kept until they take it back: other threads see the number. */
const counted = /* @__PURE__ */ new Set<Bitmaps>()

export function setGlobalDirtyLog(on: boolean): void {
  globalDirtyLog.on = on
  globalDirtyLog.version++
  for (const bitmaps of on ? known : counted) count(bitmaps, on)
  forgetFastPaths()
}

/** Has a guest RAM that this thread just allocated or attached take part in the global log, if that is on or comes to be. */
export function enterGlobalDirtyLog(bitmaps: Bitmaps): void {
  known.add(bitmaps)
  if (globalDirtyLog.on) count(bitmaps, true)
}

function count(bitmaps: Bitmaps, on: boolean): void {
  bitmaps.logAll(on)
  if (on) counted.add(bitmaps)
  else counted.delete(bitmaps)
}
