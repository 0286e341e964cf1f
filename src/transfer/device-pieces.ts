import { type Completer, completion } from '../region/device/completer.ts'
import { REJECTING } from '../region/device/rejecting-completer.ts'
import type { MemTxAttrs } from '../request/attrs.ts'
import type { MemTxResult } from '../request/result.ts'

/**
 * The size of the next piece of a block request to a device (RULES E4): the largest power of two that neither the
 * request nor what the device takes is smaller than, and that the offset in the region is a multiple of, unless the
 * device takes unaligned accesses.
 */
export function pieceSize(device: Pick<Completer, 'maxSize' | 'unaligned'>, offset: number, length: number): number {
  let size = device.maxSize
  if (!device.unaligned) while (offset % size !== 0) size >>>= 1
  while (size > length) size >>>= 1
  return size
}

/**
 * How many bytes of a request are rejected in one step, where no access is accepted. Each piece of at most 4 aligned bytes
 * would be rejected by itself (RULES E5). All pieces that end within the section are taken together; the one that reaches
 * over its end (D4) is a step of its own.
 *
 * @param left Bytes to the section's end.
 * @param most Bytes that the next piece may have at most.
 */
export function rejectedSize(left: number, offset: number, length: number, most: number): number {
  if (left >= length) return length
  const whole = left - (left % 4)
  return offset % 4 === 0 && whole > 0 ? whole : pieceSize(REJECTING, offset, most)
}

/** Reads one piece into an array; where it fails, zeroes are stored there. */
export function readPiece(
  device: Completer,
  offset: number,
  bytes: Uint8Array,
  at: number,
  size: number,
  attrs: MemTxAttrs,
  big: boolean,
): MemTxResult {
  const value = device.read(offset, size, attrs, big)
  const { result } = completion
  if (typeof value === 'bigint') {
    spread(bytes, big ? at + 4 : at, Number(value & 0xffff_ffffn), 4, big)
    spread(bytes, big ? at : at + 4, Number(value >> 32n), 4, big)
  } else spread(bytes, at, value, size, big)
  return result
}

export function writePiece(
  device: Completer,
  offset: number,
  bytes: Uint8Array,
  at: number,
  size: number,
  attrs: MemTxAttrs,
  big: boolean,
): MemTxResult {
  if (size === 8) {
    const low = gather(bytes, big ? at + 4 : at, 4, big)
    const high = gather(bytes, big ? at : at + 4, 4, big)
    device.write(offset, (BigInt(high) << 32n) | BigInt(low), 8, attrs, big)
  } else device.write(offset, gather(bytes, at, size, big), size, attrs, big)
  return completion.result
}

function spread(bytes: Uint8Array, at: number, value: number, size: number, big: boolean): void {
  for (let i = 0; i < size; i++) bytes[at + (big ? size - 1 - i : i)] = value >>> (8 * i)
}

function gather(bytes: Uint8Array, at: number, size: number, big: boolean): number {
  let value = 0
  for (let i = 0; i < size; i++) value |= (bytes[at + (big ? size - 1 - i : i)] as number) << (8 * i)
  return value >>> 0
}
