import { Worker } from 'node:worker_threads'
import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'
import { asCpu } from '../cpu.mjs'
import * as dma from './dma-engine.mjs'

const RAM_BYTES = 0x40000
const ENGINE = 0x1000_0000
const RING = 0x1000
const RING_SIZE = 64

/**
 * The DMA engine on a board, and its driver in another thread.
 *
 * @param {number} rounds Transfers.
 * @param {(workerData: object) => Worker} start
 * @returns {Promise<{ transfers: number, early: number }>}
 */
export async function runDma(rounds, start = startThread) {
  const ram = GuestRam.allocate(RAM_BYTES)
  const system = MemoryRegion.container('system', 2 ** 32)
  system.addSubregion(0, MemoryRegion.ram('ram', ram.block('ram', RAM_BYTES)))
  const memory = new AddressSpace('memory', system)
  const engine = new dma.DmaEngine(memory)
  system.addSubregion(ENGINE, engine.region)
  const cpu = asCpu(memory)
  cpu.store32(ENGINE + dma.RING_LOW, RING)
  cpu.store32(ENGINE + dma.RING_SIZE, RING_SIZE)
  cpu.store32(ENGINE + dma.CONTROL, dma.CONTROL_RUN)

  const thread = start({ handle: ram.handle, ring: RING, ringSize: RING_SIZE, rounds })
  try {
    return await new Promise((resolve, reject) => {
      thread.on('message', ({ tail, done }) => {
        if (tail !== undefined) cpu.store32(ENGINE + dma.TAIL, tail)
        else resolve(done)
      })
      thread.once('error', reject)
      thread.once('exit', code => reject(new Error(`the driver ended without an answer, exit code ${code}`)))
    })
  } finally {
    await thread.terminate()
  }
}

/** @param {object} workerData */
function startThread(workerData) {
  return new Worker(new URL('./dma-guest.mjs', import.meta.url), { workerData })
}
