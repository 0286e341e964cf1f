import { checkAddress, checkFunction, checkInteger, checkObject, checkOneOf, optionalField } from '../check.ts'
import type { AddressSpace } from '../space/address-space.ts'
import { checkSpace } from '../space/check-space.ts'
import { checkMask, checkPermissions, type IommuPermissions } from './iommu-entry.ts'

/** What a notifier can be told of (RULES K4); a set of them is a mask. QEMU's IOMMUNotifierFlag. */
export type IommuNotifierFlag = 1 | 2 | 4

export const IommuNotifierFlag: {
  /** A mapping is gone. */
  readonly UNMAP: 1
  /** There is a new mapping, or other permissions. */
  readonly MAP: 2
  /** A mapping is gone that a device may hold in a cache of its own. */
  readonly DEVIOTLB_UNMAP: 4
} = /* @__PURE__ */ Object.freeze({ UNMAP: 1, MAP: 2, DEVIOTLB_UNMAP: 4 })

/** A change of an IOMMU's mappings (QEMU's IOMMUTLBEvent). What a notifier is told is frozen. */
export interface IommuTlbEvent {
  readonly type: IommuNotifierFlag
  /** The first address of the block, an offset in the IOMMU's region, bytes. */
  readonly iova: number
  /** The block's size less 1, bytes. */
  readonly mask: number
  /** NONE where a mapping is gone. */
  readonly permissions: IommuPermissions
  /** What is mapped, and where in it, bytes; of a new mapping. */
  readonly target?: AddressSpace | undefined
  readonly translated?: number | undefined
}

/** Who wants to know how an IOMMU's mappings change: an assigned device's driver, a device's own translation cache. */
export interface IommuNotifier {
  /** A set of IommuNotifierFlag bits, not empty. This and what follows is read when the notifier is registered. */
  readonly flags: number
  /** The addresses it is told of, offsets in the IOMMU's region, bytes: the first, and the last. */
  readonly start: number
  readonly end: number
  /** The mapping that it is told of. 0 unless said. */
  readonly index?: number | undefined
  notify(event: IommuTlbEvent): void
}

/** What a notifier said of itself when it was read, each field once. */
export interface NotifierScope {
  readonly notifier: IommuNotifier
  readonly flags: number
  readonly start: number
  readonly end: number
  readonly index: number
}

/** @param indexes How many mappings there are. */
export function readNotifier(value: unknown, indexes: number): NotifierScope {
  const fields = checkObject(value, 'notifier')
  const { notify } = fields
  checkFunction(notify, 'notifier.notify')
  const flags = checkInteger(fields.flags, 'notifier.flags', 1, 7)
  const start = checkAddress(fields.start, 'notifier.start')
  const end = checkInteger(fields.end, 'notifier.end', start, Number.MAX_SAFE_INTEGER)
  const index = checkInteger(optionalField(fields, 'index', 0), 'notifier.index', 0, indexes - 1)
  return { notifier: fields as unknown as IommuNotifier, flags, start, end, index }
}

/**
 * The event that a user gave, each field read once. An UNMAP gives no permission; a MAP that gives one says what is mapped.
 * Several notifiers are told the same one, so none of them can change it.
 */
export function readEvent(value: unknown): IommuTlbEvent {
  const fields = checkObject(value, 'event')
  const type = checkOneOf(fields.type as IommuNotifierFlag, Object.values(IommuNotifierFlag), 'event.type')
  const iova = checkAddress(fields.iova, 'event.iova')
  const mask = checkMask(fields.mask, 'event.mask')
  if (iova + mask > Number.MAX_SAFE_INTEGER)
    throw new RangeError(`event.mask must end the block below 2^53, got ${mask} at ${iova}`)
  const permissions = checkPermissions(fields.permissions, 'event.permissions')
  if (type === IommuNotifierFlag.UNMAP && permissions !== 0)
    throw new RangeError(`event.permissions must be NONE where a mapping is gone, got ${permissions}`)
  const target = optionalField(fields, 'target') as AddressSpace | undefined
  const translated = optionalField(fields, 'translated') as number | undefined
  if (type === IommuNotifierFlag.MAP && permissions !== 0) {
    checkSpace(target, 'event.target')
    checkAddress(translated, 'event.translated')
  }
  return Object.freeze({ type, iova, mask, permissions, target, translated })
}

/**
 * The event as a notifier is to be told of it; undefined where it is none of its: of another kind, or elsewhere. Those
 * that hear of a device's cache get the part that is theirs; for others, the block must lie within their addresses.
 *
 * @throws RangeError where it does not.
 */
export function eventFor({ flags, start, end }: NotifierScope, event: IommuTlbEvent): IommuTlbEvent | undefined {
  const { type, iova, mask } = event
  const last = iova + mask
  if ((flags & type) === 0 || start > last || end < iova) return undefined
  if (start <= iova && last <= end) return event
  if ((flags & IommuNotifierFlag.DEVIOTLB_UNMAP) === 0)
    throw new RangeError(
      `event: the block from ${iova} to ${last} must lie within a notifier's, got ${start} to ${end}`,
    )
  const first = Math.max(iova, start)
  return Object.freeze({ ...event, iova: first, mask: Math.min(last, end) - first })
}
