// The bytes of a trace ring, in the byte order of the host: docs/TRACE.md has the table.

/** The first word: "GMTR". Of another byte order it is another number. */
export const MAGIC = 0x5254_4d47
export const VERSION = 1

// Words of 32 bits of the header. All but the first four change.
export const MAGIC_WORD = 0
export const VERSION_WORD = 1
/** Events, a power of two. */
export const CAPACITY_WORD = 2
/** 1 where the oldest events make room; 0 where the newest are dropped. */
export const OVERWRITES_WORD = 3
/** How many events were put in, and how many were taken out or dropped from there, modulo 2^32. */
export const HEAD_WORD = 4
export const TAIL_WORD = 5
/** How many events were dropped: low and high half. */
export const DROPPED_WORD = 6
/** Bytes of names that are there, and room for them. */
export const NAMES_WORD = 8
export const NAMES_ROOM_WORD = 9
export const HEADER_WORDS = 16
export const HEADER_BYTES = 64

/** Bytes of an event: 7 doubles, as one would count them. */
export const EVENT_BYTES = 56
export const EVENT_DOUBLES = 7
export const EVENT_WORDS = 14

// Of an event: the doubles.
export const SEQUENCE = 0
export const TIME = 1
export const ADDRESS = 2
export const OFFSET = 3
// The words.
export const VALUE_LOW = 8
export const VALUE_HIGH = 9
export const SIZE = 10
/** The requester's id in the low 16 bits, the kind in the next 8, the result in the highest. */
export const HOW = 11
/** The space's number in the low 16 bits, the flags in the high ones. */
export const WHO = 12
export const REGION = 13

/** What an event's kind may be. What is no fetch of a CPU's and has DMA is a bus master's. */
export const KINDS = ['read', 'write', 'fetch'] as const
export const DMA = 4

// Flags.
export const SECURE = 1
export const USER = 2
export const RELAXED = 4
export const MEMORY = 8
/** The value is a number that the bytes form in big-endian order. */
export const BIG = 16
/** There is a value: the access has at most 8 bytes. */
export const HAS_VALUE = 32

/** In place of a region's number: nothing is mapped there. */
export const NO_REGION = 0xffff_ffff
/** Numbers of spaces from here on have no name. */
export const MAX_SPACES = 0xffff
