// A guest's thread: stores to so many pages a second, all over its memory, as long as it is not stopped.
import { workerData } from 'node:worker_threads'
import { AddressSpace, GuestRam, type GuestRamHandle, MemoryRegion, type RamBlock } from 'guestmem'

export interface GuestTask {
  readonly handle: GuestRamHandle
  /** Int32: 0 is 1 while it runs; 1 counts its steps; 2 is 1 while it has stopped. */
  readonly control: SharedArrayBuffer
  readonly pagesPerSecond: number
}

const { handle, control, pagesPerSecond } = workerData as GuestTask
const flags = new Int32Array(control)
const block = GuestRam.attach(handle).blocks[0] as RamBlock
const space = new AddressSpace('cpu', MemoryRegion.ram('ram', block))
const pages = block.size / 4096
let random = 1
let done = 0
let begin = performance.now()
for (;;) {
  Atomics.add(flags, 1, 1)
  if (Atomics.load(flags, 0) === 0) {
    Atomics.store(flags, 2, 1)
    Atomics.notify(flags, 2)
    Atomics.wait(flags, 0, 0)
    Atomics.store(flags, 2, 0)
    begin = performance.now()
    done = 0
  }
  const due = ((performance.now() - begin) / 1000) * pagesPerSecond
  for (; done < due && Atomics.load(flags, 0) === 1; done++) {
    random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0
    const at = (random % pages) * 4096 + ((random >>> 20) & 0xff8)
    space.store32(at, random)
    space.store8(at + 5, done)
  }
  Atomics.wait(flags, 3, 0, 1)
}
