import type { Arena } from './arena.ts'
import type { Copy } from './copies.ts'
import type { Seen } from './seen.ts'

/** Where the record begins: 4 modulo 16, so that no vector of a copy begins with it. */
const RECORD = 1028
/** How many words the device copies before it asks whether the race is over. */
const BATCH = 64

export interface RecordShape {
  /** Words of 32 bits that are copied. */
  readonly words: number
  /** Up by how many words, where they come from the record's own memory. */
  readonly distance: number | undefined
}

/**
 * A record of words, each of which holds the number of its round. Who stores in ascending order, once, never leaves a
 * word newer than one before it; the guest reads from the last word down, and each must be at least as new as the one
 * it read before. That is the MP litmus test, word by word.
 */
export function orderRace({ words, distance }: RecordShape) {
  const first = RECORD / 4
  const watched = words + (distance ?? 0)
  return {
    device(arena: Arena, copy: Copy, over: () => boolean): void {
      const own = distance === undefined
      const source = arena.words(own ? arena.device : arena.guest)
      const start = own ? 0 : first
      const target = RECORD + 4 * (distance ?? 0)
      for (let round = 1; ; round++) {
        // Ascending here too: where the guest watches the source, this is a part of what it sees.
        for (let i = 0; i < words; i++) Atomics.store(source, start + i, round)
        copy(target, start * 4, words * 4)
        if (round % BATCH === 0 && over()) return
      }
    },

    guest(arena: Arena): Seen {
      const record = arena.words(arena.guest)
      let caught = 0
      let rounds = 0
      let latest = 0
      while (!arena.stopped) {
        for (let turn = 0; turn < BATCH; turn++) {
          const last = Atomics.load(record, first + watched - 1)
          let newer = last
          let wrong = false
          for (let i = watched - 2; i >= 0; i--) {
            const word = Atomics.load(record, first + i)
            // Rounds wrap.
            if (((word - newer) | 0) < 0) wrong = true
            newer = word
          }
          if (wrong) caught++
          if (last !== latest) rounds++
          latest = last
        }
      }
      return { rounds, caught }
    },
  }
}
