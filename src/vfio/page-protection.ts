import type { CacheMode } from 'guestmem'
import { integerAt, u64At } from './fields.ts'

/**
 * MAIR_EL1 as Linux has set it since 5.13: index 0 Normal, 1 Normal Tagged (0xff before the CPU is known to have MTE),
 * 2 Normal Non-cacheable, 3 Device-nGnRnE, 4 Device-nGnRE. It uses no other index.
 */
export const ARM64_LINUX_MAIR = 0x04_00_44_ff_ffn

/**
 * IA32_PAT as Linux sets it: 0 write-back, 1 write-combining, 2 UC-, 3 uncached, 4 write-back, 5 write-protected, 6 UC-,
 * 7 write-through.
 */
export const X86_LINUX_PAT = 0x0407_0506_0007_0106n

/**
 * The cache mode of an arm64 page whose descriptor has this attribute index.
 *
 * @param index AttrIndx, 0 to 7.
 * @param mair The host's MAIR_EL1. Linux before 5.13 numbers the attributes otherwise: give its own.
 * @returns undefined for a type that no pgprot of Linux's four gives: write-through, Device-GRE.
 */
export function cacheModeOfArm64Attribute(index: number, mair: bigint = ARM64_LINUX_MAIR): CacheMode | undefined {
  const shift = BigInt(8 * integerAt(index, 'index', 0, 7))
  switch (Number((u64At(mair, 'mair') >> shift) & 0xffn)) {
    case 0x00: // Device-nGnRnE: pgprot_noncached
      return 'noncached'
    case 0x04: // Device-nGnRE: pgprot_device
      return 'device'
    case 0x44: // Normal Non-cacheable: pgprot_writecombine
      return 'writecombine'
    case 0xf0: // Normal Tagged
    case 0xff: // Normal, write-back
      return 'normal'
    default:
      return undefined
  }
}

/** The cache mode of an arm64 page table entry or vm_page_prot. @param bits AttrIndx is bits 2 to 4. */
export function cacheModeOfArm64Page(bits: bigint, mair: bigint = ARM64_LINUX_MAIR): CacheMode | undefined {
  return cacheModeOfArm64Attribute(Number((u64At(bits, 'bits') >> 2n) & 7n), mair)
}

/**
 * The cache mode of an x86 page with this PAT index.
 *
 * @param index 4 * PAT + 2 * PCD + PWT, 0 to 7.
 * @param pat The host's IA32_PAT.
 * @returns undefined for write-through and write-protected memory, and for reserved types.
 */
export function cacheModeOfX86Pat(index: number, pat: bigint = X86_LINUX_PAT): CacheMode | undefined {
  const shift = BigInt(8 * integerAt(index, 'index', 0, 7))
  switch (Number((u64At(pat, 'pat') >> shift) & 0xffn)) {
    case 0: // uncached
    case 7: // UC-: pgprot_noncached, and pgprot_device, which is the same here
      return 'noncached'
    case 1:
      return 'writecombine'
    case 6: // write-back
      return 'normal'
    default:
      return undefined
  }
}

/**
 * The cache mode of an x86 page table entry of a 4 KiB page, or of a vm_page_prot.
 *
 * @param bits PWT is bit 3, PCD bit 4, PAT bit 7.
 */
export function cacheModeOfX86Page(bits: bigint, pat: bigint = X86_LINUX_PAT): CacheMode | undefined {
  const entry = u64At(bits, 'bits')
  return cacheModeOfX86Pat(Number(((entry >> 3n) & 3n) | ((entry >> 5n) & 4n)), pat)
}
