import { everyRam } from './ram.mjs'

const KIB = 1024
const LENGTHS = [1, 2, 3, 5, 8, 13, 16, 31, 64, 100, 257, 4099]
const DISTANCES = [-67, -16, -8, -7, -1, 0, 1, 3, 8, 16, 29, 67, 2048]
const START = 8 * KIB

const CONTENTS = Uint8Array.from({ length: 24 * KIB }, (_, i) => (i * 29 + (i >> 8) * 7) & 0xff)

/** Overlapping moves both ways, copies between blocks, fills: the whole block against an array changed the same way. */
function one(checks, { ramCopy, ramFill, ramMove }, name, ram) {
  const expected = CONTENTS.slice()
  const block = ram.block('ram', expected.length)
  const other = ram.block('other', expected.length)
  const compare = what => checks.bytes(`${name}, ${what}`, block.view(), expected)
  ramCopy(block, 0, expected, 0, expected.length)
  ramCopy(other, 0, expected, 0, expected.length)
  compare('the first copy in')

  for (const length of LENGTHS) {
    for (const distance of DISTANCES) {
      const from = START + (length & 7)
      ramMove(block, from + distance, block, from, length)
      expected.copyWithin(from + distance, from, from + length)
      compare(`${length} bytes moved by ${distance}`)
    }
    ramCopy(block, 3, other, length, length)
    expected.set(CONTENTS.subarray(length, 2 * length), 3)
    compare(`${length} bytes of another block`)
    ramFill(block, 5, length & 0xff, length)
    expected.fill(length & 0xff, 5, 5 + length)
    compare(`${length} bytes filled`)
  }
  const got = new Uint8Array(expected.length)
  ramCopy(got, 0, block, 0, got.length)
  checks.bytes(`${name}, the last copy out`, got, expected)
}

export function moves(checks, guestmem) {
  for (const [name, ram] of everyRam(guestmem, 64 * KIB)) one(checks, guestmem, name, ram)
}
