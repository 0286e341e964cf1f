import { checkAddress, checkInteger } from '../../check.ts'
import type { MemoryRegion } from '../memory-region.ts'
import { handlersOf } from './handlers.ts'
import type { OpsCompleter } from './ops-completer.ts'

/** Writes from `start` to `end`, offsets in a region, may be buffered and made later, in order (RULES H4). */
export interface CoalescedRange {
  readonly start: number
  /** Behind the last byte. */
  readonly end: number
}

/** Tells listeners of coalesced ranges. There is none until the first listener is registered. */
export interface CoalescingReporter {
  /** Runs `change`: at once, or where callbacks are being made, after them. */
  callOrDefer(change: () => void): void
  /**
   * Tells listeners of a range that was just added to a region's, or removed from them. What one throws is thrown once
   * all have been told.
   */
  report(region: MemoryRegion, range: CoalescedRange, added: boolean): void
  /** Has all listeners make the writes that they have buffered; then throws the first error of one. */
  flush(): void
}

const coalesced = /* @__PURE__ */ new WeakMap<MemoryRegion, readonly CoalescedRange[]>()
const NONE: readonly CoalescedRange[] = []
let reporter: CoalescingReporter | undefined

export function setCoalescingReporter(one: CoalescingReporter): void {
  reporter = one
}

/** The coalesced ranges of a region, in the order in which they were added. */
export function coalescedRangesOf(region: MemoryRegion): readonly CoalescedRange[] {
  return coalesced.get(region) ?? NONE
}

/**
 * Allows an accelerator, which executes the guest, to buffer its writes to a part of a device: listeners are told with
 * `coalescedIoAdd`. All other accesses to the region have the buffered writes made first, through `coalescedIoFlush`
 * (RULES G8, H4).
 *
 * @param region One that has handlers: io, or a ROM device.
 * @param offset Bytes, 0 to 2^53 - 1.
 * @param size Bytes, 1 to 2^53 - 1. What lies past the region's end is not seen.
 */
export function addCoalescing(region: MemoryRegion, offset: number, size: number): void {
  const access = handlersOf(region)
  checkAddress(offset, 'offset')
  checkInteger(size, 'size', 1, Number.MAX_SAFE_INTEGER)
  callOrDefer(() => add(region, access, { start: offset, end: offset + size }))
}

/** Takes back every `addCoalescing` of a region; what is buffered is written first. */
export function clearCoalescing(region: MemoryRegion): void {
  const access = handlersOf(region)
  callOrDefer(() => clear(region, access))
}

/** Allows writes to all of a region, as large as it is now, to be buffered, in place of what was allowed before. */
export function setCoalescing(region: MemoryRegion): void {
  const access = handlersOf(region)
  callOrDefer(() => {
    try {
      clear(region, access)
    } finally {
      add(region, access, { start: 0, end: region.size })
    }
  })
}

function add(region: MemoryRegion, access: OpsCompleter, range: CoalescedRange): void {
  coalesced.set(region, [...coalescedRangesOf(region), range])
  reporter?.report(region, range, true)
  access.setBefore(flush)
}

function clear(region: MemoryRegion, access: OpsCompleter): void {
  if (coalescedRangesOf(region).length === 0) return
  try {
    flush()
  } finally {
    // Asked after the flush: the devices that got the buffered writes may have changed the ranges.
    const ranges = coalescedRangesOf(region)
    access.setBefore(undefined)
    coalesced.delete(region)
    for (const range of ranges) reporter?.report(region, range, false)
  }
}

function flush(): void {
  reporter?.flush()
}

function callOrDefer(change: () => void): void {
  if (reporter === undefined) change()
  else reporter.callOrDefer(change)
}
