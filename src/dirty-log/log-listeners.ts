import { callAfterTransaction, callOrDefer, observeTransactions } from '../listener/commit-cycle.ts'
import { callForward, callReverse, rethrow } from '../listener/listener-calls.ts'
import { allListeners } from '../listener/registrations.ts'
import { globalDirtyLog, setGlobalDirtyLog } from '../ram/dirty/global-dirty-log.ts'
import type { MemoryRegion } from '../region/memory-region.ts'
import { transaction, transactionWithoutFlush } from '../region/tree/transaction.ts'
import { markAllDirty } from '../region/tree/viewers.ts'
import { sectionOf } from '../space/memory-region-section.ts'

/**
 * Has writes to all memory logged for `DirtyClient.MIGRATION`: it is in the mask of every flat range of memory from here
 * on. Listeners are told with `logGlobalStart` first, and then of the masks (RULES F4). Where it is so already, nothing
 * happens. Stores that are made without a region, by `ramCopy` or `writel`, are marked for those who log a region of the
 * same guest RAM by `setLog`.
 *
 * Within a transaction, views and masks follow at its end.
 */
export function startGlobalDirtyLog(): void {
  observeTransactions()
  callOrDefer(() => {
    if (globalDirtyLog.on) return
    setGlobalDirtyLog(true)
    callForward(allListeners(), ({ listener, space }) => listener.logGlobalStart?.(space))
    transaction(markAllDirty)
  })
}

/** The end of it: of the masks first, and then `logGlobalStop` in reverse order (RULES F4). */
export function stopGlobalDirtyLog(): void {
  observeTransactions()
  let stopped = false
  try {
    callOrDefer(() => {
      stopped = globalDirtyLog.on
      if (!stopped) return
      setGlobalDirtyLog(false)
      transaction(markAllDirty)
    })
  } finally {
    callAfterTransaction(() => {
      if (stopped) callReverse(allListeners(), ({ listener, space }) => listener.logGlobalStop?.(space))
    })
  }
}

// What a snapshot of the dirty log asks of listeners (RULES F3). Only ranges that are logged take part.

/** Has listeners mark what was written, to `region` or to all that is logged. */
export function syncDirtyLog(region?: MemoryRegion): void {
  callAll(({ listener, space }) => {
    if (listener.logSync === undefined) listener.logSyncGlobal?.(space)
    else
      for (const range of space.view.ranges)
        if (range.dirtyLogMask !== 0 && (region === undefined || range.region === region))
          listener.logSync(sectionOf(space, range))
  })
}

/** Tells listeners that the log of `size` bytes of a region is cleared: of each range the part that it concerns. */
export function clearDirtyLog(region: MemoryRegion, offset: number, size: number): void {
  callAll(({ listener, space }) => {
    if (listener.logClear === undefined) return
    for (const range of space.view.ranges) {
      if (range.dirtyLogMask === 0 || range.region !== region) continue
      const start = Math.max(range.start, range.start + (offset - range.offset))
      const end = Math.min(range.end, range.start + (offset + size - range.offset))
      if (start < end) listener.logClear(sectionOf(space, range, start, end))
    }
  })
}

/** Tells listeners that all of them were asked. */
export function afterDirtyLogSync(): void {
  callAll(({ listener, space }) => listener.logGlobalAfterSync?.(space))
}

/** What callbacks change is rendered after them. */
function callAll(call: Parameters<typeof callForward>[1]): void {
  transactionWithoutFlush(() => callForward(allListeners(), call))
  rethrow()
}
