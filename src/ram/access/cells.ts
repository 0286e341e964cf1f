import { show } from '../../check.ts'
import { HOST_LITTLE_ENDIAN } from '../../host/endian.ts'
import { IS_V8 } from '../../host/engine.ts'
import type { Kernel } from '../kernels/kernel.ts'
import type { CellAccess } from './cell-access.ts'
import { fixedIn, fixedOut } from './fixed-width.ts'
import type { PrivateViews } from './guest-bytes.ts'
import { PUN8, PUN32, PUN64 } from './pun.ts'
import { swap16, swap32, swap64 } from './views.ts'

/** What an unaligned cell does where the host can't make it in one access (S6). */
export type UnalignedPolicy = 'split' | 'refuse'

export interface CellOptions {
  /** Every access is an atomic one: the language order. */
  readonly atomic: boolean
  /** Unaligned accesses can be made in one instruction of the kernel. */
  readonly oneAccess: boolean
  readonly unaligned: UnalignedPolicy
  /** Aligned accesses of 64 bits are plain elements. Where others may see them: only by the host's order (docs/ORDERING.md). */
  readonly elements64?: boolean
}

/** 32 bits in one call of a kernel: little-endian, not always unsigned, and `bits` of the address have to be 0. */
export interface Words {
  readonly bits: number
  load32(address: number): number
  store32(address: number, value: number): void
}

/**
 * Cells: one guest access of 8, 16, 32 or 64 bits at a byte address in guest RAM, little-endian (a big-endian one is
 * the same access with its value reversed).
 *
 * Naturally aligned, each is one access: a typed array's element up to 32 bits, Atomics or a kernel's i64 for 64. It
 * can't tear and is never repeated, so a guest that watches sees the old value or the new (S2.1, H2). Unaligned, it is
 * one instruction where the host has that (H3), else by policy: pieces in ascending order, or a RangeError (S6, D).
 *
 * Addresses are not checked here: callers hold a region or a block and have checked against it.
 */
export class Cells implements CellAccess {
  readonly atomic: boolean
  readonly oneAccess: boolean
  readonly splits: boolean
  /** Aligned accesses of 64 bits are elements (CellOptions). */
  readonly elements64: boolean
  /** For those that are no elements. */
  readonly words: Words | undefined
  /** The high half of the latest `load64Pair`. */
  high = 0
  readonly #live: () => PrivateViews
  #u8: Uint8Array
  #u16: Uint16Array
  #u32: Uint32Array
  #u64: BigUint64Array
  /** Of private bytes, whose accesses nobody can see torn: the engine makes unaligned ones. */
  #data: DataView | undefined
  readonly #kernel: Kernel | undefined

  /** @param live Gives the views anew where those were detached (GuestBytes). */
  constructor(
    views: PrivateViews,
    kernel: Kernel | undefined,
    options: CellOptions,
    live: () => PrivateViews = () => views,
  ) {
    this.atomic = options.atomic
    // In the language order every access is atomic and must be aligned, so the policy decides about unaligned ones.
    this.oneAccess = options.oneAccess && kernel !== undefined && !options.atomic
    this.splits = options.unaligned === 'split'
    this.elements64 = options.elements64 ?? false
    this.#live = live
    this.#u8 = views.u8
    this.#u16 = views.u16
    this.#u32 = views.u32
    this.#u64 = views.u64
    this.#data = views.data
    this.#kernel = kernel
    this.words = wordsOf(this, views, kernel)
  }

  /** To be called before an access to bytes that may have moved: private memory that has grown (GuestBytes). */
  live(): this {
    if (this.#u8.length === 0) {
      const { u8, u16, u32, u64, data } = this.#live()
      this.#u8 = u8
      this.#u16 = u16
      this.#u32 = u32
      this.#u64 = u64
      this.#data = data
    }
    return this
  }

  /** False where an access of `size` bytes at `address` would be refused. To be asked before one, as `live` is. */
  permits(address: number, size: number): boolean {
    this.live()
    return this.splits || this.oneAccess || (address & (size - 1)) === 0
  }

