import type { Copy } from './copies.ts'
import type { Observation } from './observation.ts'
import type { RaceMemory } from './race-memory.ts'

/** The size of a descriptor, bytes. */
const BYTES = 20
/**
 * Where the descriptor is, in the guest's block: in a ring of descriptors it is the one that crosses the end of a page. A
 * copy whose stores overlap makes the two that do so far apart in time there.
 */
const DESCRIPTOR = 204 * BYTES
/** Where its status byte is, in the descriptor. */
const STATUS = 12
const DONE = 1

// The counters that the threads publish: the round that the device has copied, and the one that the guest has looked at.
const COPIED = 0
const LOOKED = 1

/**
 * A network card's receive descriptor, as the e1000 has it. The device writes the descriptor; the guest sees the status
 * byte and at once hands the descriptor back by clearing that byte. Only the guest clears it, and the device sets it once
 * in a round. If it is found set again when the device is done, it was stored twice: the guest's own store between the
 * two was lost, and the guest would take the packet a second time (H10).
 */
export const storedOnceRace = {
  device({ device, sync }: RaceMemory, copy: Copy, isOver: () => boolean): void {
    const descriptor = device.view()
    descriptor[STATUS] = DONE
    for (let round = 1; !isOver(); round++) {
      descriptor[0] = round
      copy(DESCRIPTOR, 0, BYTES)
      sync.publish(COPIED, round)
      if (!sync.waitFor(LOOKED, round)) break
    }
  },

  guest(memory: RaceMemory): Observation {
    const { sync } = memory
    const bytes = memory.guest.view()
    const words = memory.words(memory.guest)
    const status = DESCRIPTOR + STATUS
    let caught = 0
    for (let round = 1; ; round++) {
      while (Atomics.load(bytes, status) === 0) {
        if (sync.stopped) return { rounds: round - 1, caught }
        sync.poll()
      }
      Atomics.store(bytes, status, 0)
      if (!sync.waitFor(COPIED, round)) return { rounds: round - 1, caught }
      if (Atomics.load(bytes, status) !== 0) {
        caught++
        Atomics.store(bytes, status, 0)
      }
      // The guest fills in the next descriptor too, which begins in the cache line of this one's last bytes. The device's
      // next store to these bytes then has to fetch the line from the guest's CPU, and the more time lies between its two
      // stores of the status byte.
      Atomics.store(words, (DESCRIPTOR + BYTES) / 4, round)
      sync.publish(LOOKED, round)
    }
  },
}
