import { Clock } from './board.mjs'
import { COPIES } from './copies.mjs'

// A ring of 20-byte descriptors, of which this is the one that reaches over a page's end: the two stores of a copy
// that overlaps them are then far apart in time.
const BYTES = 20
const DESCRIPTOR = 204 * BYTES
const STATUS = 12
const DONE = 1

// What the threads tell each other: which round the device has copied, which one the guest has looked at.
const COPIED = 0
const LOOKED = 1

/**
 * The device: hands the guest one packet after the other.
 *
 * @param {import('./board.mjs').Board} board
 * @param {string} name
 */
export function device(board, name) {
  const copy = COPIES[name](board)
  const descriptor = board.device.view()
  descriptor[STATUS] = DONE
  board.meet()
  const clock = new Clock()
  for (let round = 1; ; round++) {
    if (round % 256 === 0 && clock.isOver(round)) break
    descriptor[0] = round
    copy(DESCRIPTOR, 0, BYTES)
    board.tell(COPIED, round)
    board.await(LOOKED, round)
  }
  board.stop()
}

/**
 * The guest: polls the status, and hands the descriptor back at once by clearing it. Nobody but the guest clears it, and
 * the device sets it once a round: found set again when the device is done, the guest's write was lost.
 *
 * @param {import('./board.mjs').Board} board
 */
export function guest(board) {
  const { memory } = board
  const bytes = board.guest.view()
  const status = DESCRIPTOR + STATUS
  let lost = 0
  board.meet()
  for (let round = 1; ; round++) {
    // A JIT may take a plain load out of a loop that does nothing else; an atomic one stays where it is.
    while (Atomics.load(bytes, status) === 0) {
      if (board.stopped) return { meetings: round - 1, caught: lost }
      board.spin()
    }
    memory.store8(status, 0)
    board.await(COPIED, round)
    if (Atomics.load(bytes, status) !== 0) {
      lost++
      memory.store8(status, 0)
    }
    // The guest fills in the next descriptor too, so that its cache line is in the cache of the guest's CPU.
    memory.store32(DESCRIPTOR + BYTES, round)
    board.tell(LOOKED, round)
  }
}
