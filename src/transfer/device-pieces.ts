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

/** The bytes of the piece that is read or written, in the device's order. */
const pieceBytes: Uint8Array = /* @__PURE__ */ new Uint8Array(8)
const piece: DataView = /* @__PURE__ */ new DataView(pieceBytes.buffer)

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
  if (typeof value === 'bigint') piece.setBigUint64(0, value, !big)
  else piece.setUint32(0, big ? value << (32 - 8 * size) : value, !big)
  for (let i = 0; i < size; i++) bytes[at + i] = pieceBytes[i] as number
  return completion.result
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
  piece.setUint32(0, 0)
  for (let i = 0; i < size; i++) pieceBytes[i] = bytes[at + i] as number
  const first = piece.getUint32(0, !big)
  const value = size === 8 ? piece.getBigUint64(0, !big) : big ? first >>> (32 - 8 * size) : first
  device.write(offset, value, size, attrs, big)
  return completion.result
}
