import { bufferOf, offsetOf } from '../../check.ts'
import { viewsOf } from '../access/views.ts'
import { copyViews } from './script-copy.ts'

/**
 * A copy of a user's array that others may see: nobody else sees this one. It lies as far from a multiple of 8 as the
 * array does, so that elements of both line up.
 */
export function privateCopy(bytes: Uint8Array, length: number): Uint8Array {
  const copy = privateLike(bytes, length)
  copyViews(viewsOf(copy.buffer), copy.byteOffset, viewsOf(bufferOf.call(bytes)), offsetOf.call(bytes), length, false)
  return copy
}

/** Zeroed bytes that `publish` can store to the array. */
export function privateLike(bytes: Uint8Array, length: number): Uint8Array {
  return new Uint8Array(new ArrayBuffer(length + 8), bytes.byteOffset & 7, length)
}

/** Stores `copy` to an array that others may see, as guest RAM is stored to (lane.ts): in order, each byte once. */
export function publish(bytes: Uint8Array, copy: Uint8Array, length: number, atomic: boolean): void {
  copyViews(viewsOf(bufferOf.call(bytes)), offsetOf.call(bytes), viewsOf(copy.buffer), copy.byteOffset, length, atomic)
}
