import { MemTxAttrs } from 'guestmem'

// What an entry of a ring asks for. Words: the kind, the size and the operation, the address (low, high), the value
// (low, high), attributes, the value that is expected (low, high).

export const LOAD = 0
export const STORE = 1
/** Of any length up to RUN_BYTES; its bytes lie in the member's own area. */
export const READ = 2
export const WRITE = 3
/** A store that nobody waits for. */
export const POSTED_STORE = 4
/** An atomic access; with it goes its operation's number: `ATOMIC | (operation << OPERATION_SHIFT)`. */
export const ATOMIC = 5

export const OPERATION_SHIFT = 24
const SIZE_SHIFT = 8
// Written out: a power of two constants is a call wherever the JIT does not know that they are ones, of 20 ns.
const KIND_MASK = 0xff
const SIZE_MASK = 0xffff

export interface Request {
  kind: number
  /** Of an atomic access. */
  operation: number
  /** Bytes. */
  size: number
  address: number
  low: number
  high: number
  attrs: MemTxAttrs
  expectedLow: number
  expectedHigh: number
}

/** One that nobody has made yet. */
export function emptyRequest(): Request {
  const attrs = MemTxAttrs.UNSPECIFIED
  return { kind: LOAD, operation: 0, size: 1, address: 0, low: 0, high: 0, attrs, expectedLow: 0, expectedHigh: 0 }
}

/** The kind of the entry at `at`. */
export function kindOf(words: Int32Array, at: number): number {
  return (words[at] as number) & KIND_MASK
}

/** Plain stores: who puts the entry into the ring stores its HEAD atomically after them. */
export function storeRequest(
  words: Int32Array,
  at: number,
  kind: number,
  size: number,
  address: number,
  low: number,
  high: number,
  attrs: MemTxAttrs,
  expectedLow = 0,
  expectedHigh = 0,
): void {
  words[at] = kind | (size << SIZE_SHIFT)
  words[at + 1] = address
  words[at + 2] = address / 2 ** 32
  words[at + 3] = low
  words[at + 4] = high
  words[at + 5] = attrs === MemTxAttrs.UNSPECIFIED ? STRICT : wordOf(attrs)
  words[at + 6] = expectedLow
  words[at + 7] = expectedHigh
}

/** Into an object that is used again, so that nothing is allocated. */
export function loadRequest(words: Int32Array, at: number, into: Request): void {
  into.kind = kindOf(words, at)
  into.operation = (words[at] as number) >>> OPERATION_SHIFT
  into.size = ((words[at] as number) >>> SIZE_SHIFT) & SIZE_MASK
  into.address = ((words[at + 1] as number) >>> 0) + (words[at + 2] as number) * 2 ** 32
  into.low = words[at + 3] as number
  into.high = words[at + 4] as number
  into.expectedLow = words[at + 6] as number
  into.expectedHigh = words[at + 7] as number
  const word = words[at + 5] as number
  into.attrs = word === STRICT ? MemTxAttrs.UNSPECIFIED : attrsOf(word)
}

const SECURE = 1
const USER = 2
const STRICT = 4
const MEMORY = 8
const REQUESTER_SHIFT = 16

function wordOf({ secure, user, strict, memory, requesterId }: MemTxAttrs): number {
  return (
    (secure ? SECURE : 0) |
    (user ? USER : 0) |
    (strict ? STRICT : 0) |
    (memory ? MEMORY : 0) |
    (requesterId << REQUESTER_SHIFT)
  )
}

/** Those of each word: at most 2^20, in fact one or two for each bus master. */
const known = /* @__PURE__ */ new Map<number, MemTxAttrs>()

function attrsOf(word: number): MemTxAttrs {
  let attrs = known.get(word)
  if (attrs === undefined) {
    attrs = MemTxAttrs.of({
      secure: (word & SECURE) !== 0,
      user: (word & USER) !== 0,
      strict: (word & STRICT) !== 0,
      memory: (word & MEMORY) !== 0,
      requesterId: word >>> REQUESTER_SHIFT,
    })
    known.set(word, attrs)
  }
  return attrs
}
