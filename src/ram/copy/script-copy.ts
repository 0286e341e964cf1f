import { fixedWidth } from '../access/fixed-width.ts'
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
  const end = dst + length
  const shift = src - dst
  for (let at = dst; at < end; ) {
    const width = fixedWidth(at, end - at)
    if (width === 1) store(to.u8, at, from.u8[at + shift] as number, atomic)
    else if (width === 2) store(to.u16, at >>> 1, load16(from, at + shift), atomic)
    else if (width === 8 && length === 8) {
      // Only an atomic store is sure to be one store of 64 bits; it keeps the order, too.
      Atomics.store(to.u64, at / 8, load64(from, src))
      return
    } else {
      // A shift would take 2^32 bytes for 0.
      const words = Math.floor((end - at) / 4)
      copyWords(to.u32, at >>> 2, from, at + shift, words, atomic)
      at += 4 * words
      continue
    }
    at += width
  }
}

function copyWords(to: Uint32Array, dst: number, from: Views, src: number, words: number, atomic: boolean): void {
  const { u8, u32 } = from
  const first = src >>> 2
  if ((src & 3) !== 0) for (let i = 0; i < words; i++) store(to, dst + i, pack32(u8, src + 4 * i), atomic)
  else if (atomic) for (let i = 0; i < words; i++) Atomics.store(to, dst + i, u32[first + i] as number)
  else for (let i = 0; i < words; i++) to[dst + i] = u32[first + i] as number
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
    store(to, dst + i, due, atomic)
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
  for (let i = length - 1; i >= 0; i--) store(to, dst + i, from[src + i] as number, atomic)
}

function load16(from: Views, src: number): number {
  return (src & 1) === 0 ? (from.u16[src >>> 1] as number) : pack16(from.u8, src)
}

function load64(from: Views, src: number): bigint {
  if ((src & 7) === 0) return Atomics.load(from.u64, src / 8)
  copyWords(pun32, 0, from, src, 2, false)
  return pun64[0] as bigint
}

function store(to: Uint8Array | Uint16Array | Uint32Array, index: number, value: number, atomic: boolean): void {
  if (atomic) Atomics.store(to, index, value)
  else to[index] = value
}
