import { workerData } from 'node:worker_threads'
import {
  AddressSpace,
  GuestRam,
  type GuestRamHandle,
  MemoryRegion,
  MemoryRegionCache,
  MemTxAttrs,
  type RamBlock,
  ramCopy,
  ramFill,
  ramMove,
  writeb,
  writel,
  writeq,
  writew,
} from 'guestmem'

const PAGE = 4096
/** Where the region is, in the space of the thread that stores. */
const AT = 0x8000_0000

interface Storer {
  readonly space: AddressSpace
  readonly other: AddressSpace
  readonly cache: MemoryRegionCache
  readonly block: RamBlock
}

/** Every way to store, each to one page: the first byte of it is `offset` in the block. */
export const WAYS: readonly (readonly [name: string, store: (on: Storer, offset: number) => void])[] = [
  ['store8', ({ space }, offset) => space.store8(AT + offset, 1)],
  ['store16', ({ space }, offset) => space.store16(AT + offset, 1)],
  ['store32', ({ space }, offset) => space.store32(AT + offset, 1)],
  ['store32, big-endian', ({ other }, offset) => other.store32(AT + offset, 1)],
  ['store16, big-endian', ({ other }, offset) => other.store16(AT + offset, 1)],
  ['store32, unaligned', ({ space }, offset) => space.store32(AT + offset + 1, 1)],
  ['store64', ({ space }, offset) => space.store64(AT + offset, 1n)],
  ['store64Pair', ({ space }, offset) => space.store64Pair(AT + offset, 1, 2)],
  ['write', ({ space }, offset) => space.write(AT + offset, new Uint8Array(16))],
  ['write, relaxed', ({ space }, offset) => space.write(AT + offset, new Uint8Array(16), MemTxAttrs.RELAXED)],
  ['fill', ({ space }, offset) => space.fill(AT + offset, 1, PAGE)],
  ['writeRom', ({ space }, offset) => space.writeRom(AT + offset, new Uint8Array(16))],
  ['copy', ({ space }, offset) => space.copy(AT + offset, space, AT + 4, 16)],
  ['map', ({ space }, offset) => space.map(AT + offset, 16, { write: true })?.unmap()],
  ['store32 of a cache', ({ cache }, offset) => cache.store32(offset, 1)],
  ['write of a cache', ({ cache }, offset) => cache.write(offset, new Uint8Array(16))],
  ['ramCopy', ({ block }, offset) => ramCopy(block, offset, block, block.size - 16, 16)],
  ['ramCopy of an array', ({ block }, offset) => ramCopy(block, offset, new Uint8Array(16), 0, 16)],
  ['ramMove', ({ block }, offset) => ramMove(block, offset + 1, block, offset, 16)],
  ['ramFill', ({ block }, offset) => ramFill(block, offset, 1, 16)],
  ['writeb', ({ block }, offset) => writeb(block, offset, 1)],
  ['writew', ({ block }, offset) => writew(block, offset, 1)],
  ['writel', ({ block }, offset) => writel(block, offset, 1)],
  ['writeq', ({ block }, offset) => writeq(block, offset, 1n)],
]

export function storer(block: RamBlock): Storer {
  const region = MemoryRegion.ram('ram', block)
  const root = MemoryRegion.container('root', 2 ** 33)
  root.addSubregion(AT, region)
  const space = new AddressSpace('space', root)
  const other = new AddressSpace('big-endian', root, { endian: 'big' })
  return { space, other, cache: new MemoryRegionCache(space, AT, block.size, { write: true }), block }
}

export interface ForeignTask {
  readonly handle: GuestRamHandle
  /**
   * Int32. Element 0 is an order, which ends with element 1 equal to it. Order n from 1 on: way n - 1, to page n; the order
   * with 0x1000 added is for the same, ten thousand times, to page 0. -1 ends the thread.
   */
  readonly control: SharedArrayBuffer
}

// The test imports the ways from here, too.
if ((workerData as ForeignTask | undefined)?.handle !== undefined) {
  const { handle, control } = workerData as ForeignTask
  const words = new Int32Array(control)
  const on = storer(GuestRam.attach(handle).blocks[0] as RamBlock)
  // It never gets to its event loop: nothing tells it of a log but what threads share.
  for (let last = 0; ; ) {
    Atomics.wait(words, 0, last)
    const order = Atomics.load(words, 0)
    if (order === -1) break
    const [, store] = WAYS[(order % 0x1000) - 1] as (typeof WAYS)[number]
    if (order < 0x1000) store(on, order * PAGE)
    else for (let i = 0; i < 10_000; i++) store(on, 0)
    last = order
    Atomics.store(words, 1, order)
    Atomics.notify(words, 1)
  }
}
