import { EXCLUSIVE } from '../dirty/dirty-bitmaps.ts'
import { newIdentity } from '../memory-identity.ts'

/**
 * The exclusive way: an atomic access that is several accesses of the host is made by one thread at a time, and who makes
 * one that is a single access waits for its end (`awaitExclusive`). The lock is a word beside the guest RAM
 * (BlockMemory.logs), which all threads share that share a handle.
 *
 * No handler, and nothing else of the user's, runs while it is held, so it is held for less than a millisecond. Where the same
 * holder has it for `PATIENCE`, its thread was ended, and who waits takes it over: threads may be ended at any time, and no
 * other may hang for it.
 */
const PATIENCE = 1000
/** How often a thread looks before it sleeps. */
const LOOKS = 1000

/** Returns once no thread makes an exclusive access to this memory. */
export function awaitExclusive(words: Int32Array): void {
  for (let holder = Atomics.load(words, EXCLUSIVE); holder !== 0; holder = Atomics.load(words, EXCLUSIVE))
    outwait(words, holder)
}

/**
 * Runs `body` while nobody else makes an exclusive access to any of these memories.
 *
 * @param all `logs` of each; one may be there more than once, through several objects, too.
 */
export function exclusively<T>(all: readonly Int32Array[], body: () => T): T {
  const own = newIdentity()
  const taken = take(all, own)
  try {
    return body()
  } finally {
    for (const words of taken) Atomics.compareExchange(words, EXCLUSIVE, own, 0)
  }
}

/** All of them, or none while it waits: two threads that want the same two never wait for one another. */
function take(all: readonly Int32Array[], own: number): readonly Int32Array[] {
  for (;;) {
    const taken: Int32Array[] = []
    let holder = 0
    for (const words of all) {
      holder = Atomics.compareExchange(words, EXCLUSIVE, 0, own)
      if (holder === 0) taken.push(words)
      else if (holder !== own) {
        for (const each of taken) Atomics.compareExchange(each, EXCLUSIVE, own, 0)
        outwait(words, holder)
        break
      }
    }
    if (holder === 0 || holder === own) return taken
  }
}

/** Waits until another has it, or nobody. Of one that has had it for too long, it is taken away. */
function outwait(words: Int32Array, holder: number): void {
  for (let looks = 0; looks < LOOKS; looks++) if (Atomics.load(words, EXCLUSIVE) !== holder) return
  const since = Date.now()
  while (Atomics.load(words, EXCLUSIVE) === holder) {
    if (Date.now() - since > PATIENCE) Atomics.compareExchange(words, EXCLUSIVE, holder, 0)
    else sleep(words, holder)
  }
}

/** For a millisecond, where the engine lets this thread sleep: a page's own thread may not. */
function sleep(words: Int32Array, holder: number): void {
  try {
    Atomics.wait(words, EXCLUSIVE, holder, 1)
  } catch {}
}
