// A disk in a thread of its own: the guest asks through registers, the disk writes into guest RAM by itself (DMA).

import { setImmediate } from 'node:timers/promises'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'
import { asCpu } from './cpu.mjs'
import { BUSY, DONE, SECTOR_BYTES, serve } from './sector-disk.mjs'

if (isMainThread) await board()
else disk()

async function board() {
  const ram = GuestRam.allocate(2 ** 20)
  const block = ram.block('ram', 2 ** 18)
  const worker = new Worker(new URL(import.meta.url), { workerData: ram.handle })
  // Without a listener the error is thrown here: a disk that dies ends the program.
  worker.on('error', error => {
    throw error
  })

  const DISK = 0x1000_0000
  const system = MemoryRegion.container('system', 2 ** 32)
  system.addSubregion(0, MemoryRegion.ram('ram', block))
  system.addSubregion(DISK, MemoryRegion.io('disk', diskRegisters(worker), 16))
  const memory = asCpu(new AddressSpace('memory', system))

  const BUFFER = 0x2000
  const STATUS = BUFFER + SECTOR_BYTES
  for (const sector of [0, 7]) {
    memory.store32(STATUS, BUSY)
    memory.store32(DISK, sector)
    memory.store32(DISK + 4, BUFFER)
    // The disk stores the status after the data: who sees DONE sees the data.
    let status = BUSY
    for (; status === BUSY; status = memory.load32(STATUS)) await setImmediate()
    if (status !== DONE) throw new Error(`sector ${sector} was not read`)
    const bytes = new Uint8Array(SECTOR_BYTES)
    memory.read(BUFFER, bytes)
    const text = new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)))
    console.log(`  sector ${sector}: "${text}"`)
  }
  await worker.terminate()
}

/**
 * @param {Worker} worker
 * @returns {import('guestmem').MemoryRegionOps}
 */
function diskRegisters(worker) {
  let sector = 0
  return {
    read: () => 0,
    write(offset, value) {
      if (offset === 0) sector = value
      // The buffer's address is the order to begin.
      else if (offset === 4) worker.postMessage({ sector, buffer: value })
    },
    valid: { minSize: 4, maxSize: 4 },
    impl: { minSize: 4, maxSize: 4 },
    endianness: 'little',
  }
}

function disk() {
  // The bytes are shared. Regions and spaces are not, so each thread makes its own: this one is what the disk sees.
  const [block] = GuestRam.attach(workerData).blocks
  const bus = new AddressSpace('disk', MemoryRegion.ram('ram', block))
  parentPort.on('message', ({ sector, buffer }) => serve(bus, sector, buffer))
}
