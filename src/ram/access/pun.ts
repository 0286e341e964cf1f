import { HOST_LITTLE_ENDIAN } from '../../host/endian.ts'
import { IS_V8 } from '../../host/engine.ts'

/** The same 8 bytes as one element of 64 bits, as a float's, as two of 32 and as bytes. */
export const PUN64: BigUint64Array = /* @__PURE__ */ new BigUint64Array(1)
const PUN_FLOAT: Float64Array = /* @__PURE__ */ new Float64Array(PUN64.buffer)
export const PUN32: Uint32Array = /* @__PURE__ */ new Uint32Array(PUN64.buffer)
export const PUN8: Uint8Array = /* @__PURE__ */ new Uint8Array(PUN64.buffer)
/** Where in PUN32 the low half is. */
export const LOW: 0 | 1 = HOST_LITTLE_ENDIAN ? 0 : 1

// An element of 64 bits as two numbers, in one access. V8 makes no bigint of an element that goes from one array to another,
// nor of a sum that goes into one. Other engines do, which takes them 20 ns: there it goes as a float, which loses nothing on
// its way but the bits of a NaN.

/** The same elements as floats, where the engine is better off with them. */
export function floatsOf({ buffer, byteOffset, length }: BigUint64Array): Float64Array | undefined {
  return IS_V8 ? undefined : new Float64Array(buffer, byteOffset, length)
}

/** Has PUN32 hold an element. Its memory may be loaded from twice. */
export function punFloat(elements: BigUint64Array, floats: Float64Array, index: number): void {
  const float = floats[index] as number
  if (Number.isNaN(float)) PUN64[0] = elements[index] as bigint
  else PUN_FLOAT[0] = float
}

/** Stores an element that is given as two halves. */
export function storePair(
  elements: BigUint64Array,
  floats: Float64Array | undefined,
  index: number,
  low: number,
  high: number,
): void {
  if (floats === undefined) {
    elements[index] = BigInt(low >>> 0) | (BigInt(high >>> 0) << 32n)
    return
  }
  PUN32[LOW] = low
  PUN32[1 - LOW] = high
  const float = PUN_FLOAT[0] as number
  if (Number.isNaN(float)) elements[index] = PUN64[0] as bigint
  else floats[index] = float
}
