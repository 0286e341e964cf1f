import { parentPort, workerData } from 'node:worker_threads'
import {
  AddressSpace,
  DirtyClient,
  GuestRam,
  type GuestRamHandle,
  MemoryRegion,
  type RamBlock,
  ramFill,
} from 'guestmem'

/** What a thread is to do: stores of all sizes to the first block, in any place, until it is told to end. */
export interface WriterTask {
  readonly handle: GuestRamHandle
  /**
   * Int32: 0 turns to 1 when all may begin, to 2 when they are to end; 1 counts those that have ended; behind them, each
   * counts its rounds.
   */
  readonly control: SharedArrayBuffer
  readonly seed: number
  /** Where the count of its rounds is. */
  readonly rounds: number
  /** It logs its region itself; else another thread logs all memory. */
  readonly log: boolean
}

const { handle, control, seed, rounds, log } = workerData as WriterTask
const flags = new Int32Array(control)
const block = GuestRam.attach(handle).blocks[0] as RamBlock
const region = MemoryRegion.ram('ram', block)
if (log) region.setLog(DirtyClient.VGA, true)
const space = new AddressSpace('space', region)
const bytes = new Uint8Array(5000)
let random = seed

parentPort?.postMessage('ready')
Atomics.wait(flags, 0, 0)
for (let round = 0; Atomics.load(flags, 0) === 1; round++) {
  Atomics.add(flags, rounds, 1)
  random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0
  const at = random % (block.size - bytes.length)
  const kind = (random >>> 24) % 8
  if (kind < 3) space.store32(at, round)
  else if (kind < 5) space.store8(at, round)
  else if (kind === 5) space.store64Pair(at, round, seed)
  else if (kind === 6) space.write(at, bytes.fill(round).subarray(0, (random >>> 8) % 200))
  else ramFill(block, at, round & 0xff, (random >>> 8) % 5000)
}
Atomics.add(flags, 1, 1)
