import type { AddressSpace } from 'guestmem'
import { show } from '../check.ts'
import { PageTable } from './table.ts'

/**
 * What a CPU imports for accesses that it can't make in its memory itself. Of a flat table each takes the address as an i32;
 * of a hashed one as two, the low and the high half. Values are as WebAssembly has them: an i32 up to 32 bits, of which loads
 * give zero-extended ones and stores take the lowest bits; an i64 of 64.
 */
export interface SlowAccesses {
  readonly load8: (...address: number[]) => number
  readonly load16: (...address: number[]) => number
  readonly load32: (...address: number[]) => number
  readonly load64: (...address: number[]) => bigint
  readonly store8: (...addressAndValue: number[]) => void
  readonly store16: (...addressAndValue: number[]) => void
  readonly store32: (...addressAndValue: number[]) => void
  readonly store64: (...addressAndValue: (number | bigint)[]) => void
}

/** The imports of a WebAssembly CPU for what its table does not let it access itself: devices, ROM, seams. */
export function slowAccesses(table: PageTable): SlowAccesses {
  if (!(table instanceof PageTable)) throw new TypeError(`table must be a PageTable (of pageTable), got ${show(table)}`)
  return table.layout === 'flat' ? ofFlat(table.space) : ofHashed(table)
}

function ofFlat(space: AddressSpace): SlowAccesses {
  // WebAssembly hands addresses over as signed numbers.
  return {
    load8: (address: number) => space.load8(address >>> 0),
    load16: (address: number) => space.load16(address >>> 0),
    load32: (address: number) => space.load32(address >>> 0),
    load64: (address: number) => space.load64(address >>> 0),
    store8: (address: number, value: number) => space.store8(address >>> 0, value),
    store16: (address: number, value: number) => space.store16(address >>> 0, value),
    store32: (address: number, value: number) => space.store32(address >>> 0, value),
    store64: (address: number, value: bigint) => space.store64(address >>> 0, value),
  } as SlowAccesses
}

/** Nothing is mapped from 2^53 on, and no space takes such an address in an access; `read` and `write` do (RULES D3). */
const BEYOND = 2n ** 53n
const HIGH_LIMIT = 2 ** 21

function ofHashed(table: PageTable): SlowAccesses {
  const { space } = table
  /** The address, its page in the table from now on; undefined beyond 2^53. */
  const at = (low: number, high: number): number | undefined => {
    const upper = high >>> 0
    if (upper >= HIGH_LIMIT) return undefined
    const address = upper * 2 ** 32 + (low >>> 0)
    table.fill(address)
    return address
  }
  const readNothing = (size: number): 0 => {
    space.read(BEYOND, new Uint8Array(size))
    return 0
  }
  const load = (size: number, one: (address: number) => number) => (low: number, high: number) => {
    const address = at(low, high)
    return address === undefined ? readNothing(size) : one(address)
  }
  const store =
    <V>(size: number, one: (address: number, value: V) => void) =>
    (low: number, high: number, value: V) => {
      const address = at(low, high)
      if (address === undefined) space.write(BEYOND, new Uint8Array(size))
      else one(address, value)
    }
  return {
    load8: load(1, address => space.load8(address)),
    load16: load(2, address => space.load16(address)),
    load32: load(4, address => space.load32(address)),
    load64: (low: number, high: number) => {
      const address = at(low, high)
      return address === undefined ? BigInt(readNothing(8)) : space.load64(address)
    },
    store8: store(1, (address, value: number) => space.store8(address, value)),
    store16: store(2, (address, value: number) => space.store16(address, value)),
    store32: store(4, (address, value: number) => space.store32(address, value)),
    store64: store(8, (address, value: bigint) => space.store64(address, value)),
  } as SlowAccesses
}
