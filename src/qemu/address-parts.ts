/** A part of a request among 64-bit addresses. */
export interface AddressPart {
  /** The first address; undefined where no space of ours reaches, past 2^53. */
  readonly address: number | undefined
  /** The index in the request of its first byte. */
  readonly at: number
  /** Bytes. */
  readonly size: number
}

const NUMBER_LIMIT = 2n ** 53n
const ADDRESS_END = 2n ** 64n

/** The parts of a request, in ascending order: addresses go on at 0 behind 2^64 (RULES E9). */
export function* addressParts(address: bigint, size: number): Generator<AddressPart> {
  let here = address
  for (let at = 0; at < size; ) {
    const end = here < NUMBER_LIMIT ? NUMBER_LIMIT : ADDRESS_END
    const left = end - here
    const part = BigInt(size - at) < left ? size - at : Number(left)
    yield { address: here < NUMBER_LIMIT ? Number(here) : undefined, at, size: part }
    at += part
    here = BigInt.asUintN(64, here + BigInt(part))
  }
}
