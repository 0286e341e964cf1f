import { Clock } from './board.mjs'
import { COPIES } from './copies.mjs'

// An aligned word in the guest's RAM, and where the device has its next values: four zeros, and four times 0xff.
const WORD = 64
const NONE = 0
const ALL = 4

/**
 * The device: changes the word between two values.
 *
 * @param {import('./board.mjs').Board} board
 * @param {string} name
 */
export function device(board, name) {
  board.device.view().fill(0xff, ALL, ALL + 4)
  const copy = COPIES[name](board)
  board.meet()
  for (let turn = 0; !board.stopped; turn++) copy(WORD, turn % 2 === 0 ? ALL : NONE, 4)
}

/**
 * The guest: a value that is neither was seen half written.
 *
 * @param {import('./board.mjs').Board} board
 */
export function guest(board) {
  const words = new Int32Array(board.ram.buffer, board.guest.offset, board.guest.size / 4)
  let last = 0
  let changes = 0
  let torn = 0
  board.meet()
  const clock = new Clock()
  while (!clock.isOver(changes)) {
    for (let i = 0; i < 1000; i++) {
      const value = Atomics.load(words, WORD / 4)
      if (value === last) continue
      last = value
      changes++
      if (value !== 0 && value !== -1) torn++
    }
  }
  board.stop()
  return { meetings: changes, caught: torn }
}
