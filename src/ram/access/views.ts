import { tagOf } from '../../check.ts'
import { HOST_LITTLE_ENDIAN } from '../../host/endian.ts'

/**
 * Typed arrays over one buffer, an element width each. An element access on these never tears by the ECMAScript
 * specification (IsNoTearConfiguration); 64 bits have that promise only through Atomics.
 */
export interface Views {
  readonly u8: Uint8Array
  readonly u16: Uint16Array
  readonly u32: Uint32Array
  readonly u64: BigUint64Array
}

/**
 * Views of a buffer, or of a part that begins at a multiple of 8. Its last odd bytes are reachable through `u8`
 * alone.
 *
 * @param bytes NaN: as many as a resizable buffer has at any time.
 */
export function viewsOf(buffer: ArrayBufferLike, offset = 0, bytes: number = buffer.byteLength): Views {
  const elements = (width: number): number | undefined => (bytes >= 0 ? Math.floor(bytes / width) : undefined)
  return {
    u8: new Uint8Array(buffer, offset, elements(1)),
    u16: new Uint16Array(buffer, offset, elements(2)),
    u32: new Uint32Array(buffer, offset, elements(4)),
    u64: new BigUint64Array(buffer, offset, elements(8)),
  }
}

/**
 * True of a buffer that other threads may see, of any realm (an iframe's, node:vm's). Some pages have no such buffers, nor
 * the name; in others to look at the name is reported as deprecated. So it is not looked at.
 */
export function isShared(buffer: unknown): buffer is SharedArrayBuffer {
  if (buffer instanceof ArrayBuffer) return false
  try {
    // What says that it is one, and of what is none an array makes a copy.
    return tagOf(buffer) === 'SharedArrayBuffer' && new Uint8Array(buffer as ArrayBuffer).buffer === buffer
  } catch {
    return false
  }
}

/** Two bytes, the lower 8 bits first. */
export function little16(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8)
}

/** Four; may come out negative. */
export function little32(bytes: Uint8Array, at: number): number {
  return little16(bytes, at) | (little16(bytes, at + 2) << 16)
}

/** The 16 bits that two bytes in address order make as an element of a typed array on this host. */
export function pack16(bytes: Uint8Array, at: number): number {
  const value = little16(bytes, at)
  return HOST_LITTLE_ENDIAN ? value : swap16(value)
}

/** The same for 32 bits; may come out negative. */
export function pack32(bytes: Uint8Array, at: number): number {
  const value = little32(bytes, at)
  return HOST_LITTLE_ENDIAN ? value : swap32(value)
}

export function swap16(value: number): number {
  return ((value & 0xff) << 8) | ((value >>> 8) & 0xff)
}

/** Unsigned. */
export function swap32(value: number): number {
  return ((value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0
}

/** Reverses the bytes of a value of 1, 2 or 4. */
export function swap(value: number, size: number): number {
  return size === 4 ? swap32(value) : size === 2 ? swap16(value) : value
}

/** Reverses the eight bytes of an unsigned 64-bit value. */
export function swap64(value: bigint): bigint {
  const low = swap32(Number(value & 0xffff_ffffn))
  const high = swap32(Number((value >> 32n) & 0xffff_ffffn))
  return (BigInt(low) << 32n) | BigInt(high)
}
