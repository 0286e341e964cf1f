import { HOST_IS_LITTLE } from './words.ts'

// XXH32, as its public specification has it, and what is made of it for pages. Whatever changes within one word changes the
// result.

const P1 = 0x9e3779b1 | 0
const P2 = 0x85ebca77 | 0
const P3 = 0xc2b2ae3d | 0
const P4 = 0x27d4eb2f | 0
const P5 = 0x165667b1 | 0

/**
 * The XXH32 of words of an array.
 *
 * @param words In the host's byte order.
 * @param from The first word.
 * @param bytes How many bytes, a multiple of 16.
 * @returns 0 to 2^32 - 1.
 */
export function checksumOfWords(words: Uint32Array, from: number, bytes: number): number {
  let a = (P1 + P2) | 0
  let b = P2
  let c = 0
  let d = -P1 | 0
  const end = from + bytes / 4
  for (let at = from; at < end; at += 4) {
    a = lane(a, little(words[at] as number))
    b = lane(b, little(words[at + 1] as number))
    c = lane(c, little(words[at + 2] as number))
    d = lane(d, little(words[at + 3] as number))
  }
  return finish((merged(a, b, c, d) + bytes) | 0)
}

const PAGE_WORDS = 1024
const LANES = 32

/**
 * The checksum of a page: its words go through 32 lanes like the four of XXH32, of which lane i takes words i, i + 32, i + 64 and
 * so on; it is the XXH32 of what the lanes are in the end. So many lanes are for vectors of 16 bytes (page-kernel.wat); script
 * goes over the page once for every four.
 *
 * @param words In the host's byte order. @param from The first of the page.
 * @param lanes Gets what the lanes are, from `to` on.
 * @returns 0 to 2^32 - 1.
 */
export function checksumOfLanes(words: Uint32Array, from: number, lanes: Uint32Array, to: number): number {
  for (let first = 0; first < LANES; first += 4) {
    let a = (P1 + P2) | 0
    let b = P2
    let c = 0
    let d = -P1 | 0
    const end = from + PAGE_WORDS
    for (let at = from + first; at < end; at += LANES) {
      a = lane(a, little(words[at] as number))
      b = lane(b, little(words[at + 1] as number))
      c = lane(c, little(words[at + 2] as number))
      d = lane(d, little(words[at + 3] as number))
    }
    lanes[to + first] = little(a)
    lanes[to + first + 1] = little(b)
    lanes[to + first + 2] = little(c)
    lanes[to + first + 3] = little(d)
  }
  return checksumOfWords(lanes, to, 4 * LANES)
}

/**
 * The XXH32 of bytes of any length.
 *
 * @param seed 32 bits.
 * @returns 0 to 2^32 - 1.
 */
export function checksum(bytes: Uint8Array, from = 0, length: number = bytes.length - from, seed = 0): number {
  const end = from + length
  let at = from
  let hash = (seed + P5) | 0
  if (length >= 16) {
    let a = (seed + P1 + P2) | 0
    let b = (seed + P2) | 0
    let c = seed | 0
    let d = (seed - P1) | 0
    for (; at + 16 <= end; at += 16) {
      a = lane(a, word(bytes, at))
      b = lane(b, word(bytes, at + 4))
      c = lane(c, word(bytes, at + 8))
      d = lane(d, word(bytes, at + 12))
    }
    hash = merged(a, b, c, d)
  }
  hash = (hash + length) | 0
  for (; at + 4 <= end; at += 4) hash = Math.imul(rotate((hash + Math.imul(word(bytes, at), P3)) | 0, 17), P4)
  for (; at < end; at++) hash = Math.imul(rotate((hash + Math.imul(bytes[at] as number, P5)) | 0, 11), P1)
  return finish(hash)
}

function word(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  )
}

function lane(before: number, input: number): number {
  return Math.imul(rotate((before + Math.imul(input, P2)) | 0, 13), P1)
}

function merged(a: number, b: number, c: number, d: number): number {
  return (rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18)) | 0
}

function finish(value: number): number {
  let hash = value ^ (value >>> 15)
  hash = Math.imul(hash, P2)
  hash ^= hash >>> 13
  hash = Math.imul(hash, P3)
  return (hash ^ (hash >>> 16)) >>> 0
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by))
}

/** A word of an array, which is in the host's byte order, as a file has it; and back. */
function little(value: number): number {
  if (HOST_IS_LITTLE) return value
  return (value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)
}
