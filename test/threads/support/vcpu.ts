import { parentPort, workerData } from 'node:worker_threads'
import { atomicAdd32, atomicCompareExchange32, MemTxResult } from 'guestmem'
import { Attention, Member } from 'guestmem/threads'
import { atomic, type OperationName, type Size } from '../../atomics/support/operations.ts'
import { ADDRESS, FLAG } from './addresses.ts'

// A vCPU of the tests: runs the program that it is told, and posts what came of it.

const { handle, program, rounds, options, cpus, together } = workerData
const cpu = new Member(handle, options)
const { space, id } = cpu
/** Nobody wakes who sleeps here. */
const NOBODY = new Int32Array(new SharedArrayBuffer(4))
const poll = (): void => void cpu.poll()
/** Waits for another vCPU's word in RAM. */
const until = (address: number, value: number): void => {
  for (let polls = 1; space.load32(address) !== value; polls++) {
    poll()
    // Online all the same: where there are few cores, whom it waits for would hardly ever run.
    if (polls % 500 === 0) Atomics.wait(NOBODY, 0, 0, 0.05)
  }
}

/** Whether the window is there, for a store. */
const isSeen = (): boolean => {
  space.store32(ADDRESS.window, 1)
  return space.result === MemTxResult.OK
}

/** Most of them tell how often something was wrong, and of how many checks. */
const programs: Record<string, () => unknown> = {
  /** One's own change of the map is used by the next access: a BAR moves, a window comes or goes, a ROM device is one or not. */
  own() {
    let bad = 0
    for (let i = 0; i < rounds; i++) {
      const turn = i >>> 2
      if (i % 4 === 0) {
        const to = ADDRESS.bars + (turn % 16) * 0x1_0000
        space.store32(ADDRESS.config, to)
        if (space.load32(to) !== 0xba5) bad++
      } else if (i % 4 === 1) {
        space.store32(ADDRESS.config + 4, turn & 1)
        space.load32(ADDRESS.window)
        if ((space.result === MemTxResult.OK) !== ((turn & 1) === 1)) bad++
      } else {
        space.store8(ADDRESS.flash, i % 4 === 2 ? 0x70 : 0xff)
        if (space.load8(ADDRESS.flash + 1) !== (i % 4 === 2 ? 0x80 : 0x22)) bad++
      }
      poll()
    }
    return { bad, of: rounds }
  },
  /** No thread uses a window once another has been told that it is gone; nor misses one that another has seen come. */
  causal() {
    let bad = 0
    for (let i = 1; i <= rounds; i++) {
      if (id === 0) {
        space.store32(ADDRESS.config + 4, i & 1)
        space.store32(FLAG(0), i)
        for (let other = 1; other < cpus; other++) until(FLAG(other), i)
      } else {
        until(FLAG(0), i)
        if (isSeen() !== ((i & 1) === 1)) bad++
        space.store32(FLAG(id), i)
      }
    }
    return { bad, of: id === 0 ? 0 : rounds }
  },
  /** What a device's DMA stored is there when the read completes; another vCPU that is told sees it, too. */
  dma() {
    let bad = 0
    for (let i = 0; i < rounds; i++) {
      const last = space.load32(ADDRESS.dma)
      for (let k = 0; k < 16; k++) if (space.load32(ADDRESS.buffer + 4 * k) !== last - 15 + k) bad++
      poll()
    }
    return { bad, of: 16 * rounds }
  },
  /** Data is there before its interrupt. Each vCPU sends one to the next, and waits for one. */
  interrupts() {
    let bad = 0
    const next = (id + 1) % cpus
    for (let i = 1; i <= rounds; i++) {
      if (id === 0) space.store32(ADDRESS.interrupts + 4 * next, i)
      for (let polls = 1; cpu.takeInterrupts() === 0; polls++) {
        if (i % 2 === 0) cpu.halt()
        else if (polls % 500 === 0) Atomics.wait(NOBODY, 0, 0, 0.05)
        else poll()
      }
      if (space.load32(ADDRESS.mailbox + 4 * id) !== i) bad++
      if (id !== 0) space.store32(ADDRESS.interrupts + 4 * next, i)
    }
    return { bad, of: rounds }
  },
  /** Posted stores are made in order, each once, and a read of the device waits for them. */
  posted() {
    let bad = 0
    for (let i = 1; i <= rounds; i++) {
      space.store32(ADDRESS.posted + 8 * id, i)
      if (i % 97 === 0 && space.load32(ADDRESS.posted + 8 * id) !== i) bad++
      poll()
    }
    if (space.load32(ADDRESS.posted + 8 * id) !== rounds) bad++
    return { bad, of: 1 + Math.floor(rounds / 97) }
  },
  /** The same without a read in between: more than a ring holds, where the owner does not look. */
  flood() {
    for (let i = 1; i <= rounds; i++) space.store32(ADDRESS.posted, i)
    return { bad: 0, of: rounds }
  },
  /** A read pushes what others had posted before it, if they say so. */
  pushes() {
    let bad = 0
    for (let i = 1; i <= rounds; i++) {
      if (id === 0) {
        space.store32(ADDRESS.posted, i)
        cpu.fence()
        space.store32(FLAG(0), i)
        until(FLAG(1), i)
      } else {
        until(FLAG(0), i)
        if (space.load32(ADDRESS.posted) !== i) bad++
        space.store32(FLAG(1), i)
      }
    }
    return { bad, of: id === 0 ? 0 : rounds }
  },
  /** A descriptor in RAM is there before the store to its doorbell is made. */
  descriptor() {
    for (let i = 1; i <= rounds; i++) {
      space.store32(ADDRESS.descriptor, i)
      space.store32(ADDRESS.doorbell, i)
      poll()
    }
    return { bad: 0, of: rounds }
  },
  /** Before its doorbell that a notifier takes. */
  notifier() {
    for (let i = 1; i <= rounds; i++) {
      space.store32(ADDRESS.descriptor, i)
      space.store32(ADDRESS.doorbell + 4, 1)
      until(ADDRESS.acknowledged, i)
    }
    return { bad: 0, of: rounds }
  },
  /** The same of a descriptor that is posted to a device. */
  postedNotifier() {
    for (let i = 1; i <= rounds; i++) {
      space.store32(ADDRESS.posted, i)
      space.store32(ADDRESS.doorbell + 8, 1)
      until(ADDRESS.acknowledged, i)
    }
    return { bad: 0, of: rounds }
  },
  /** Rings as often as it can: the device may take several at once. */
  rings() {
    for (let i = 1; i <= rounds; i++) {
      space.store32(ADDRESS.doorbell + 4, 1)
      poll()
    }
    return { bad: 0, of: rounds }
  },
  /** An interrupt that tells of a change of the map comes once all use it. Who takes it has not polled. */
  told() {
    let bad = 0
    for (let i = 1; i <= rounds; i++) {
      if (id === 0) {
        space.store32(ADDRESS.config + 12, i)
        until(FLAG(1), i)
      } else {
        for (let looks = 1; cpu.takeInterrupts() === 0; looks++) {
          if (looks % 64 === 0) poll()
          if (looks % 2048 === 0) Atomics.wait(NOBODY, 0, 0, 0.05)
        }
        if (isSeen() !== ((i & 1) === 1)) bad++
        space.store32(FLAG(1), i)
      }
    }
    return { bad, of: id === 0 ? 0 : rounds }
  },
  /** A thread that comes back from a request uses the new map, or is waited for: whenever the map changes. */
  online() {
    let bad = 0
    for (let i = 1; i <= rounds; i++) {
      if (id === 0) {
        space.store32(ADDRESS.config + 4, i & 1)
        space.store32(FLAG(0), i)
        until(FLAG(1), i)
      } else {
        for (let isTold = false; !isTold; ) {
          space.load32(ADDRESS.register)
          // No safe point here: only coming online has told it.
          for (let looks = 0; looks < 200 && !isTold; looks++) isTold = space.load32(FLAG(0)) === i
          if (isTold && isSeen() !== ((i & 1) === 1)) bad++
          poll()
        }
        space.store32(FLAG(1), i)
      }
    }
    return { bad, of: id === 0 ? 0 : rounds }
  },
  /** Each interrupt is taken once, whenever it is raised. All 32 of a word, one after the other, then the next. */
  lines() {
    let bad = 0
    const words = Math.ceil(rounds / 32)
    for (let i = 1; i <= words; i++) {
      if (id === 0) {
        for (let bit = 0; bit < 32; bit++) space.store32(ADDRESS.lines + 4, (1 << bit) >>> 0)
        space.store32(FLAG(0), i)
        until(FLAG(1), i)
      } else {
        let taken = 0
        for (let isOver = false; !isOver; ) {
          isOver = space.load32(FLAG(0)) === i
          const bits = cpu.takeInterrupts()
          if ((taken & bits) !== 0) bad++
          taken |= bits
          poll()
        }
        if (taken !== -1) bad++
        space.store32(FLAG(1), i)
      }
    }
    return { bad, of: id === 0 ? 0 : 32 * words }
  },
  /** Nobody sleeps for attention that was called for already, nor for an answer that has come. */
  wakeups() {
    let [bad, asked] = [0, 0]
    const { wait } = Atomics
    const attention = (cpu.attentionAddress - handle.control.offset) / 4
    Atomics.wait = (words: Int32Array | BigInt64Array, index: number, value: never, milliseconds?: number) => {
      if (words !== NOBODY && (index === attention ? value !== 0 : value === asked)) {
        bad++
        return 'timed-out'
      }
      return wait(words as Int32Array, index, value, milliseconds)
    }
    for (let i = 1; i <= rounds; i++) {
      // At every distance from one another.
      for (let looks = (37 * i) % 200; looks > 0; looks--) space.load32(FLAG(5))
      if (id === 1) {
        asked++
        space.store32(ADDRESS.lines, i)
        until(FLAG(0), i)
      } else {
        while (cpu.takeInterrupts() === 0) cpu.halt()
        space.store32(FLAG(0), i)
      }
    }
    return { bad, of: rounds }
  },
  /** Stores to pages, until it is told to pause, or to end. */
  pages() {
    let seed = id + 1
    for (let generation = 0; ; ) {
      const order = space.load32(FLAG(8))
      if (order === 1) return { bad: 0, of: rounds }
      if (order !== generation) {
        generation = order
        space.store32(FLAG(10 + id), generation)
        until(FLAG(9), generation)
      }
      for (let i = 0; i < 50; i++) {
        seed = (Math.imul(seed, 1103515245) + 12345) >>> 0
        space.store32(ADDRESS.pages + 4096 * ((seed >>> 16) % 64) + 8 * id, seed)
      }
      poll()
    }
  },
  /** Stores that are waited for are made once each, whatever becomes of the map meanwhile. */
  counter() {
    for (let i = 0; i < rounds; i++) {
      space.store32(ADDRESS.counter, 1)
      poll()
    }
    return { bad: 0, of: rounds }
  },
  /** Fences forbid that neither sees the other's store. */
  fence() {
    let bad = 0
    for (let i = 1; i <= rounds; i++) {
      const [mine, other] = [FLAG(id), FLAG(1 - id)]
      space.store32(mine, i)
      cpu.fence()
      const seen = space.load32(other)
      space.store32(mine + 4, seen)
      space.store32(mine + 8, i)
      until(other + 8, i)
      if (seen < i && space.load32(other + 4) < i) bad++
      space.store32(mine + 12, i)
      until(other + 12, i)
    }
    return { bad, of: rounds }
  },
  /** Atomic accesses of RAM are exact: of a counter, and under a lock. */
  atomics() {
    let bad = 0
    for (let i = 0; i < rounds; i++) {
      atomicAdd32(space, FLAG(0), 1)
      for (let tries = 1; atomicCompareExchange32(space, FLAG(1), 0, 1) !== 0; tries++) {
        poll()
        if (tries % 500 === 0) Atomics.wait(NOBODY, 0, 0, 0.05)
      }
      space.store32(FLAG(2), space.load32(FLAG(2)) + 1)
      cpu.fence()
      space.store32(FLAG(1), 0)
      poll()
    }
    // Once for each vCPU; all have done so when the count is full.
    atomicAdd32(space, FLAG(3), 1)
    until(FLAG(3), cpus)
    for (const flag of [0, 2]) if (space.load32(FLAG(flag)) !== cpus * rounds) bad++
    return { bad, of: 2 }
  },
  /** What is asked of devices in every size; the test has the same of one thread. */
  requests() {
    const told: unknown[] = []
    for (const [address, length] of workerData.requests as [number, number][]) {
      const bytes = new Uint8Array(length).fill(0xee)
      const result = space.read(address, bytes)
      told.push([
        address,
        length,
        result,
        Array.from(bytes),
        space.write(address, bytes),
        space.fill(address, 3, length),
      ])
    }
    return told
  },
  /** Accesses that the test names, with their results. */
  accesses() {
    return (workerData.accesses as [keyof typeof space, ...number[]][]).map(([name, ...args]) => {
      const value = (space[name] as (...args: number[]) => unknown).apply(space, args)
      return [name, ...args, value, space.result]
    })
  },
  /** Atomic accesses that the test names, with what they find. */
  atomically() {
    return (workerData.accesses as Parameters<typeof named>[]).map(access => [named(...access), space.result])
  },
  /** Atomic accesses of a device's register are exact, too: nothing comes between what is found and what is stored. */
  mmioAtomics() {
    for (let i = 0; i < rounds; i++) {
      atomicAdd32(space, ADDRESS.register, 1)
      while (atomicCompareExchange32(space, ADDRESS.register + 4, 0, 1) !== 0) poll()
      space.store32(FLAG(2), space.load32(FLAG(2)) + 1)
      space.store32(ADDRESS.register + 4, 0)
      poll()
    }
    atomicAdd32(space, FLAG(3), 1)
    until(FLAG(3), cpus)
    const sums = [space.load32(ADDRESS.register), space.load32(FLAG(2))]
    return { bad: sums.filter(sum => sum !== cpus * rounds).length, of: 2 }
  },
  /** Never polls, for a while. */
  stall() {
    const end = performance.now() + rounds
    while (performance.now() < end) space.load32(0)
    return 'done'
  },
  /** Until the machine is turned off. */
  sleep() {
    let woken = 0
    for (;;) {
      woken++
      space.store32(FLAG(id), woken)
      if (cpu.halt() & Attention.STOP) return woken
    }
  },
  /** Posts stores until it is killed, and says in RAM how far it has come. */
  posts() {
    for (let i = rounds + 1; ; i++) {
      space.store32(ADDRESS.posted + 8 * id, i)
      space.store32(FLAG(id), i)
      poll()
    }
  },
  /** Stores until it is killed. */
  forever() {
    for (let i = 0; ; i++) {
      space.store32(ADDRESS.counter, 1)
      space.store32(ADDRESS.window, i)
      space.store32(FLAG(id), 1)
      poll()
    }
  },
}

function named(operation: OperationName, size: Size, address: number, operand: bigint, expected: bigint): bigint {
  return atomic(space, operation, size, address, BigInt.asUintN(8 * size, operand), BigInt.asUintN(8 * size, expected))
}

try {
  const run = programs[program] as () => unknown
  const result = cpu.run(() => {
    if (together) {
      atomicAdd32(space, FLAG(30), 1)
      until(FLAG(30), cpus)
    }
    return run()
  })
  parentPort?.postMessage({ result })
} catch (error) {
  parentPort?.postMessage({ error: String(error) })
}
