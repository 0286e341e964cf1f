import { checkFunction, checkObject } from '../check.ts'
import type { EventNotifier } from '../region/device/event-notifier.ts'
import type { AddressSpace } from '../space/address-space.ts'
import type { MemoryRegionSection } from '../space/memory-region-section.ts'

/** An event notifier as an address space shows it. Immutable. */
export interface IoEventfd {
  readonly space: AddressSpace
  /** Of the writes that it takes, bytes. It may lie in part outside of what is seen of the region (RULES H3). */
  readonly address: number
  /** Of the writes, bytes; 0 for every size. */
  readonly size: number
  /** The value of the writes, in the device's byte order; undefined for every value. */
  readonly data: bigint | undefined
  readonly notify: EventNotifier
}

/**
 * Is told what an address space shows, and of every change of it (QEMU's MemoryListener): an accelerator that keeps
 * page tables or slots, a JIT that keeps host addresses, a device that caches translations. Every callback is optional.
 *
 * While callbacks are made, the space still shows what it showed before (RULES C7). What a callback changes in region
 * trees is rendered, and told, after the running commit; so are listeners that it registers or unregisters, and a global
 * dirty log that it begins or ends.
 *
 * A callback that throws stops no other callback and no change. The first thing thrown reaches whoever ended the
 * transaction, or made the call that led to it, unless that has thrown itself: then what it threw. A callback hears of
 * nothing that was thrown before it was called.
 */
export interface MemoryListener {
  /**
   * Before the callbacks of a transaction's end. Listeners of a space whose view stays the same are not called, not even
   * these two; with `regionNop`, a listener is called at the end of every transaction that changed any region tree, as
   * QEMU's are (RULES C2).
   */
  begin?(space: AddressSpace): void
  /** After the callbacks of a transaction's end, where `begin` was called before them. */
  commit?(space: AddressSpace): void
  /** A range is seen. All ranges that went have been told of by then; a range whose place or size changed went and came. */
  regionAdd?(section: MemoryRegionSection): void
  /** A range is no longer seen. */
  regionDel?(section: MemoryRegionSection): void
  /** A range is seen as before. A listener that has this callback is called at more transactions' ends: see `begin`. */
  regionNop?(section: MemoryRegionSection): void
  /** Bits were set in the mask of a range that stays. A range that is added has its mask in `dirtyLogMask`. */
  logStart?(section: MemoryRegionSection, oldMask: number, newMask: number): void
  /** Bits were cleared in the mask of a range that stays. */
  logStop?(section: MemoryRegionSection, oldMask: number, newMask: number): void
  /**
   * Mark now what was written in a range and is not yet in the dirty log. Only for ranges that are logged (RULES F3). If it
   * throws, no marks are taken.
   */
  logSync?(section: MemoryRegionSection): void
  /** The same for all memory at once: a listener has this or `logSync`. */
  logSyncGlobal?(space: AddressSpace): void
  /**
   * The dirty log of a section was cleared: whoever write-protects pages does so again. If it throws, the marks that were
   * taken are set again.
   */
  logClear?(section: MemoryRegionSection): void
  /** All memory is logged from now on: the masks follow (RULES F4). */
  logGlobalStart?(space: AddressSpace): void
  /** All memory is no longer logged: the masks went before. */
  logGlobalStop?(space: AddressSpace): void
  /** Every listener has been asked to mark what was written, and told what was cleared. If it throws, as `logClear`. */
  logGlobalAfterSync?(space: AddressSpace): void
  /** An event notifier is seen (RULES H3). */
  eventfdAdd?(eventfd: IoEventfd): void
  /** An event notifier is no longer seen. */
  eventfdDel?(eventfd: IoEventfd): void
  /** Writes to `length` bytes from `address` on, which are a part of the section, may be buffered (RULES H4). */
  coalescedIoAdd?(section: MemoryRegionSection, address: number, length: number): void
  /** Writes to these bytes may no longer be buffered. */
  coalescedIoDel?(section: MemoryRegionSection, address: number, length: number): void
  /**
   * Make the writes that were buffered, in order. Called before each transaction begins, before accesses to regions
   * that have coalesced ranges, and when ranges are cleared; not for accesses that a flush itself makes. What it throws
   * reaches, once all listeners were called, whoever made the access or ended the transaction.
   */
  coalescedIoFlush?(space: AddressSpace): void
}

const CALLBACKS: readonly (keyof MemoryListener)[] = [
  'begin',
  'commit',
  'regionAdd',
  'regionDel',
  'regionNop',
  'logStart',
  'logStop',
  'logSync',
  'logSyncGlobal',
  'logClear',
  'logGlobalStart',
  'logGlobalStop',
  'logGlobalAfterSync',
  'eventfdAdd',
  'eventfdDel',
  'coalescedIoAdd',
  'coalescedIoDel',
  'coalescedIoFlush',
]

/** @throws TypeError naming the callback. */
export function checkListener(value: unknown): void {
  const listener = checkObject(value, 'listener')
  const present = CALLBACKS.filter(name => listener[name] !== undefined)
  for (const name of present) checkFunction(listener[name], `listener.${name}`)
  if (present.length === 0) throw new TypeError('listener must have a callback, got an object with none')
  if (present.includes('logSync') && present.includes('logSyncGlobal'))
    throw new TypeError('listener must have logSync or logSyncGlobal, got both')
}
