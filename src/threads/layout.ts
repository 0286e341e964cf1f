/**
 * Where the words of a board are: Int32 elements of its control block. Words that one thread polls and another stores to
 * have a cache line of their own (16 words), so that a store to one of them does not slow down who polls another.
 */

/** The number of the map of now: 1 and up. Stored by the owner. */
export const EPOCH = 0
/** 1 once the owner is gone. */
export const GONE = 16
/** Counted up, and notified, by whoever wants the owner to look. */
export const DOORBELL = 32
/** 1 while the owner sleeps, or is about to: then the doorbell must be rung. */
export const OWNER_ASLEEP = 48
const HEADER_WORDS = 64

// Of a member's area. Words are stored by one side, or by both with read-modify-write.

/** What wants the member's attention, a set of bits: set by the owner, taken by the member. */
export const ATTENTION = 0
/** How many entries the member has put into its ring. */
export const HEAD = 16
/** How many requests that a member waits for have been answered. Stored by the owner, after the answer. */
export const REPLIES = 32
/** The answer: what was read, its low and high half, and the MemTxResult. */
export const REPLY_LOW = 33
export const REPLY_HIGH = 34
export const REPLY_RESULT = 35
/** How many entries the owner has taken out of the ring. */
export const TAIL = 36
/** The number of the newest map that the member uses; it uses no older one. */
export const ACK = 48
/** 1 while the member may touch guest memory by its map. */
export const ONLINE = 49
/** 1 while the member sleeps, or is about to. The owner looks at it with each reply. */
export const MEMBER_ASLEEP = 64
/** Interrupts, a set of bits: set by the owner, taken by the member. */
export const PENDING = 80
const MEMBER_WORDS = 96

/** Entries of a ring: a power of two. */
export const RING_ENTRIES = 256
export const ENTRY_WORDS = 8
/** Bytes of a request of any length that go across at once. A multiple of every piece's size. */
export const RUN_BYTES = 4096
/** A row of the map, as words (map-row.ts). */
export const ROW_WORDS = 10
/** Before the rows of a table: its number, and how many rows it has. */
export const TABLE_HEADER_WORDS = 16
const NOTIFIER_WORDS = 16

/** What a board has room for. The same numbers in every thread. */
export interface Shape {
  /** Threads beside the owner. */
  readonly members: number
  /** Rows of the map. */
  readonly ranges: number
  /** Event notifiers. */
  readonly notifiers: number
}

/** Where the areas of a board of some shape begin, in words. */
export class Layout {
  readonly shape: Shape
  /** Of all of it. */
  readonly words: number
  readonly #rings: number
  readonly #notifiers: number
  readonly #tables: number
  readonly #runs: number

  constructor(shape: Shape) {
    const { members, ranges, notifiers } = shape
    this.shape = shape
    this.#rings = HEADER_WORDS + members * MEMBER_WORDS
    this.#notifiers = this.#rings + members * RING_ENTRIES * ENTRY_WORDS
    this.#tables = this.#notifiers + notifiers * NOTIFIER_WORDS
    this.#runs = this.#tables + 2 * (TABLE_HEADER_WORDS + ranges * ROW_WORDS)
    this.words = this.#runs + (members * RUN_BYTES) / 4
  }

  member(id: number): number {
    return HEADER_WORDS + id * MEMBER_WORDS
  }

  ring(id: number): number {
    return this.#rings + id * RING_ENTRIES * ENTRY_WORDS
  }

  /** The counter of an event notifier: how often a member has rung it. */
  notifier(id: number): number {
    return this.#notifiers + id * NOTIFIER_WORDS
  }

  /** The table of the map of a number. Two take turns. */
  table(epoch: number): number {
    return this.#tables + (epoch & 1) * (TABLE_HEADER_WORDS + this.shape.ranges * ROW_WORDS)
  }

  /** The bytes of a member's requests of any length: in bytes from the block's start. */
  runBytes(id: number): number {
    return 4 * this.#runs + id * RUN_BYTES
  }
}
