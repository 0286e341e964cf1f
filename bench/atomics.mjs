// An emulated CPU's atomic instructions, against the host's own on the same words.
import {
  AddressSpace,
  atomicAdd32,
  atomicAdd64,
  atomicCompareExchange32,
  atomicFence,
  GuestRam,
  MemoryRegion,
} from 'guestmem'
import { Register } from './accesses.mjs'

const RAM = 0x8000_0000
const UART = 0x1000_0000
const WORDS = 4096

export function atomics() {
  const ram = GuestRam.allocate(2 ** 20)
  const system = MemoryRegion.container('system', 2 ** 32)
  const block = ram.block('ram', 2 ** 16)
  system.addSubregion(RAM, MemoryRegion.ram('ram', block))
  system.addSubregion(UART, MemoryRegion.io('uart', new Register(), 0x1000))
  const memory = new AddressSpace('memory', system)
  const words = new Int32Array(ram.buffer, block.offset, WORDS)
  const wide = new BigInt64Array(ram.buffer, block.offset, WORDS)
  const at = Uint32Array.from({ length: WORDS }, (_, i) => Math.imul(i, 2654435761) & (WORDS - 1))
  const next = i => at[i & (WORDS - 1)]
  const row = (name, rival, ours, theirs, bytes = 4) => ({ case: name, bytes, align: 'aligned', rival, ours, theirs })
  return [
    row(
      'atomic add, RAM',
      'Atomics.add',
      reps => {
        let sum = 0
        for (let i = 0; i < reps; i++) sum ^= atomicAdd32(memory, RAM + 4 * next(i), i)
        return sum
      },
      reps => {
        let sum = 0
        for (let i = 0; i < reps; i++) sum ^= Atomics.add(words, next(i), i)
        return sum
      },
    ),
    row(
      'atomic compare-exchange, RAM',
      'Atomics.compareExchange',
      reps => {
        let sum = 0
        for (let i = 0; i < reps; i++) sum ^= atomicCompareExchange32(memory, RAM + 4 * next(i), i, i + 1)
        return sum
      },
      reps => {
        let sum = 0
        for (let i = 0; i < reps; i++) sum ^= Atomics.compareExchange(words, next(i), i, i + 1)
        return sum
      },
    ),
    row(
      'atomic add of 64 bits, RAM',
      'Atomics.add of a BigInt64Array',
      reps => {
        let equal = 0
        for (let i = 0; i < reps; i++) if (atomicAdd64(memory, RAM + 8 * next(i), 1n) === 7n) equal++
        return equal
      },
      reps => {
        let equal = 0
        for (let i = 0; i < reps; i++) if (Atomics.add(wide, next(i), 1n) === 7n) equal++
        return equal
      },
      8,
    ),
    row(
      'atomic add, a device',
      'load32 and store32 of it',
      reps => {
        let sum = 0
        for (let i = 0; i < reps; i++) sum ^= atomicAdd32(memory, UART + 4 * (next(i) & 63), i)
        return sum
      },
      reps => {
        let sum = 0
        for (let i = 0; i < reps; i++) {
          const address = UART + 4 * (next(i) & 63)
          const value = memory.load32(address)
          memory.store32(address, value + i)
          sum ^= value
        }
        return sum
      },
    ),
    row(
      'atomic fence',
      'Atomics.exchange of one word',
      reps => {
        for (let i = 0; i < reps; i++) atomicFence(memory)
      },
      reps => {
        for (let i = 0; i < reps; i++) Atomics.exchange(words, 0, i)
      },
    ),
  ]
}
