// The engine's own getters: a subclass, or a property of the array itself, may give another answer under the same name.
const lengthOf = /* @__PURE__ */ arrayGetter('length') as (this: Uint8Array) => number
const offsetOf = /* @__PURE__ */ arrayGetter('byteOffset') as (this: Uint8Array) => number
const bufferOf = /* @__PURE__ */ arrayGetter('buffer') as (this: Uint8Array) => ArrayBufferLike

function arrayGetter(key: string): unknown {
  return Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), key)?.get
}

/** How many bytes a user's array has now: none where its buffer was detached or shrunk under it. */
export function bytesOf(array: Uint8Array): number {
  return lengthOf.call(array)
}

/** A part of a user's array, as a plain one. The bytes must be there. */
export function partOf(array: Uint8Array, at: number, size: number): Uint8Array {
  return new Uint8Array(bufferOf.call(array), offsetOf.call(array) + at, size)
}
