// What a C library's memcpy does to a mapping, and whether the host would have borne it.

const VECTOR = 16

/** The accesses of a copy of `length` bytes: 16 at a time, the last ones over those before (H10). */
function* stores(address, length) {
  if (length < VECTOR) for (let at = 0; at < length; at++) yield [address + at, 1]
  else {
    for (let at = 0; at + VECTOR <= length; at += VECTOR) yield [address + at, VECTOR]
    if (length % VECTOR !== 0) yield [address + length - VECTOR, VECTOR]
  }
}

/**
 * @param {import('guestmem').HostAccess} allowed What the host lets an access to this mapping be.
 * @param {number} address
 * @param {number} length Bytes.
 * @returns {number} How many of its accesses fault: unaligned ones and vectors, where the mapping takes none (H6).
 */
export function memcpyFaults(allowed, address, length) {
  let faults = 0
  for (const [at, width] of stores(address, length)) {
    const vector = width > 8 && !allowed.vectors
    const unaligned = at % width !== 0 && !allowed.unaligned
    if (vector || unaligned) faults++
  }
  return faults
}
