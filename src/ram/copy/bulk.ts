/**
 * The engine's own copies, for the one table row that permits them (S4: strict false, normal memory). They store in any
 * order, may store a byte twice and may split an access: never for bytes that a guest may watch.
 */

export function bulkCopyWithin(u8: Uint8Array, dst: number, src: number, length: number): void {
  u8.copyWithin(dst, src, src + length)
}

export function bulkFillBytes(u8: Uint8Array, dst: number, byte: number, length: number): void {
  u8.fill(byte, dst, dst + length)
}

export function bulkSetIn(u8: Uint8Array, dst: number, user: Uint8Array): void {
  u8.set(user, dst)
}

/** To `user`, whose class may have a `set` of its own. */
export function bulkSetOut(user: Uint8Array, at: number, from: Uint8Array): void {
  Uint8Array.prototype.set.call(user, from, at)
}
