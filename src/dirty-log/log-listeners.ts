import { callAfterTransaction, callNow, callOrDefer, observeTransactions } from '../listener/commit-cycle.ts'
import { attempt, callForward, callReverse, collectErrors } from '../listener/listener-calls.ts'
import { allListeners, anyListener } from '../listener/registrations.ts'
import { globalDirtyLog, setGlobalDirtyLog } from '../ram/dirty/global-dirty-log.ts'
import type { MemoryRegion } from '../region/memory-region.ts'
import { transaction } from '../region/tree/transaction.ts'
import { markAllDirty } from '../region/tree/viewers.ts'
import { sectionOf } from '../space/memory-region-section.ts'

/**
 * Has stores to all memory be marked for `DirtyClient.MIGRATION`, until `stopGlobalDirtyLog`: to every guest RAM that this
 * thread has allocated or attached, or comes to, whether a region shows it or not. Where it is so already, nothing
 * happens.
 *
 * - Stores of this thread are marked from now on, by whatever way they are made; also what is left of a request that is
 *   under way, and what a window is given back with. From within a listener's callback it begins after the callbacks.
 * - Stores of another thread that has the guest RAM (GuestRam.attach) are marked from when it has met this thread after
 *   this call: by a message, or an atomic operation on shared memory. What it stores while this call runs may be missed.
 *   So tell each thread, hear from it, and only then copy the memory for the first time (docs/DIRTY-LOG.md).
 *
 * MIGRATION is in the mask of every flat range of memory of this thread. Its listeners are told with `logGlobalStart`
 * first, and then of the masks (RULES F4); within a transaction, masks follow at its end.
 *
 * @throws What a listener throws; all memory is logged all the same.
 */
export function startGlobalDirtyLog(): void {
  observeTransactions()
  callOrDefer(() => {
    if (globalDirtyLog.on) return
    setGlobalDirtyLog(true)
    callForward(allListeners(), ({ listener, space }) => listener.logGlobalStart?.(space))
    attempt(() => transaction(markAllDirty))
  })
}

/**
 * Ends what `startGlobalDirtyLog` began: the masks go first, then listeners are told with `logGlobalStop`, in reverse order
 * (RULES F4). Marks stay. Where another thread logs all memory, too, stores are marked until it ends that.
 *
 * @throws What a listener throws; nothing is logged all the same.
 */
export function stopGlobalDirtyLog(): void {
  observeTransactions()
  let stopped = false
  collectErrors(() => {
    attempt(() =>
      callOrDefer(() => {
        stopped = globalDirtyLog.on
        if (!stopped) return
        setGlobalDirtyLog(false)
        transaction(markAllDirty)
      }),
    )
    callAfterTransaction(() => {
      if (stopped) callReverse(allListeners(), ({ listener, space }) => listener.logGlobalStop?.(space))
    })
  })
}

// What a snapshot of the dirty log asks of listeners (RULES F3). Only ranges that are logged take part.

/** Has listeners mark what was written, to `region` or to all that is logged. */
export function syncDirtyLog(region?: MemoryRegion): void {
  callAll(({ listener, space }) => {
    if (listener.logSync === undefined) listener.logSyncGlobal?.(space)
    else
      for (const range of space.view.ranges)
        if (range.dirtyLogMask !== 0 && (region === undefined || range.region === region))
          attempt(() => listener.logSync?.(sectionOf(space, range)))
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
      if (start < end) attempt(() => listener.logClear?.(sectionOf(space, range, start, end)))
    }
  })
}

/** Tells listeners that all of them were asked. */
export function afterDirtyLogSync(): void {
  callAll(({ listener, space }) => listener.logGlobalAfterSync?.(space))
}

/** What callbacks change is rendered after them; what one throws stops no other. */
function callAll(call: Parameters<typeof callForward>[1]): void {
  if (anyListener()) callNow(() => callForward(allListeners(), call))
}
