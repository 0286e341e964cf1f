import type { Views } from '../access/views.ts'

/**
 * The contract of an ordered transfer (S2, H10-H13), the same for every lane and tier. Addresses are byte addresses in
 * guest RAM, checked by the caller, as are lengths.
 *
 * - Each destination byte is stored exactly once, in ascending address order, the last byte last.
 * - Each source byte is loaded exactly once (no double fetch). Nothing outside the two ranges is touched.
 * - A store is naturally aligned: it never crosses a boundary of its own width, so never a cache line.
 * - 1, 2, 4 or 8 bytes to a naturally aligned destination are one store of that width; and one load, where the source
 *   is aligned too or the host loads unaligned.
 * - Overlap keeps all of it. Moving n bytes up by d takes min(d, n - d) bytes of scratch.
 *
 * `user` is a Uint8Array outside guest RAM; nobody else watches it, or its buffer is shared and it is treated as
 * guest RAM is. A view of the guest RAM itself is recognised.
 */
export interface OrderedLane {
  /** RAM to RAM, where the ranges are known not to overlap. */
  copy(dst: number, src: number, length: number): void
  /** RAM to RAM, overlapping or not. A RangeError, before anything is stored, where the scratch limit forbids it. */
  move(dst: number, src: number, length: number): void
  fill(dst: number, byte: number, length: number): void
  /** `length` bytes of `user` from `at` on, to guest RAM. */
  copyIn(dst: number, user: Uint8Array, at: number, length: number): void
  /** Guest RAM to `length` bytes of `user` from `at` on. */
  copyOut(user: Uint8Array, at: number, src: number, length: number): void
  /** From the elements of another guest RAM, at its byte address `src`; be it of the same memory or of another. */
  copyFrom(dst: number, from: Views, src: number, length: number): void
}

/**
 * The one table row that permits it (S4: strict false, normal memory): the fastest that the engine has. No order, and a
 * byte may be stored more than once.
 */
export interface BulkLane {
  bulkMove(dst: number, src: number, length: number): void
  bulkFill(dst: number, byte: number, length: number): void
  bulkIn(dst: number, user: Uint8Array, at: number, length: number): void
  bulkOut(user: Uint8Array, at: number, src: number, length: number): void
}

export interface Lane extends OrderedLane, BulkLane {
  /** `engine`: the engine's own copies, of private bytes. */
  readonly name: 'wasm' | 'script' | 'engine'
  /** What the bytes are in, where kernels can reach it. */
  readonly memory?: WebAssembly.Memory | undefined
  /** Of `engine` alone: the latest user's array that only this thread sees and that has none of the guest RAM's bytes. */
  readonly apart?: Uint8Array
}

/** Where the exact order of an overlapping move needs more scratch than this, it is refused or done backwards. */
export interface ScratchPolicy {
  /** Bytes. */
  readonly limit: number
  readonly beyond: 'refuse' | 'backwards'
}

/** The scratch that moving `length` bytes up by `distance` takes, bytes; 0 where the ranges don't overlap. */
export function scratchBytes(distance: number, length: number): number {
  return distance > 0 && distance < length ? Math.min(distance, length - distance) : 0
}

/** True if the move may go ahead in order, false if it is to be done backwards. */
export function admitScratch(policy: ScratchPolicy, bytes: number): boolean {
  if (bytes <= policy.limit) return true
  if (policy.beyond === 'backwards') return false
  throw new RangeError(
    `length and distance of this overlapping move need ${bytes} bytes of scratch, over the limit of ${policy.limit}`,
  )
}
