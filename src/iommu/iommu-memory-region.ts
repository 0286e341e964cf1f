import { checkInteger } from '../check.ts'
import { MemoryRegion, type NoOptions, refuseCacheMode } from '../region/memory-region.ts'
import { checkSize } from '../region/tree/region-tree.ts'
import { IommuCompleter } from './iommu-completer.ts'
import { IommuPermissions } from './iommu-entry.ts'
import {
  checkEvent,
  checkNotifier,
  eventFor,
  type IommuNotifier,
  IommuNotifierFlag,
  type IommuTlbEvent,
} from './iommu-notifier.ts'
import { checkIommuOps, type IommuOps } from './iommu-ops.ts'

/**
 * A region whose addresses an IOMMU translates (QEMU's IOMMUMemoryRegion): what is accessed here is found in another
 * address space, or nowhere. In a flat view it is one range, and shows nothing of what is behind (RULES K6).
 *
 * An access is translated piece by piece, each to the end of its block; pieces that were made before one that faults stay
 * made (K2). A fault is a DECODE_ERROR: zero is read, and what is written is dropped (K1).
 */
export class IommuMemoryRegion extends MemoryRegion {
  readonly #ops: IommuOps
  readonly #translator: IommuCompleter
  readonly #notifiers = new Set<IommuNotifier>()
  #flags = 0

  /** @param size Bytes, 1 to 2^64. @throws TypeError or RangeError naming the argument. */
  constructor(name: string, ops: IommuOps, size: number, options?: NoOptions) {
    refuseCacheMode(options, 'iommu')
    const checked = checkIommuOps(ops)
    const access = new IommuCompleter(checked)
    super({ kind: 'iommu', name, size: checkSize(size), access })
    this.#ops = checked
    this.#translator = access
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
    checkNotifier(notifier, this.#indexes)
    if (this.#notifiers.has(notifier)) throw new TypeError('notifier must not be registered already, got one that is')
    this.#notifiers.add(notifier)
    let accepted = false
    try {
      accepted = this.#updateFlags()
    } finally {
      if (!accepted) this.#notifiers.delete(notifier)
    }
    return accepted
  }

  unregisterNotifier(notifier: IommuNotifier): void {
    if (!this.#notifiers.delete(notifier)) throw new TypeError('notifier must be a registered one, got another')
    this.#updateFlags()
  }

  /**
   * The IOMMU's mappings have changed: tells the notifiers of mapping `index` that it concerns (RULES K4).
   *
   * @throws TypeError or RangeError, before any of them is told, where the event is none, or no UNMAP with permissions, or
   *   reaches over the end of a notifier's addresses.
   */
  notify(index: number, event: IommuTlbEvent): void {
    checkInteger(index, 'index', 0, this.#indexes - 1)
    checkEvent(event)
    const concerned = [...this.#notifiers].filter(notifier => (notifier.index ?? 0) === index)
    const parts = concerned.map(notifier => ({ notifier, part: eventFor(notifier, event) }))
    for (const { notifier, part } of parts) if (part !== undefined) notifier.notify(part)
  }

  /** Tells one notifier, registered or not, if it concerns it: for the IOMMU's own replay. */
  notifyOne(notifier: IommuNotifier, event: IommuTlbEvent): void {
    const part = eventFor(checkNotifier(notifier, this.#indexes), checkEvent(event))
    if (part !== undefined) notifier.notify(part)
  }

  /**
   * Tells a notifier of all that is mapped, as MAP events (RULES K5): by the IOMMU's own replay, or by asking it for each
   * address of the notifier's in steps of its smallest page. A larger block is told of at each of its pages.
   */
  replay(notifier: IommuNotifier): void {
    const { start, end, index = 0 } = checkNotifier(notifier, this.#indexes)
    if (this.#ops.replay !== undefined) {
      this.#ops.replay(notifier)
      return
    }
    const step = this.#ops.minPageSize ?? 4096
    const last = Math.min(end, this.size - 1)
    for (let iova = start - (start % step); iova <= last; iova += step) {
      const entry = this.#translator.lookup(iova, IommuPermissions.NONE, index)
      if (entry === undefined) continue
      const { target, translated, mask, permissions } = entry
      const first = iova - (iova % (mask + 1))
      notifier.notify({ type: IommuNotifierFlag.MAP, iova: first, mask, permissions, target, translated })
    }
  }

  get #indexes(): number {
    return this.#ops.indexes ?? 1
  }

  /** False where the IOMMU refuses. */
  #updateFlags(): boolean {
    const flags = [...this.#notifiers].reduce((set, notifier) => set | notifier.flags, 0)
    if (flags === this.#flags) return true
    if (this.#ops.notifyFlagChanged?.(this.#flags, flags) === false) return false
    this.#flags = flags
    return true
  }
}
