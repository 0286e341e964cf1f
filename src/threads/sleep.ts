import { DOORBELL, MEMBER_ASLEEP, OWNER_ASLEEP } from './layout.ts'

/** Wakes the owner where it sleeps. Called after the atomic store of what it is to see. */
export function ringOwner(words: Int32Array): void {
  // The owner stores OWNER_ASLEEP, then looks at what members store; a member stores, then looks at OWNER_ASLEEP. All are
  // atomic, so that at least one of the two sees the other.
  if (Atomics.load(words, OWNER_ASLEEP) === 0) return
  Atomics.add(words, DOORBELL, 1)
  Atomics.notify(words, DOORBELL)
}

/** @param word The one whose change the member may sleep for, which was just changed. */
export function wakeMember(words: Int32Array, at: number, word: number): void {
  if (Atomics.load(words, at + MEMBER_ASLEEP) !== 0) Atomics.notify(words, at + word)
}

/**
 * Blocks the member until `done()`, for `milliseconds` at most. Whoever changes what `done` looks at changes `word` and
 * calls `wakeMember`.
 *
 * @returns What `done()` is then.
 */
export function sleepUntil(
  words: Int32Array,
  at: number,
  word: number,
  done: () => boolean,
  milliseconds: number,
): boolean {
  Atomics.store(words, at + MEMBER_ASLEEP, 1)
  try {
    for (;;) {
      // Loaded before `done` is asked: a change after that keeps the thread from sleeping.
      const value = Atomics.load(words, at + word)
      if (done()) return true
      if (Atomics.wait(words, at + word, value, milliseconds) === 'timed-out') return done()
    }
  } finally {
    Atomics.store(words, at + MEMBER_ASLEEP, 0)
  }
}

/** The owner says that it is about to sleep, and then looks at everything once more. @returns The doorbell's count. */
export function fallAsleep(words: Int32Array): number {
  const rung = Atomics.load(words, DOORBELL)
  Atomics.store(words, OWNER_ASLEEP, 1)
  return rung
}

/** Stores only where it had been about to: each request of a member looks at that word, and a store takes its cache line. */
export function stayAwake(words: Int32Array): void {
  if (Atomics.load(words, OWNER_ASLEEP) !== 0) Atomics.store(words, OWNER_ASLEEP, 0)
}
