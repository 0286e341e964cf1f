// The DMA engine's driver, on a vCPU that is a thread of its own: it polls the completion, and looks at the bytes the
// moment that it sees it.

import { parentPort, workerData } from 'node:worker_threads'
import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'
import { asCpu } from '../cpu.mjs'
import * as dma from './dma-engine.mjs'

/** Uneven pieces of 4000 bytes in all, the one list's not the other's; the last begins at an odd address. */
const FROM = [
  [0x10000, 1500],
  [0x12003, 2500],
]
const TO = [
  [0x20000, 700],
  [0x23ff1, 2200],
  [0x28001, 1100],
]
const BYTES = 4000
const POLLS = 2000

const { handle, ring, ringSize, rounds } = workerData
const memory = asCpu(new AddressSpace('vCPU', MemoryRegion.ram('ram', GuestRam.attach(handle).blocks[0])))
parentPort.postMessage({ done: drive() })

/** @returns How many transfers were seen done, and how many of them before all of their bytes were there. */
function drive() {
  const idle = new Int32Array(new SharedArrayBuffer(4))
  let tail = 0
  let early = 0
  for (let round = 1; round <= rounds; round++) {
    scatter(FROM, pattern(round))
    scatter(TO, new Uint8Array(BYTES))
    const pieces = [...FROM.map(piece => [...piece, 0]), ...TO.map(piece => [...piece, dma.FLAG_TO])]
    for (const [index, [address, length, flags]] of pieces.entries()) {
      const at = descriptor(tail + index)
      const next = index + 1 < pieces.length ? dma.FLAG_NEXT : 0
      memory.store64le(at + dma.ADDRESS, BigInt(address))
      memory.store32le(at + dma.LENGTH, length)
      memory.store32le(at + dma.FLAGS, flags | next)
      memory.store32le(at + dma.MOVED, 0)
      memory.store32le(at + dma.COMPLETION, 0)
    }
    const last = descriptor(tail + pieces.length - 1)
    tail = (tail + pieces.length) % ringSize
    // A vCPU's store to a register is the machine's to carry out, which is in the other thread.
    parentPort.postMessage({ tail })
    for (let polls = 1; memory.load32le(last + dma.COMPLETION) === 0; polls++)
      // A JIT may take a plain load out of a loop that does nothing else; an atomic one stays where it is. After some
      // polls the others get the CPU, should they have no other.
      if (Atomics.load(idle, 0) === 0 && polls % POLLS === 0) Atomics.wait(idle, 0, 0, 1)
    const right =
      memory.load32le(last + dma.COMPLETION) === dma.COMPLETION_DONE && memory.load32le(last + dma.MOVED) === BYTES
    if (!right || Buffer.compare(gather(TO), pattern(round)) !== 0) early++
  }
  return { transfers: rounds, early }
}

/** @param {number} index */
function descriptor(index) {
  return ring + (index % ringSize) * dma.DESCRIPTOR_BYTES
}

/** @param {number} round */
function pattern(round) {
  return Uint8Array.from({ length: BYTES }, (_, at) => (at * 5 + (at >> 8) + round * 77) | 1)
}

function scatter(pieces, bytes) {
  let done = 0
  for (const [address, length] of pieces) {
    memory.write(address, bytes.subarray(done, done + length))
    done += length
  }
}

function gather(pieces) {
  const bytes = new Uint8Array(BYTES)
  let done = 0
  for (const [address, length] of pieces) {
    memory.read(address, bytes.subarray(done, done + length))
    done += length
  }
  return bytes
}
