/** JavaScript stores elements in the host's byte order; a file's are little-endian. */
export const HOST_IS_LITTLE: boolean = /* @__PURE__ */ (() => new Uint8Array(Uint16Array.of(1).buffer)[0] === 1)()

const DOUBLE = /* @__PURE__ */ new Float64Array(1)
const DOUBLE_BYTES = /* @__PURE__ */ new Uint8Array(DOUBLE.buffer)

/**
 * The bytes of an array of this room's own as words of 32 bits, in the host's byte order. No guest's bytes: those are copied
 * into such arrays first.
 *
 * @param bytes Begins at a multiple of 4 in its buffer; what is left over at its end has no word.
 */
export function wordsOf(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.length / 4))
}

export function getU32(bytes: Uint8Array, at: number): number {
  const [a, b, c, d] = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]] as [number, number, number, number]
  return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0
}

export function setU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value
  bytes[at + 1] = value >>> 8
  bytes[at + 2] = value >>> 16
  bytes[at + 3] = value >>> 24
}

export function getF64(bytes: Uint8Array, at: number): number {
  for (let i = 0; i < 8; i++) DOUBLE_BYTES[HOST_IS_LITTLE ? i : 7 - i] = bytes[at + i] as number
  return DOUBLE[0] as number
}

export function setF64(bytes: Uint8Array, at: number, value: number): void {
  DOUBLE[0] = value
  for (let i = 0; i < 8; i++) bytes[at + i] = DOUBLE_BYTES[HOST_IS_LITTLE ? i : 7 - i] as number
}
