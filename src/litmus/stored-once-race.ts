import type { Arena } from './arena.ts'
import type { Copy } from './copies.ts'
import type { Seen } from './seen.ts'

// A ring of 20-byte descriptors, of which this is the one that reaches over a page's end: the two stores of a copy that
// overlaps them are then far apart in time.
const BYTES = 20
const DESCRIPTOR = 204 * BYTES
const STATUS = 12
const DONE = 1

// What the threads tell each other: which round the device has copied, which one the guest has looked at.
const COPIED = 0
const LOOKED = 1

/**
 * The e1000's receive descriptor: the device writes it, the guest sees the status byte and hands the descriptor back at
 * once by clearing it. Nobody but the guest clears it, and the device sets it once a round: found set again when the
 * device is done, the guest's write was lost, and it takes the packet twice.
 */
export const onceRace = {
  device(arena: Arena, copy: Copy, over: () => boolean): void {
    const descriptor = arena.device.view()
    descriptor[STATUS] = DONE
    for (let round = 1; !over(); round++) {
      descriptor[0] = round
      copy(DESCRIPTOR, 0, BYTES)
      arena.tell(COPIED, round)
      if (!arena.await(LOOKED, round)) break
    }
  },

  guest(arena: Arena): Seen {
    const bytes = arena.guest.view()
    const words = arena.words(arena.guest)
    const status = DESCRIPTOR + STATUS
    let caught = 0
    for (let round = 1; ; round++) {
      while (Atomics.load(bytes, status) === 0) {
        if (arena.stopped) return { rounds: round - 1, caught }
        arena.spin()
      }
      Atomics.store(bytes, status, 0)
      if (!arena.await(COPIED, round)) return { rounds: round - 1, caught }
      if (Atomics.load(bytes, status) !== 0) {
        caught++
        Atomics.store(bytes, status, 0)
      }
      // The guest fills in the next descriptor too, so that its cache line is in the cache of the guest's CPU.
      Atomics.store(words, (DESCRIPTOR + BYTES) / 4, round)
      arena.tell(LOOKED, round)
    }
  },
}
