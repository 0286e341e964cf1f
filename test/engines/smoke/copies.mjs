import { everyRam, spaceOver } from './ram.mjs'

const KIB = 1024
const LENGTHS = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 15, 16, 17, 20, 23, 24, 31, 32, 33, 47, 63, 64, 65, 100, 127, 128, 255,
]
const LONG = [1000, 4095, 4096, 4097, 65_536]
const AROUND = 24

// A loop: `Uint8Array.from` with a function takes ten times as long, which is most of what this takes.
function pattern(n, seed) {
  const bytes = new Uint8Array(n)
  for (let i = 0; i < n; i++) bytes[i] = i * 31 + seed * 7 + (i >> 8) + 1
  return bytes
}

/** One write: the bytes arrive, and those before and after stay. Read back whole, and at the edges by single loads. */
function one(checks, memory, name, { length, to, from }, attrs) {
  const at = 1024 + to
  const source = pattern(from + length + 3, length + from).subarray(from, from + length)
  const expected = pattern(length + 2 * AROUND, 99)
  memory.write(at - AROUND, expected)
  for (let i = 0; i < length; i++) expected[AROUND + i] = source[i]

  memory.write(at, source, attrs)

  const what = `${name}, ${length} bytes, destination + ${to}, source + ${from}`
  const got = new Uint8Array(expected.length)
  memory.read(at - AROUND, got)
  checks.bytes(what, got, expected)
  const edges = [-1, 0, length - 1, length].map(i => AROUND + i)
  const loaded = edges.map(i => memory.load8(at - AROUND + i))
  checks.bytes(
    `${what}, by load8`,
    loaded,
    Uint8Array.from(edges, i => expected[i]),
  )
}

/** The same into a buffer of the caller: from every alignment of RAM to every alignment of the buffer. */
function back(checks, memory, name, { length, to, from }, attrs) {
  const wanted = pattern(length, length)
  memory.write(2048 + from, wanted)
  const whole = new Uint8Array(to + length + 8).fill(0xcc)
  memory.read(2048 + from, whole.subarray(to, to + length), attrs)
  const expected = new Uint8Array(whole.length).fill(0xcc)
  for (let i = 0; i < length; i++) expected[to + i] = wanted[i]
  checks.bytes(`${name}, reading ${length} bytes, RAM + ${from}, buffer + ${to}`, whole, expected)
}

function sweep(checks, guestmem, lane, ram) {
  const memory = spaceOver(guestmem, ram.block('ram', 128 * KIB))
  const { RELAXED } = guestmem.MemTxAttrs
  for (const [kind, attrs] of [
    ['ordered', undefined],
    ['relaxed', RELAXED],
  ]) {
    const name = `${lane}, ${kind}`
    for (const length of LENGTHS) {
      for (let to = 0; to < 8; to++) {
        one(checks, memory, name, { length, to, from: 0 }, attrs)
        one(checks, memory, name, { length, to, from: (to * 3 + 1) & 7 }, attrs)
        back(checks, memory, name, { length, to, from: (to * 5 + 3) & 7 }, attrs)
      }
    }
    for (const length of LONG) {
      for (const [to, from] of [
        [0, 0],
        [1, 0],
        [0, 1],
        [3, 3],
      ]) {
        one(checks, memory, name, { length, to, from }, attrs)
        back(checks, memory, name, { length, to, from }, attrs)
      }
    }
  }
}

export function copies(checks, guestmem) {
  for (const [name, ram] of everyRam(guestmem, 256 * KIB)) sweep(checks, guestmem, name, ram)
}