  load8(address: number): number {
    return this.atomic ? Atomics.load(this.#u8, address) : (this.#u8[address] as number)
  }

  load16(address: number): number {
    if ((address & 1) === 0) {
      const index = address >>> 1
      const value = this.atomic ? Atomics.load(this.#u16, index) : (this.#u16[index] as number)
      return HOST_LITTLE_ENDIAN ? value : swap16(value)
    }
    return this.#load16Unaligned(address)
  }

  load32(address: number): number {
    if ((address & 3) === 0) {
      if (this.atomic) return this.#load32Atomic(address)
      const value = this.#u32[address >>> 2] as number
      return HOST_LITTLE_ENDIAN ? value : swap32(value)
    }
    return this.#load32Unaligned(address)
  }

  load64(address: number): bigint {
    if ((address & 7) === 0) {
      const value = this.elements64 ? (this.#u64[address >>> 3] as bigint) : Atomics.load(this.#u64, address >>> 3)
      return HOST_LITTLE_ENDIAN ? value : swap64(value)
    }
    const low = this.load64Pair(address)
    return (BigInt(this.high) << 32n) | BigInt(low)
  }

  /** 64 bits as two numbers, without a bigint: returns the low half, leaves the high one in `high`. */
  load64Pair(address: number): number {
    const data = this.#data
    if (data !== undefined) {
      this.high = data.getUint32(address + 4, true)
      return data.getUint32(address, true)
    }
    if ((address & 7) === 0) {
      if (this.elements64) {
        PUN64[0] = this.#u64[address >>> 3] as bigint
        return this.#unpun()
      }
      const kernel = this.#kernel
      if (kernel !== undefined) {
        const low = kernel.atomicLoad64(address) >>> 0
        this.high = kernel.high() >>> 0
        return low
      }
      PUN64[0] = Atomics.load(this.#u64, address >>> 3)
      return this.#unpun()
    }
    if (this.oneAccess) {
      const kernel = this.#kernel as Kernel
      const low = kernel.load64(address) >>> 0
      this.high = kernel.high() >>> 0
      return low
    }
    this.#check(address, 8)
    // In ascending pieces of 4 4, 2 4 2, 1 2 4 1 or 1 4 2 1 bytes.
    fixedOut(this, PUN8, 0, address, 8)
    return this.#unpun()
  }

  store8(address: number, value: number): void {
    if (this.atomic) Atomics.store(this.#u8, address, value)
    else this.#u8[address] = value
  }

  store16(address: number, value: number): void {
    if ((address & 1) === 0) {
      const element = HOST_LITTLE_ENDIAN ? value : swap16(value)
      if (this.atomic) Atomics.store(this.#u16, address >>> 1, element)
      else this.#u16[address >>> 1] = element
    } else this.#store16Unaligned(address, value)
  }

  store32(address: number, value: number): void {
    if ((address & 3) === 0) {
      if (this.atomic) this.#store32Atomic(address, value)
      else this.#u32[address >>> 2] = HOST_LITTLE_ENDIAN ? value : swap32(value)
    } else this.#store32Unaligned(address, value)
  }

  store64(address: number, value: bigint): void {
    if ((address & 7) === 0) {
      const kernel = this.#kernel
      if (this.elements64) this.#u64[address >>> 3] = HOST_LITTLE_ENDIAN ? value : swap64(value)
      else if (kernel === undefined || this.atomic)
        Atomics.store(this.#u64, address >>> 3, HOST_LITTLE_ENDIAN ? value : swap64(value))
      else {
        // Not an atomic store: on x86 that is an XCHG, which also loads, and to load a device's register may have
        // effects.
        PUN64[0] = value
        const first = PUN32[0] as number
        const second = PUN32[1] as number
        if (HOST_LITTLE_ENDIAN) kernel.store64(address, first, second)
        else kernel.store64(address, second, first)
      }
    } else this.store64Pair(address, Number(value & 0xffff_ffffn), Number((value >> 32n) & 0xffff_ffffn))
  }

  /** 64 bits given as two numbers. */
  store64Pair(address: number, low: number, high: number): void {
    const data = this.#data
    if (data !== undefined) {
      data.setUint32(address, low, true)
      data.setUint32(address + 4, high, true)
      return
    }
    if ((address & 7) === 0) {
      const kernel = this.#kernel
      if (this.elements64) {
        // V8 makes no bigint of a sum that goes into such an element.
        const value = BigInt(low >>> 0) | (BigInt(high >>> 0) << 32n)
        this.#u64[address >>> 3] = HOST_LITTLE_ENDIAN ? value : swap64(value)
      } else if (kernel === undefined) {
        this.#pun(low, high)
        Atomics.store(this.#u64, address >>> 3, PUN64[0] as bigint)
      } else if (this.atomic) kernel.atomicStore64(address, low, high)
      // One i64.store, of which every engine makes one machine store (docs/ORDERING.md).
      else kernel.store64(address, low, high)
    } else if (this.oneAccess) (this.#kernel as Kernel).store64(address, low, high)
    else {
      this.#check(address, 8)
      this.#pun(low, high)
      fixedIn(this, address, PUN8, 0, 8)
    }
  }

  #load32Atomic(address: number): number {
    const { words } = this
    if (words !== undefined) return words.load32(address) >>> 0
    const value = Atomics.load(this.#u32, address >>> 2)
    return HOST_LITTLE_ENDIAN ? value : swap32(value)
  }

  #store32Atomic(address: number, value: number): void {
    const { words } = this
    if (words !== undefined) words.store32(address, value)
    else Atomics.store(this.#u32, address >>> 2, HOST_LITTLE_ENDIAN ? value : swap32(value))
  }

  // Unaligned accesses are methods of their own, so that the aligned ones stay small enough for the JIT to inline.

  #load16Unaligned(address: number): number {
    if (this.#data !== undefined) return this.#data.getUint16(address, true)
    if (this.oneAccess) return (this.#kernel as Kernel).load16(address)
    this.#check(address, 2)
    const low = this.load8(address)
    return low | (this.load8(address + 1) << 8)
  }

  #load32Unaligned(address: number): number {
    if (this.#data !== undefined) return this.#data.getUint32(address, true)
    if (this.oneAccess) return (this.#kernel as Kernel).load32(address) >>> 0
    this.#check(address, 4)
    if ((address & 1) === 0) {
      const low = this.load16(address)
      return (low | (this.load16(address + 2) << 16)) >>> 0
    }
    const low = this.load8(address)
    const middle = this.load16(address + 1)
    return (low | (middle << 8) | (this.load8(address + 3) << 24)) >>> 0
  }

  #store16Unaligned(address: number, value: number): void {
    if (this.#data !== undefined) this.#data.setUint16(address, value, true)
    else if (this.oneAccess) (this.#kernel as Kernel).store16(address, value)
    else {
      this.#check(address, 2)
      this.store8(address, value)
      this.store8(address + 1, value >>> 8)
    }
  }

  #store32Unaligned(address: number, value: number): void {
    if (this.#data !== undefined) this.#data.setUint32(address, value, true)
    else if (this.oneAccess) (this.#kernel as Kernel).store32(address, value)
    else {
      this.#check(address, 4)
      if ((address & 1) === 0) {
        this.store16(address, value)
        this.store16(address + 2, value >>> 16)
      } else {
        this.store8(address, value)
        this.store16(address + 1, value >>> 8)
        this.store8(address + 3, value >>> 24)
      }
    }
  }

  #check(address: number, size: number): void {
    if (!this.splits)
      throw new RangeError(
        `address must be a multiple of ${size}, got ${show(address)}: unaligned accesses are refused and this host has none`,
      )
  }

  #pun(low: number, high: number): void {
    PUN32[0] = HOST_LITTLE_ENDIAN ? low : swap32(low)
    PUN32[1] = HOST_LITTLE_ENDIAN ? high : swap32(high)
  }

  #unpun(): number {
    const first = PUN32[0] as number
    const second = PUN32[1] as number
    this.high = HOST_LITTLE_ENDIAN ? second : swap32(second)
    return HOST_LITTLE_ENDIAN ? first : swap32(first)
  }
}

function wordsOf({ atomic, oneAccess }: Cells, { data }: PrivateViews, kernel: Kernel | undefined): Words | undefined {
  if (kernel === undefined || data !== undefined) return undefined
  const { atomicLoad32, atomicStore32, load32, store32 } = kernel
  if (oneAccess) return { bits: 0, load32, store32 }
  // V8 calls a builtin for Atomics, which takes longer than its call of a kernel; other engines make one instruction of it.
  return IS_V8 && atomic && atomicLoad32 && atomicStore32
    ? { bits: 3, load32: atomicLoad32, store32: atomicStore32 }
    : undefined
}
