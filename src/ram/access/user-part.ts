import { bufferOf, lengthOf, offsetOf } from '../../check.ts'

/** How many bytes a user's array has now: none where its buffer was detached or shrunk under it. */
export function bytesOf(array: Uint8Array): number {
  return lengthOf.call(array)
}

/** A part of a user's array, as a plain one. The bytes must be there. */
export function partOf(array: Uint8Array, at: number, size: number): Uint8Array {
  return new Uint8Array(bufferOf.call(array), offsetOf.call(array) + at, size)
}

/** Zeros a part of a user's array, whose class may have a `fill` of its own. The bytes must be there. */
export function clearPart(array: Uint8Array, at: number, size: number): void {
  Uint8Array.prototype.fill.call(array, 0, at, at + size)
}
