import { checkInteger, checkObject, show } from '../check.ts'
import type { MemTxAttrs } from '../request/attrs.ts'
import { type IommuPermissions, type IommuTlbEntry, isPowerOfTwo } from './iommu-entry.ts'
import type { IommuNotifier } from './iommu-notifier.ts'

/**
 * An IOMMU's page tables. Called on the thread that makes an access, for each piece of it (RULES K2, K3): a handler, which
 * may itself make accesses. What it throws reaches the caller of the access.
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
  /** How many mappings there are. 1 unless said. */
  readonly indexes?: number
  /** The smallest block of an entry, bytes, a power of two: the step of a replay. 4096 unless said. */
  readonly minPageSize?: number
  /**
   * What the region's notifiers together want to hear of has changed: sets of IommuNotifierFlag (RULES K4). False
   * refuses it, and the notifier is not registered.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: a handler without a return statement is what most are
  notifyFlagChanged?(before: number, after: number): boolean | void
  /** Tells a notifier of all that is mapped. Unless there is one, the addresses are asked for one by one (RULES K5). */
  replay?(notifier: IommuNotifier): void
}

const HANDLERS = ['attrsToIndex', 'notifyFlagChanged', 'replay'] as const

/** @throws TypeError or RangeError naming the field and the bad value. */
export function checkIommuOps(value: unknown): IommuOps {
  const ops = checkObject(value, 'ops')
  if (typeof ops.translate !== 'function')
    throw new TypeError(`ops.translate must be a function, got ${show(ops.translate)}`)
  for (const name of HANDLERS) {
    if (ops[name] !== undefined && typeof ops[name] !== 'function')
      throw new TypeError(`ops.${name} must be a function, got ${show(ops[name])}`)
  }
  if (ops.indexes !== undefined) checkInteger(ops.indexes, 'ops.indexes', 1, 2 ** 31)
  if (ops.minPageSize !== undefined) {
    const size = checkInteger(ops.minPageSize, 'ops.minPageSize', 1, 2 ** 52)
    if (!isPowerOfTwo(size)) throw new RangeError(`ops.minPageSize must be a power of two, got ${size}`)
  }
  return ops as unknown as IommuOps
}
