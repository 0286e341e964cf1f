import { checkAddress, checkInteger, checkObject } from '../check.ts'
import type { AddressSpace } from '../space/address-space.ts'
import { checkSpace } from '../space/check-space.ts'

/** What may be done at an address, or is to be done there: a set of READ and WRITE (QEMU's IOMMUAccessFlags). */
export type IommuPermissions = 0 | 1 | 2 | 3

export const IommuPermissions: {
  /** Of an entry: nothing may be done. Of a question: all permissions are wanted. */
  readonly NONE: 0
  readonly READ: 1
  readonly WRITE: 2
  readonly BOTH: 3
} = /* @__PURE__ */ Object.freeze({ NONE: 0, READ: 1, WRITE: 2, BOTH: 3 })

/**
 * What an IOMMU says of an address: where the naturally aligned block around it is found, and what may be done there
 * (QEMU's IOMMUTLBEntry). Each field is read once, and before anything else is asked: an IOMMU may give the same object
 * again and again, changed, or one whose fields are getters.
 *
 * Where the entry lacks the permission that is needed, an access looks at none of the other fields. A replay looks at the
 * mask of one that gives no permission at all (IommuMemoryRegion.replay).
 */
export interface IommuTlbEntry {
  readonly target: AddressSpace
  /** An address in `target`, bytes, 0 to 2^53 - 1; its bits under `mask` do not count. */
  readonly translated: number
  /** The block's size less 1, bytes: 0xfff for a page of 4 KiB, 2^53 - 1 for all addresses at once. */
  readonly mask: number
  readonly permissions: IommuPermissions
}

/** Of an integer from 1 to 2^53, more than 32-bit operators take. */
export function isPowerOfTwo(value: number): boolean {
  const high = value / 2 ** 31
  if (high < 1) return (value & (value - 1)) === 0
  return Number.isInteger(high) && (high & (high - 1)) === 0
}

export function checkPermissions(value: unknown, argument: string): IommuPermissions {
  return checkInteger(value, argument, 0, 3) as IommuPermissions
}

/** 2^k - 1, below 2^53. */
export function checkMask(value: unknown, argument: string): number {
  const mask = checkInteger(value, argument, 0, Number.MAX_SAFE_INTEGER)
  if (!isPowerOfTwo(mask + 1)) throw new RangeError(`${argument} must be a power of two less 1, got ${mask}`)
  return mask
}

/**
 * The numbers of the entry that `readEntry` read last. Read them at once: what an IOMMU's handlers do may translate too.
 * Kept here so that an access allocates nothing; of the target no reference is kept, which would hold its memory.
 */
export const latestEntry: { translated: number; mask: number; permissions: IommuPermissions } = {
  translated: 0,
  mask: 0,
  permissions: 0,
}

/**
 * Reads and checks an entry. The numbers are left in `latestEntry`.
 *
 * @returns Its target; undefined where it gives none of the permissions `wanted`.
 */
export function readEntry(value: unknown, wanted: IommuPermissions): AddressSpace | undefined {
  const entry = checkObject(value, 'what translate returns')
  const permissions = checkPermissions(entry.permissions, 'permissions of the entry')
  if ((permissions & wanted) === 0) return undefined
  const target = checkSpace(entry.target, 'target of the entry')
  const translated = checkAddress(entry.translated, 'translated of the entry')
  const mask = checkMask(entry.mask, 'mask of the entry')
  // When all of them are read: a getter may itself make accesses that are translated.
  latestEntry.translated = translated
  latestEntry.mask = mask
  latestEntry.permissions = permissions
  return target
}

/** The mask of an entry that gives no permission; 0 where it is none. */
export function readMask(entry: unknown): number {
  const { mask } = entry as IommuTlbEntry
  return Number.isSafeInteger(mask) && mask >= 0 && isPowerOfTwo(mask + 1) ? mask : 0
}
