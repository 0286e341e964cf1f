import type { Arena } from './arena.ts'
import type { Copy } from './copies.ts'
import type { Seen } from './seen.ts'

// An aligned value in the guest's RAM, and where the device has its next values: eight bytes of 0, and eight of 0xff.
const VALUE = 64
const NONE = 0
const ALL = 8
const BATCH = 1000

/** The device changes an aligned value between two; the guest that sees a third saw it half written. */
export function accessRace(bytes: 2 | 4 | 8) {
  return {
    device(arena: Arena, copy: Copy, over: () => boolean): void {
      arena.device.view().fill(0xff, ALL, ALL + 8)
      do for (let turn = 0; turn < BATCH; turn++) copy(VALUE, turn % 2 === 0 ? ALL : NONE, bytes)
      while (!over())
    },

    guest(arena: Arena): Seen {
      const load = loader(arena, bytes)
      let last = 0
      let rounds = 0
      let caught = 0
      while (!arena.stopped) {
        for (let turn = 0; turn < BATCH; turn++) {
          const value = load()
          if (value === last) continue
          last = value
          rounds++
          if (value !== 0 && value !== -1) caught++
        }
      }
      return { rounds, caught }
    },
  }
}

/** One atomic load; 0 and -1 are what the device stores, all else is a mixture. */
function loader({ ram, guest }: Arena, bytes: 2 | 4 | 8): () => number {
  const at = guest.offset + VALUE
  if (bytes === 2) {
    const elements = new Int16Array(ram.buffer, at, 1)
    return () => Atomics.load(elements, 0)
  }
  if (bytes === 4) {
    const elements = new Int32Array(ram.buffer, at, 1)
    return () => Atomics.load(elements, 0)
  }
  const elements = new BigInt64Array(ram.buffer, at, 1)
  return () => {
    const value = Atomics.load(elements, 0)
    return value === 0n ? 0 : value === -1n ? -1 : 1
  }
}
