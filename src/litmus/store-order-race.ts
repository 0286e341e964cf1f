import type { Copy } from './copies.ts'
import type { Observation } from './observation.ts'
import type { RaceMemory } from './race-memory.ts'

/** Where the record begins, in the guest's block: 4 modulo 16, so that no vector of a copy begins with it. */
const RECORD = 1028
/** How many copies, and how many looks at the record, are made before a thread asks whether the race is over. */
const BATCH = 64

export interface RecordShape {
  /** How many words of 32 bits are copied. */
  readonly words: number
  /** By how many words they move up within the record; undefined where they come from the device's block. */
  readonly distance: number | undefined
}

/**
 * A record of words, each of which holds the number of its round. A copy that stores them once each, in ascending order,
 * never leaves a word that is newer than a word before it. The guest loads them from the last one down, so that each must
 * be at least as new as the one that it loaded before. This is the litmus test MP (message passing) for each pair of
 * neighbours (H12, H13).
 */
export function storeOrderRace({ words, distance }: RecordShape) {
  const first = RECORD / 4
  const watched = words + (distance ?? 0)
  return {
    device(memory: RaceMemory, copy: Copy, isOver: () => boolean): void {
      const fromDevice = distance === undefined
      const source = memory.words(fromDevice ? memory.device : memory.guest)
      const start = fromDevice ? 0 : first
      const target = RECORD + 4 * (distance ?? 0)
      for (let round = 1; ; round++) {
        // In ascending order here as well: when the record moves within itself, the guest watches these stores too.
        for (let i = 0; i < words; i++) Atomics.store(source, start + i, round)
        copy(target, start * 4, words * 4)
        if (round % BATCH === 0 && isOver()) return
      }
    },

    guest(memory: RaceMemory): Observation {
      const record = memory.words(memory.guest)
      let caught = 0
      let rounds = 0
      let latest = 0
      while (!memory.sync.stopped) {
        for (let turn = 0; turn < BATCH; turn++) {
          const last = Atomics.load(record, first + watched - 1)
          let later = last
          let outOfOrder = false
          for (let i = watched - 2; i >= 0; i--) {
            const word = Atomics.load(record, first + i)
            // A difference modulo 2^32, since the numbers of rounds wrap.
            if (((word - later) | 0) < 0) outOfOrder = true
            later = word
          }
          if (outOfOrder) caught++
          if (last !== latest) rounds++
          latest = last
        }
      }
      return { rounds, caught }
    },
  }
}
