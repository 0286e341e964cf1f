/** What a row of the map says. A member forwards what no row is about. */
export const RAM = 0
export const ROM = 1
/** A ROM device in the mode in which it is read directly: writes are forwarded. */
export const ROMD = 2
/** Stores are not waited for (coalesced MMIO). */
export const POSTED = 3
/** Stores of one size, and perhaps one value, are counted for an event notifier. */
export const NOTIFIER = 4

/** Flags of memory: readonly in the guest's eyes, though not to a bus master (RULES E2); not volatile. */
export const READONLY = 1
export const NONVOLATILE = 2

/**
 * A row, as 8 numbers: all are integers. The first two are addresses, below 2^53; the others are 32-bit.
 *
 * - start, end (behind the last byte; of a notifier the address of the write, twice);
 * - kind;
 * - of memory: flags and, from bit 8 on, the dirty log mask; the guest RAM's index; the block's offset in it; its size less
 *   one; where the row begins in the block;
 * - of what is posted: the sizes that the device accepts, a set; whether it accepts them unaligned; what to add to an address
 *   for the offset in the region, modulo 8;
 * - of a notifier: its id; the size of the write; whether it has a value, and that: low half, high half.
 */
export type MapRow = readonly [
  start: number,
  end: number,
  kind: number,
  a: number,
  b: number,
  c: number,
  d: number,
  e: number,
]

/** Each word is stored atomically: a member may be reading the table that is written anew. */
export function storeRow(words: Int32Array, at: number, row: MapRow): void {
  const [start, end] = row
  Atomics.store(words, at, start | 0)
  Atomics.store(words, at + 1, Math.floor(start / 2 ** 32))
  Atomics.store(words, at + 2, end | 0)
  Atomics.store(words, at + 3, Math.floor(end / 2 ** 32))
  for (let i = 2; i < 8; i++) Atomics.store(words, at + 2 + i, row[i] as number)
}

export function loadRow(words: Int32Array, at: number): MapRow {
  const word = (i: number): number => Atomics.load(words, at + i)
  return [
    (word(0) >>> 0) + word(1) * 2 ** 32,
    (word(2) >>> 0) + word(3) * 2 ** 32,
    word(4),
    word(5),
    word(6) >>> 0,
    word(7) >>> 0,
    word(8) >>> 0,
    word(9) >>> 0,
  ]
}

/** Rows that say the same. Numbers past 2^31 are compared as the words that they become. */
export function isSameRow(a: MapRow, b: MapRow): boolean {
  return a[0] === b[0] && a[1] === b[1] && a.every((value, i) => i < 2 || (value | 0) === ((b[i] as number) | 0))
}
