import { checkFunction, checkInteger, checkObject, optionalField } from '../check.ts'
import type { MemTxAttrs } from '../request/attrs.ts'
import { type IommuPermissions, type IommuTlbEntry, isPowerOfTwo } from './iommu-entry.ts'
import type { IommuNotifier } from './iommu-notifier.ts'

/**
 * An IOMMU's page tables. Called on the thread that makes an access, for each piece of it (RULES K2, K3): handlers, which
 * may themselves make accesses. What they throw reaches the caller of the access.
 *
 * An access that `translate` or `attrsToIndex` makes, and that leads to the same IOMMU again, is a fault: an IOMMU whose
 * tables lie behind itself would be asked for ever. So is one that would be the 17th IOMMU asked from within another.
 */
export interface IommuOps {
  /**
   * @param address Offset in the IOMMU's region, bytes.
   * @param access READ or WRITE; NONE of one who wants all permissions, as a replay does (RULES K1).
   * @param index Which of several mappings, as `attrsToIndex` says.
   */
  translate(address: number, access: IommuPermissions, index: number): IommuTlbEntry
  /** The mapping for a request, for example for secure ones: 0 to `indexes` - 1. 0 unless said. */
  attrsToIndex?(attrs: MemTxAttrs): number
  /** How many mappings there are, 1 to 2^31. 1 unless said. Read when the region is made. */
  readonly indexes?: number | undefined
  /**
   * The smallest block of an entry, bytes, a power of two from 1 to 2^52: the step of a replay where nothing is mapped.
   * 4096 unless said. Read when the region is made.
   */
  readonly minPageSize?: number | undefined
  /**
   * What the region's notifiers together want to hear of has changed: sets of IommuNotifierFlag (RULES K4). False
   * refuses it, and the notifier is not registered.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: a handler without a return statement is what most are
  notifyFlagChanged?(before: number, after: number): boolean | void
  /** Tells a notifier of all that is mapped. Unless there is one, the addresses are asked for block by block (RULES K5). */
  replay?(notifier: IommuNotifier): void
}

const HANDLERS = ['attrsToIndex', 'notifyFlagChanged', 'replay'] as const

/** An IOMMU's ops, with all of them read that is no function. */
export interface CheckedIommuOps {
  readonly ops: IommuOps
  /** Which of the handlers that may be left out are there. */
  readonly has: Readonly<Record<(typeof HANDLERS)[number], boolean>>
  readonly indexes: number
  readonly minPageSize: number
}

/** @throws TypeError or RangeError naming the field and the bad value. */
export function checkIommuOps(value: unknown): CheckedIommuOps {
  const fields = checkObject(value, 'ops')
  checkFunction(fields.translate, 'ops.translate')
  const has = { attrsToIndex: false, notifyFlagChanged: false, replay: false }
  for (const name of HANDLERS) {
    const handler = optionalField(fields, name)
    if (handler !== undefined) checkFunction(handler, `ops.${name}`)
    has[name] = handler !== undefined
  }
  const indexes = checkInteger(optionalField(fields, 'indexes', 1), 'ops.indexes', 1, 2 ** 31)
  const minPageSize = checkInteger(optionalField(fields, 'minPageSize', 4096), 'ops.minPageSize', 1, 2 ** 52)
  if (!isPowerOfTwo(minPageSize)) throw new RangeError(`ops.minPageSize must be a power of two, got ${minPageSize}`)
  return { ops: fields as unknown as IommuOps, has, indexes, minPageSize }
}
