import { AddressSpace, MemoryRegion } from 'guestmem'
import type { Copy } from './copies.ts'
import type { Observation } from './observation.ts'
import type { RaceMemory } from './race-memory.ts'

/** Where the value is that both threads access: an offset in the guest's block, aligned for every size. */
const VALUE = 64
// Where the device's block has the two values that it stores in turn: eight bytes of 0, and eight of 0xff.
const ALL_CLEAR = 0
const ALL_SET = 8
/** How many copies, and how many loads, are made between two looks at whether the race is over. */
const BATCH = 1000

/**
 * The device changes an aligned value again and again between all bits clear and all bits set. A guest that loads
 * anything else saw an access that was torn: bytes of both values (H2).
 */
export function tornAccessRace(bytes: 2 | 4 | 8) {
  return {
    device({ device }: RaceMemory, copy: Copy, isOver: () => boolean): void {
      device.view().fill(0xff, ALL_SET, ALL_SET + 8)
      do for (let turn = 0; turn < BATCH; turn++) copy(VALUE, turn % 2 === 0 ? ALL_SET : ALL_CLEAR, bytes)
      while (!isOver())
    },

    guest(memory: RaceMemory): Observation {
      const load = loaderOf(memory, bytes)
      let last = 0
      let rounds = 0
      let caught = 0
      while (!memory.sync.stopped) {
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

/**
 * Loads the value in one access, by Atomics and by a space in turn: 0 and -1 are what the device stores, anything else is a
 * mixture of them.
 */
function loaderOf(memory: RaceMemory, bytes: 2 | 4 | 8): () => number {
  const atomic = atomicLoader(memory, bytes)
  const plain = spaceLoader(memory, bytes)
  let turn = 0
  return () => (turn++ % 2 === 0 ? atomic() : plain())
}

function spaceLoader({ guest }: RaceMemory, bytes: 2 | 4 | 8): () => number {
  const space = new AddressSpace('guest', MemoryRegion.ram('guest', guest))
  if (bytes === 2) return () => (space.load16(VALUE) << 16) >> 16
  if (bytes === 4) return () => space.load32(VALUE) | 0
  return () => {
    const low = space.load64Pair(VALUE) | 0
    return low === (space.high | 0) ? low : 1
  }
}

function atomicLoader({ ram, guest }: RaceMemory, bytes: 2 | 4 | 8): () => number {
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
