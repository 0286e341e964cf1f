import { pack16, pack32, type Views } from '../access/views.ts'

/**
 * The loops of the script lane. `atomic` makes every store an Atomics.store (the language order); without it they are
 * plain element stores, in program order. Every store is naturally aligned and ascending.
 */

const pun64 = new BigUint64Array(1)
const pun32 = new Uint32Array(pun64.buffer)

/**
 * Copies between two sets of views. Overlap is right when dst <= src: an element is loaded before the store that
 * could reach it.
 */
export function copyViews(to: Views, dst: number, from: Views, src: number, length: number, atomic: boolean): void {
  if (length === 8 && (dst & 7) === 0) {
    // Only an atomic store is sure to be one store of 64 bits; it keeps the order, too.
    if ((src & 7) === 0) pun64[0] = Atomics.load(from.u64, src / 8)
    else {
      pun32[0] = load32(from, src)
      pun32[1] = load32(from, src + 4)
    }
    Atomics.store(to.u64, dst / 8, pun64[0] as bigint)
    return
  }
  let left = length
  if ((dst & 1) !== 0 && left >= 1) {
    store8(to.u8, dst, from.u8[src] as number, atomic)
    dst += 1
    src += 1
    left -= 1
  }
  if ((dst & 2) !== 0 && left >= 2) {
    store16(to.u16, dst >>> 1, load16(from, src), atomic)
    dst += 2
    src += 2
    left -= 2
  }
  if ((dst & 3) === 0) {
    // A shift would take 2^32 bytes for 0.
    const words = Math.floor(left / 4)
    const index = dst >>> 2
    if ((src & 3) === 0) copyWords(to.u32, index, from.u32, src >>> 2, words, atomic)
    else for (let i = 0; i < words; i++) store32(to.u32, index + i, load32(from, src + 4 * i), atomic)
    dst += 4 * words
    src += 4 * words
    left -= 4 * words
  }
  if (left >= 2) {
    store16(to.u16, dst >>> 1, load16(from, src), atomic)
    dst += 2
    src += 2
    left -= 2
  }
  if (left === 1) store8(to.u8, dst, from.u8[src] as number, atomic)
}

function copyWords(to: Uint32Array, dst: number, from: Uint32Array, src: number, words: number, atomic: boolean): void {
  if (atomic) for (let i = 0; i < words; i++) Atomics.store(to, dst + i, from[src + i] as number)
  else for (let i = 0; i < words; i++) to[dst + i] = from[src + i] as number
}

/** Copies bytes of an array whose buffer has no other views here: elements are put together byte by byte. */
export function packViews(
  to: Views,
  dst: number,
  bytes: Uint8Array,
  at: number,
  length: number,
  atomic: boolean,
): void {
  if (length === 8 && (dst & 7) === 0) {
    pun32[0] = pack32(bytes, at)
    pun32[1] = pack32(bytes, at + 4)
    Atomics.store(to.u64, dst / 8, pun64[0] as bigint)
    return
  }
  const end = at + length
  if ((dst & 1) !== 0 && at < end) store8(to.u8, dst++, bytes[at++] as number, atomic)
  if ((dst & 2) !== 0 && end - at >= 2) {
    store16(to.u16, dst >>> 1, pack16(bytes, at), atomic)
    dst += 2
    at += 2
  }
  if ((dst & 3) === 0) {
    for (; end - at >= 4; at += 4, dst += 4) store32(to.u32, dst >>> 2, pack32(bytes, at), atomic)
  }
  if (end - at >= 2) {
    store16(to.u16, dst >>> 1, pack16(bytes, at), atomic)
    dst += 2
    at += 2
  }
  if (at < end) store8(to.u8, dst, bytes[at] as number, atomic)
}

export function fillViews(to: Views, dst: number, byte: number, length: number, atomic: boolean): void {
  const word = byte * 0x0101_0101
  if (length === 8 && (dst & 7) === 0) {
    pun32[0] = word
    pun32[1] = word
    Atomics.store(to.u64, dst / 8, pun64[0] as bigint)
    return
  }
  const end = dst + length
  if ((dst & 1) !== 0 && dst < end) store8(to.u8, dst++, byte, atomic)
  if ((dst & 2) !== 0 && end - dst >= 2) {
    store16(to.u16, dst >>> 1, word, atomic)
    dst += 2
  }
  if ((dst & 3) === 0) {
    for (; end - dst >= 4; dst += 4) store32(to.u32, dst >>> 2, word, atomic)
  }
  if (end - dst >= 2) {
    store16(to.u16, dst >>> 1, word, atomic)
    dst += 2
  }
  if (dst < end) store8(to.u8, dst, byte, atomic)
}

/**
 * Up by less than half the length, byte by byte. The scratch is a ring of as many bytes as it goes up: before a source
 * byte is overwritten it takes the ring's place of the byte that is due.
 */
export function moveRing(
  to: Uint8Array,
  dst: number,
  from: Uint8Array,
  src: number,
  length: number,
  atomic: boolean,
): void {
  const distance = dst - src
  const ring = new Uint8Array(distance)
  const unread = length - distance
  for (let i = 0, place = 0; i < length; i++) {
    const old = i < unread ? (from[dst + i] as number) : 0
    const due = i < distance ? (from[src + i] as number) : (ring[place] as number)
    ring[place] = old
    store8(to, dst + i, due, atomic)
    if (++place === distance) place = 0
  }
}

/** The last byte first, each once: what the user chose for a move whose scratch is over the limit. */
export function copyDown(
  to: Uint8Array,
  dst: number,
  from: Uint8Array,
  src: number,
  length: number,
  atomic: boolean,
): void {
  for (let i = length - 1; i >= 0; i--) store8(to, dst + i, from[src + i] as number, atomic)
}

function load16(from: Views, src: number): number {
  return (src & 1) === 0 ? (from.u16[src >>> 1] as number) : pack16(from.u8, src)
}

function load32(from: Views, src: number): number {
  return (src & 3) === 0 ? (from.u32[src >>> 2] as number) : pack32(from.u8, src)
}

function store8(to: Uint8Array, index: number, value: number, atomic: boolean): void {
  if (atomic) Atomics.store(to, index, value)
  else to[index] = value
}

function store16(to: Uint16Array, index: number, value: number, atomic: boolean): void {
  if (atomic) Atomics.store(to, index, value)
  else to[index] = value
}

function store32(to: Uint32Array, index: number, value: number, atomic: boolean): void {
  if (atomic) Atomics.store(to, index, value)
  else to[index] = value
}
