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

/** Of all guest RAMs that this thread has allocated or attached, as long as they are there. */
const known = /* @__PURE__ */ new Set<WeakRef<Bitmaps>>()
const collected = /* @__PURE__ */ new FinalizationRegistry<WeakRef<Bitmaps>>(ref => known.delete(ref))
/** Those that have counted this thread's log. Kept until they take it back: other threads see the number. */
const counted = /* @__PURE__ */ new Set<Bitmaps>()

export function setGlobalDirtyLog(on: boolean): void {
  globalDirtyLog.on = on
  globalDirtyLog.version++
  if (on) for (const ref of known) count(ref.deref())
  else {
    for (const bitmaps of counted) bitmaps.logAll(false)
    counted.clear()
  }
  forgetFastPaths()
}

/** Has a guest RAM that this thread just allocated or attached take part in the global log, if that is on or comes to be. */
export function enterGlobalDirtyLog(bitmaps: Bitmaps): void {
  const ref = new WeakRef(bitmaps)
  known.add(ref)
  collected.register(bitmaps, ref)
  if (globalDirtyLog.on) count(bitmaps)
}

function count(bitmaps: Bitmaps | undefined): void {
  if (bitmaps === undefined) return
  bitmaps.logAll(true)
  counted.add(bitmaps)
}
