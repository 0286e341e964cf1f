import { HOST_LITTLE_ENDIAN } from '../../host/endian.ts'

/**
 * The same 8 bytes as one element of 64 bits, as two of 32 and as bytes: a 64-bit element that is moved from one array to
 * another makes no bigint, and its halves are read here.
 */
export const PUN64: BigUint64Array = /* @__PURE__ */ new BigUint64Array(1)
export const PUN32: Uint32Array = /* @__PURE__ */ new Uint32Array(PUN64.buffer)
export const PUN8: Uint8Array = /* @__PURE__ */ new Uint8Array(PUN64.buffer)
/** Where in PUN32 the low half is. */
export const LOW: 0 | 1 = HOST_LITTLE_ENDIAN ? 0 : 1
