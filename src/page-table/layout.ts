// What the bytes of a table mean: docs/PAGE-TABLE.md. What a compiled CPU relies on is here and in no other file; whoever
// changes any of it counts LAYOUT_VERSION up.

/** The layout that this file describes; the second word of every table's header. */
export const LAYOUT_VERSION = 1
/** The first word of the header: the letters GMPT. */
export const MAGIC = 0x5450_4d47

// Bits of an entry. What is above them, bits 7 to 31, is the displacement, a multiple of 128.
/** A load that is naturally aligned may be made in memory; of a byte, any. */
export const PAGE_READ = 1
/** The same of a store, which needs no mark. */
export const PAGE_WRITE = 2
/**
 * A load of up to 64 bytes that begins in this page may be made in memory, whatever its alignment, also into the next page;
 * beside {@link PAGE_READ}.
 */
export const PAGE_READ_ANY = 4
/** The same of a store; see {@link PAGE_WRITE}; beside {@link PAGE_READ}. */
export const PAGE_WRITE_ANY = 8
/** A device's handlers answer: loads where there is no PAGE_READ, and stores; beside {@link PAGE_READ}. */
export const PAGE_DEVICE = 16
/** Something is there, and only a call finds out what; beside {@link PAGE_READ}. */
export const PAGE_SLOW = 32
/**
 * The guest's CPU can't write here; a device of the guest's can, where it is RAM (RULES E2);
 * beside {@link PAGE_READ}.
 */
export const PAGE_READONLY = 64
/** All of them. */
export const PAGE_FLAGS = 127
/** What an entry has of the displacement. */
export const DISPLACEMENT_UNIT: number = PAGE_FLAGS + 1

/** Bytes, ahead of the entries. */
export const HEADER_BYTES = 64
/** Bytes, of a flat table and of a hashed one. */
export const ENTRY_BYTES = 4
export const SLOT_BYTES = 16

/** Indices of the header's words of 32 bits. */
export const HEADER = {
  magic: 0,
  version: 1,
  flags: 2,
  pageShift: 3,
  addressBits: 4,
  entries: 5,
  count: 6,
  slotShift: 7,
  generation: 8,
} as const
/** Bits of the header's `flags`. */
export const HASHED = 1
export const BIG_ENDIAN = 2

/** What a table covers, and how. */
export interface Geometry {
  readonly hashed: boolean
  readonly addressBits: number
  readonly pageShift: number
  /** How many entries, or slots, it has: a power of two. */
  readonly count: number
  /** Of header and entries. */
  readonly bytes: number
}

export function geometryOf(addressBits: number, pageSize: number, slots: number): Geometry {
  const hashed = addressBits > 32
  const pageShift = Math.log2(pageSize)
  const count = hashed ? slots : 2 ** Math.max(0, addressBits - pageShift)
  return { hashed, addressBits, pageShift, count, bytes: HEADER_BYTES + count * (hashed ? SLOT_BYTES : ENTRY_BYTES) }
}
