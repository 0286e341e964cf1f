import { parentPort, workerData } from 'node:worker_threads'
import {
  AddressSpace,
  atomicAdd8,
  atomicAdd16,
  atomicAdd32,
  atomicAdd64,
  atomicAdd64Pair,
  atomicCompareExchange32,
  atomicExchange32,
  atomicFence,
  atomicMaxUnsigned32,
  atomicXor32,
  GuestRam,
  type GuestRamHandle,
  MemoryRegion,
  type Ordering,
  type RamBlock,
} from 'guestmem'

/** How a thread counts at an address; the last two are known to be bad. */
export type Way =
  | 'add8'
  | 'add16'
  | 'add32'
  | 'add64'
  | 'add64Pair'
  | 'compareExchange32'
  | 'spinLock'
  | 'fences'
  | 'xor32'
  | 'max32'
  | 'mixed'
  | 'load and store'
  | 'no fences'

export interface CountingTask {
  readonly handle: GuestRamHandle
  /** Int32: 0 counts who is ready, and then 1 is stored to begin; which is at 1. */
  readonly control: SharedArrayBuffer
  readonly order: 'host' | 'language'
  readonly ordering: Ordering | undefined
  readonly endian: 'little' | 'big'
  readonly way: Way
  readonly address: number
  readonly times: number
  /** 0 or 1: which of the two threads it is. */
  readonly side: number
}

/** Peterson's lock around a counter: stores and loads alone, which are right where a fence orders them. */
function peterson(
  space: AddressSpace,
  address: number,
  times: number,
  side: number,
  fence: (space: AddressSpace) => void,
): void {
  const [own, other, turn] = [address + 64 + 4 * side, address + 68 - 4 * side, address + 72]
  for (let i = 0; i < times; i++) {
    space.store32(own, 1)
    space.store32(turn, 1 - side)
    fence(space)
    while (space.load32(other) === 1 && space.load32(turn) === 1 - side) {}
    space.store32(address, space.load32(address) + 1)
    fence(space)
    space.store32(own, 0)
  }
}

type Count = (space: AddressSpace, address: number, times: number, side: number) => void

const WAYS: Readonly<Record<Way, Count>> = {
  add8: (space, address, times) => {
    for (let i = 0; i < times; i++) atomicAdd8(space, address, 1)
  },
  add16: (space, address, times) => {
    for (let i = 0; i < times; i++) atomicAdd16(space, address, 1)
  },
  add32: (space, address, times) => {
    for (let i = 0; i < times; i++) atomicAdd32(space, address, 1)
  },
  add64: (space, address, times) => {
    for (let i = 0; i < times; i++) atomicAdd64(space, address, 0x1_0000_0001n)
  },
  add64Pair: (space, address, times) => {
    for (let i = 0; i < times; i++) atomicAdd64Pair(space, address, 1, 1)
  },
  // As RISC-V's LR and SC, of which QEMU makes a comparison.
  compareExchange32: (space, address, times) => {
    for (let i = 0; i < times; i++) {
      let before = space.load32(address)
      for (;;) {
        const found = atomicCompareExchange32(space, address, before, before + 1)
        if (found === before) break
        before = found
      }
    }
  },
  // A spin lock around a plain counter, which is 4 bytes further on.
  spinLock: (space, address, times) => {
    for (let i = 0; i < times; i++) {
      while (atomicExchange32(space, address + 8, 1) !== 0) {}
      space.store32(address, space.load32(address) + 1)
      atomicExchange32(space, address + 8, 0)
    }
  },
  fences: (space, address, times, side) => peterson(space, address, times, side, atomicFence),
  // Each bit is its own thread's: what is turned an even number of times is as it was.
  xor32: (space, address, times, side) => {
    for (let i = 0; i < times; i++) atomicXor32(space, address, 1 << (side + (i % 8) * 2))
  },
  // The maximum never falls.
  max32: (space, address, times, side) => {
    for (let i = 0; i < times; i++) {
      const before = atomicMaxUnsigned32(space, address, 2 * i + side)
      if (before > 2 * times) throw new Error('a value that nobody stored')
    }
  },
  /** One access unaligned, and the aligned words that it reaches into, in turn. */
  mixed: (space, address, times, side) => {
    for (let i = 0; i < times; i++) {
      if (side === 0) atomicAdd32(space, address, 1)
      else atomicAdd32(space, address + 2 - ((i & 1) === 0 ? 4 : 0), 0)
    }
  },
  'load and store': (space, address, times) => {
    for (let i = 0; i < times; i++) space.store32(address, space.load32(address) + 1)
  },
  'no fences': (space, address, times, side) => peterson(space, address, times, side, () => {}),
}

if (parentPort !== null) {
  const { handle, control, order, ordering, endian, way, address, times, side } = workerData as CountingTask
  const flags = new Int32Array(control)
  const block = GuestRam.attach(handle, { order }).blocks[0] as RamBlock
  const space = new AddressSpace('space', MemoryRegion.ram('ram', block), { endian, ordering })
  Atomics.add(flags, 0, 1)
  Atomics.notify(flags, 0)
  // Both begin at once, and neither sleeps: who wakes later than the other has ended would race with nobody.
  while (Atomics.load(flags, 0) < 2) {}
  WAYS[way](space, address, times, side)
  parentPort.postMessage('done')
}
