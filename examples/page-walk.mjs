// Two threads: an emulated CPU that stores to pages, and the guest's kernel on another CPU, which writes dirty pages back to a
// disk. Neither loses what the other does to an entry of the page table: every store reaches the disk.

import { isMainThread, Worker, workerData } from 'node:worker_threads'
import { AddressSpace, atomicAdd32, atomicAnd32, atomicFence, GuestRam, MemoryRegion } from 'guestmem'
import { ACCESSED, DIRTY, PAGE_BYTES, PRESENT, WRITABLE, walk } from './page-tables.mjs'

const PAGES = 16
const DIRECTORY = 0
const TABLE = PAGE_BYTES
const FIRST_PAGE = 2 * PAGE_BYTES
/** Stores that were made, and behind it whether the CPU is done. */
const STORES = FIRST_PAGE + PAGES * PAGE_BYTES
const DONE = STORES + 4
const RAM_BYTES = STORES + PAGE_BYTES

if (isMainThread) await kernel()
else cpu()

/** @param {import('guestmem').GuestRam} ram */
function spaceOf(ram) {
  return new AddressSpace('memory', MemoryRegion.ram('ram', ram.blocks[0]))
}

async function kernel() {
  const ram = GuestRam.allocate(RAM_BYTES)
  ram.block('ram', RAM_BYTES)
  const memory = spaceOf(ram)
  memory.store32(DIRECTORY, TABLE | PRESENT | WRITABLE)
  for (let page = 0; page < PAGES; page++)
    memory.store32(TABLE + 4 * page, (FIRST_PAGE + page * PAGE_BYTES) | PRESENT | WRITABLE)
  const worker = new Worker(new URL(import.meta.url), { workerData: ram.handle })
  worker.on('error', error => {
    throw error
  })

  const disk = new Uint32Array(PAGES)
  let writes = 0
  for (let last = false; !last; ) {
    last = memory.load32(DONE) === 1
    for (let page = 0; page < PAGES; page++) {
      const entry = TABLE + 4 * page
      // First the bit, then the page: a store that comes later sets it again.
      if ((atomicAnd32(memory, entry, ~(DIRTY | ACCESSED)) & DIRTY) === 0) continue
      disk[page] = memory.load32(FIRST_PAGE + page * PAGE_BYTES)
      writes++
    }
  }
  const written = disk.reduce((sum, count) => sum + count)
  console.log(`  ${memory.load32(STORES)} stores to ${PAGES} pages, ${written} of them on the disk`)
  if (written !== memory.load32(STORES) || writes === 0) throw new Error('a store was lost')
  await worker.terminate()
}

function cpu() {
  const memory = spaceOf(GuestRam.attach(workerData))
  for (let i = 0; i < 200_000; i++) {
    const address = (i % PAGES) * PAGE_BYTES
    // The store first, then the note: who takes the note sees the store. A CPU that has a TLB does both at once.
    const page = walk(memory, DIRECTORY, address, false)
    if (page === undefined) throw new Error('page fault')
    atomicAdd32(memory, page, 1)
    if (walk(memory, DIRECTORY, address, true) === undefined) throw new Error('page fault')
    atomicAdd32(memory, STORES, 1)
  }
  atomicFence(memory)
  memory.store32(DONE, 1)
}
