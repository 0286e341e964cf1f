/**
 * Whether this host's typed arrays are little-endian; fixed for the life of the process, the same on every thread.
 * ECMAScript leaves the byte order of typed arrays to the host, while WebAssembly's loads and stores are always
 * little-endian, so the two lanes disagree where this is false.
 */
export const HOST_LITTLE_ENDIAN: boolean = /* @__PURE__ */ firstByteIsLowest()

function firstByteIsLowest(): boolean {
  return new Uint8Array(Uint16Array.of(1).buffer)[0] === 1
}
