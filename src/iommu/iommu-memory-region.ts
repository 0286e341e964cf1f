import { checkInteger, show } from '../check.ts'
import { checkNoOptions, MemoryRegion, type NoOptions } from '../region/memory-region.ts'
import { checkSize } from '../region/tree/region-tree.ts'
import { IommuCompleter } from './iommu-completer.ts'
import { IommuPermissions, latestEntry, readEntry, readMask } from './iommu-entry.ts'
import {
  eventFor,
  type IommuNotifier,
  IommuNotifierFlag,
  type IommuTlbEvent,
  type NotifierScope,
  readEvent,
  readNotifier,
} from './iommu-notifier.ts'
import { type CheckedIommuOps, checkIommuOps, type IommuOps } from './iommu-ops.ts'

/**
 * A region whose addresses an IOMMU translates (QEMU's IOMMUMemoryRegion): what is accessed here is found in another
 * address space, or nowhere. In a flat view it is one range, and shows nothing of what is behind (RULES K6).
 *
 * An access is translated piece by piece, each to the end of its block; pieces that were made before one that faults stay
 * made (K2). A fault is a DECODE_ERROR: zero is read, and what is written is dropped (K1). IOMMUs may lie behind one
 * another, 16 deep; and so many may be asked from within one another, each once: what lies deeper is a fault.
 */
export class IommuMemoryRegion extends MemoryRegion {
  readonly #checked: CheckedIommuOps
  readonly #completer: IommuCompleter
  /** In the order of their registration, with what each said of itself then. */
  readonly #notifiers = new Map<IommuNotifier, NotifierScope>()
  #flags = 0

  /** @param size Bytes, 1 to 2^64. @throws TypeError or RangeError naming the argument. */
  constructor(name: string, ops: IommuOps, size: number, options?: NoOptions) {
    checkNoOptions(options)
    const checked = checkIommuOps(ops)
    const access = new IommuCompleter(checked)
    super('iommu', name, checkSize(size), access)
    this.#checked = checked
    this.#completer = access
  }

  /** What its notifiers together want to hear of: a set of IommuNotifierFlag bits. */
  get notifierFlags(): number {
    return this.#flags
  }

  /**
   * Has `notifier` told of changes from here on (RULES K4).
   *
   * @returns False where the IOMMU refuses what would then be wanted: the notifier is not registered.
   */
  registerNotifier(notifier: IommuNotifier): boolean {
    const scope = readNotifier(notifier, this.#checked.indexes)
    if (this.#notifiers.has(notifier)) throw new TypeError('notifier must not be registered already, got one that is')
    this.#notifiers.set(notifier, scope)
    let accepted = false
    try {
      accepted = this.#updateFlags()
    } finally {
      if (!accepted) this.#notifiers.delete(notifier)
    }
    return accepted
  }

  unregisterNotifier(notifier: IommuNotifier): void {
    if (!this.#notifiers.delete(notifier))
      throw new TypeError(`notifier must be one that is registered here, got ${show(notifier)}`)
    this.#updateFlags()
  }

  /**
   * The IOMMU's mappings have changed: tells the notifiers of mapping `index` that it concerns, in the order of their
   * registration (RULES K4). All are told, whatever one of them throws: the first error is thrown when that is done. One
   * that another unregisters meanwhile is not told any more, and one that another registers is told from the next event on.
   *
   * @throws TypeError or RangeError, before any of them is told, where the event is none, or no UNMAP with permissions, or
   *   reaches over the end of a notifier's addresses.
   */
  notify(index: number, event: IommuTlbEvent): void {
    checkInteger(index, 'index', 0, this.#checked.indexes - 1)
    const whole = readEvent(event)
    const concerned: { readonly scope: NotifierScope; readonly part: IommuTlbEvent }[] = []
    for (const scope of this.#notifiers.values()) {
      const part = scope.index === index ? eventFor(scope, whole) : undefined
      if (part !== undefined) concerned.push({ scope, part })
    }
    const errors: unknown[] = []
    for (const { scope, part } of concerned) {
      if (this.#notifiers.get(scope.notifier) !== scope) continue
      try {
        scope.notifier.notify(part)
      } catch (error) {
        errors.push(error)
      }
    }
    if (errors.length > 0) throw errors[0]
  }

  /** Tells one notifier, registered or not, if it concerns it: for the IOMMU's own replay. */
  notifyOne(notifier: IommuNotifier, event: IommuTlbEvent): void {
    const part = eventFor(readNotifier(notifier, this.#checked.indexes), readEvent(event))
    if (part !== undefined) notifier.notify(part)
  }

  /**
   * Tells a notifier of all that is mapped, as MAP events (RULES K5): by the IOMMU's own replay, or by asking for the
   * notifier's addresses in ascending order. Each block is asked for and told of once, so the time that it takes follows
   * the number of blocks. QEMU's walk asks for each of a block's pages, and tells of the block at each.
   *
   * Of what is not mapped, an IOMMU says how far that goes by the mask of an entry without permissions: of that block
   * nothing more is asked. Where the mask says less than the smallest page, or is no power of two less 1, the smallest
   * page is left out: a stretch of which nothing is known is walked in such steps.
   */
  replay(notifier: IommuNotifier): void {
    const { ops, has, indexes, minPageSize } = this.#checked
    const { start, end, index } = readNotifier(notifier, indexes)
    if (has.replay) {
      ops.replay?.(notifier)
      return
    }
    const last = Math.min(end, this.size - 1)
    for (let iova = start - (start % minPageSize); iova <= last; ) {
      const entry = this.#completer.entryFor(iova, index)
      const target = readEntry(entry, IommuPermissions.BOTH)
      if (target === undefined) {
        iova = Math.max(iova - (iova % minPageSize) + minPageSize, endOfBlock(iova, readMask(entry)))
        continue
      }
      const { translated, mask, permissions } = latestEntry
      const first = iova - (iova % (mask + 1))
      iova = endOfBlock(iova, mask)
      const type = IommuNotifierFlag.MAP
      notifier.notify(Object.freeze({ type, iova: first, mask, permissions, target, translated }))
    }
  }

  /** Tells the IOMMU what is wanted now, if that has changed. False where it refuses. */
  #updateFlags(): boolean {
    const { ops, has } = this.#checked
    const before = this.#flags
    const flags = this.#wanted()
    if (flags === before) return true
    // Set before the handler is called, which may itself register or unregister notifiers: that changes these flags.
    this.#flags = flags
    let accepted = false
    try {
      accepted = !has.notifyFlagChanged || ops.notifyFlagChanged?.(before, flags) !== false
    } finally {
      if (!accepted && this.#flags === flags) this.#flags = before
    }
    return accepted
  }

  #wanted(): number {
    let flags = 0
    for (const scope of this.#notifiers.values()) flags |= scope.flags
    return flags
  }
}

/** The address behind the block of an address, at most 2^53. */
function endOfBlock(iova: number, mask: number): number {
  return iova - (iova % (mask + 1)) + mask + 1
}
