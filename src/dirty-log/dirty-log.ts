import { checkInteger, checkOneOf, show } from '../check.ts'
import { attempt, collectErrors } from '../listener/listener-calls.ts'
import { GUEST_PAGE } from '../ram/dirty/dirty-bitmaps.ts'
import { anyDirty, countCodeWrites, giveBack, harvest } from '../ram/dirty/dirty-harvest.ts'
import { type DirtyPart, DirtySnapshot } from '../ram/dirty/dirty-snapshot.ts'
import { checkBlock, RamBlock } from '../ram/ram-block.ts'
import type { Backing } from '../region/backing.ts'
import { DirtyClient } from '../region/dirty-client.ts'
import { MemoryRegion } from '../region/memory-region.ts'
import { afterDirtyLogSync, clearDirtyLog, syncDirtyLog } from './log-listeners.ts'

/** What has dirty bits: a RAM block, or a region that is memory. Offsets count from its first byte. */
export type DirtyMemory = RamBlock | MemoryRegion

const CLIENTS: readonly DirtyClient[] = /* @__PURE__ */ (() => Object.values(DirtyClient))()

/**
 * Marks bytes that were stored to through a view of the user's own (a JIT's, a buffer that was mapped for a device): all
 * other ways to store mark by themselves. Call it after the stores, else a snapshot may take the mark and miss them.
 * Any thread.
 *
 * @param offset Bytes.
 * @param length Bytes; their pages are marked whole. 0 marks nothing.
 * @param clients A set of DirtyClient bits, 1 to 7.
 */
export function markDirty(memory: DirtyMemory, offset: number, length: number, clients: number): void {
  const parts = partsOf(memory, offset, length)
  checkInteger(clients, 'clients', 1, 7)
  for (const { block, from, size } of parts) block.ram.dirty.mark(block.offset + from, size, clients)
}

/** True if a page of these bytes is marked for `client`. All marks stay. Any thread. */
export function isDirty(memory: DirtyMemory, offset: number, length: number, client: DirtyClient): boolean {
  const parts = partsOf(memory, offset, length)
  checkClient(client)
  return parts.some(({ block, from, size }) => anyDirty(block.ram.dirty, block.offset + from, size, client))
}

/**
 * Takes the marks of these bytes' pages for `client`, and leaves the pages clean (RULES F3). No store is lost: one that
 * is not in this snapshot's bytes is in the next snapshot (dirty-bitmaps.ts says why). Marks of other pages stay. Any
 * thread; of a region, listeners of this thread's spaces are told (MemoryListener.logSync, logClear).
 *
 * @param offset Bytes.
 * @param length Bytes. Both ends are rounded out to pages, within the memory.
 * @throws TypeError or RangeError naming the argument, and nothing is cleared. What a listener throws, and all marks that
 *   were taken are set again.
 */
export function snapshotAndClearDirty(
  memory: DirtyMemory,
  offset: number,
  length: number,
  client: DirtyClient,
): DirtySnapshot {
  const parts = partsOf(memory, offset, length)
  checkClient(client)
  const taken = takeMarks(memory, offset, length, client, parts)
  return new DirtySnapshot(
    parts.map(({ block, start, from, size, most }, i): DirtyPart => {
      // The pages are the guest RAM's: a block may begin within one (GuestRam.wrap).
      const { offset } = block
      const first = Math.max(Math.floor((offset + from) / GUEST_PAGE) * GUEST_PAGE - offset, 0)
      const last = Math.min(Math.ceil((offset + from + size) / GUEST_PAGE) * GUEST_PAGE - offset, most)
      return { start: start + first, end: start + last, shift: offset - start, bits: taken[i] as Int32Array }
    }),
  )
}

/** Takes the marks as a snapshot does. @returns True if there were any. */
export function testAndClearDirty(memory: DirtyMemory, offset: number, length: number, client: DirtyClient): boolean {
  const parts = partsOf(memory, offset, length)
  checkClient(client)
  return takeMarks(memory, offset, length, client, parts).some(taken => taken.some(bits => bits !== 0))
}

/**
 * Takes marks between what this thread's listeners are told of it (RULES F3): an accelerator hands in its own marks
 * first, and write-protects again what was cleared. Of a block they know nothing.
 *
 * @returns The marks of each part.
 */
function takeMarks(
  memory: DirtyMemory,
  offset: number,
  length: number,
  client: DirtyClient,
  parts: readonly Part[],
): readonly Int32Array[] {
  const taken: Int32Array[] = []
  const take = () => {
    for (const { block, from, size } of parts) taken.push(harvest(block.ram.dirty, block.offset + from, size, client))
  }
  if (memory instanceof RamBlock) {
    take()
    return taken
  }
  try {
    collectErrors(() => {
      attempt(() => {
        syncDirtyLog(memory)
        take()
        clearDirtyLog(memory, offset, length)
      })
      afterDirtyLogSync()
    })
  } catch (error) {
    // Nobody gets these marks: they are still to be taken.
    taken.forEach((bits, i) => {
      const { block, from } = parts[i] as Part
      giveBack(block.ram.dirty, block.offset + from, client, bits)
    })
    throw error
  }
  return taken
}

/**
 * How many stores to this block's guest RAM were marked for CODE, by all threads; modulo 2^32, signed. Where QEMU throws
 * translations away from within a store (RULES F2), a JIT here looks whether this number changed, which costs a load,
 * before it goes on with code that it has translated, and then takes the bits: no callback runs inside a store, and
 * stores of other threads are seen in the same way.
 */
export function codeWrites(block: RamBlock): number {
  return countCodeWrites(checkBlock(block, 'block').ram.dirty)
}

interface Part {
  readonly block: RamBlock
  /** Where the block begins in the memory. */
  readonly start: number
  /** Offset in the block, bytes. */
  readonly from: number
  /** Bytes; not 0. */
  readonly size: number
  /** The bytes of the block that belong to the memory. */
  readonly most: number
}

function partsOf(memory: DirtyMemory, offset: number, length: number): Part[] {
  const blocks = backingOf(memory)
  checkInteger(offset, 'offset', 0, memory.size)
  checkInteger(length, 'length', 0, memory.size - offset)
  const parts: Part[] = []
  for (const { block, start } of blocks) {
    checkBlock(block, block === memory ? 'memory' : 'block of the region')
    const most = Math.min(block.size, memory.size - start)
    const from = Math.max(offset - start, 0)
    const size = Math.min(offset + length - start, most) - from
    if (size > 0) parts.push({ block, start, from, size, most })
  }
  return parts
}

function backingOf(memory: DirtyMemory): readonly Backing[] {
  if (memory instanceof RamBlock) return [{ block: memory, start: 0 }]
  if (!(memory instanceof MemoryRegion))
    throw new TypeError(`memory must be a RamBlock or a MemoryRegion, got ${show(memory)}`)
  if (memory.block === undefined)
    throw new TypeError(`memory must have RAM blocks: ${show(memory.name)} is ${memory.kind}`)
  return memory.backing
}

function checkClient(client: DirtyClient): void {
  checkOneOf(client, CLIENTS, 'client')
}
