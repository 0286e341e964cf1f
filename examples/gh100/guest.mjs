// The guest: a virtio-blk driver on a vCPU, which is a thread of its own. It polls the used ring, and looks at the data
// the moment that it sees the index.

import { createHash } from 'node:crypto'
import { parentPort } from 'node:worker_threads'
import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'
import { asCpu } from '../cpu.mjs'
import { HEADER, LINE, QUEUE, RAM_BYTES, STATUS } from './layout.mjs'
import * as virtio from './virtio-blk.mjs'

const NOT_YET = 0xff
const STALE = 0xee
/** The polls that a vCPU makes before it lets others run. */
const POLLS = 2000

/** One guest RAM is attached once, whatever the number of guests that run on it. */
const attached = new Map()

parentPort.on('message', ({ id, handle, windows, line, requests }) => {
  const memory = physicalMemory(id, handle, windows)
  parentPort.postMessage({ done: drive(memory, line, requests) })
})

/** The addresses that this guest uses: its RAM, and the RAM blocks of the BAR that its buffers are in. */
function physicalMemory(id, handle, windows) {
  if (!attached.has(id)) {
    const system = MemoryRegion.container('system', 2 ** 48)
    system.addSubregion(0, MemoryRegion.ram('ram', GuestRam.attach(handle).blocks[0]))
    for (const { address, handle } of windows)
      system.addSubregion(address, MemoryRegion.ram('card', GuestRam.attach(handle).blocks[0]))
    attached.set(id, asCpu(new AddressSpace('vCPU', system)))
  }
  return attached.get(id)
}

/** @returns What was seen, request by request; the last one may be one that is never done. */
function drive(memory, line, requests) {
  memory.fill(0, 0, RAM_BYTES)
  const seen = []
  for (const [index, request] of requests.entries()) {
    // All but the first are to memory that is plugged in while the guest runs.
    while (index === 1 && Atomics.load(line, LINE.hotAdded) === 0) Atomics.wait(line, LINE.hotAdded, 0, 1)
    const bytes = prepare(memory, request, index)
    parentPort.postMessage({ kick: true })
    if (!poll(memory, line, index)) return [...seen, { name: request.name, frozen: true }]
    seen.push(check(memory, request, index, bytes))
  }
  return seen
}

/** Fills in the buffers and a chain of descriptors, then makes it available: the index is stored last. */
function prepare(memory, { write, sector, segments }, index) {
  const bytes = new Uint8Array(segments.reduce((sum, { length }) => sum + length, 0))
  for (let at = 0; at < bytes.length; at++) bytes[at] = write ? (at * 13 + (at >> 8)) ^ 0x55 : STALE
  let done = 0
  for (const { address, length } of segments) {
    memory.write(address, bytes.subarray(done, done + length))
    done += length
  }
  memory.store32le(HEADER, write ? virtio.VIRTIO_BLK_T_OUT : virtio.VIRTIO_BLK_T_IN)
  memory.store64le(HEADER + 8, BigInt(sector))
  memory.store8(STATUS, NOT_YET)
  const chain = [
    { address: HEADER, length: virtio.HEADER_BYTES, flags: 0 },
    ...segments.map(segment => ({ ...segment, flags: write ? 0 : virtio.VIRTQ_DESC_F_WRITE })),
    { address: STATUS, length: 1, flags: virtio.VIRTQ_DESC_F_WRITE },
  ]
  for (const [number, { address, length, flags }] of chain.entries()) {
    const next = number + 1 < chain.length
    const at = QUEUE.desc + virtio.DESC_BYTES * number
    memory.store64le(at, BigInt(address))
    memory.store32le(at + 8, length)
    memory.store16le(at + 12, flags | (next ? virtio.VIRTQ_DESC_F_NEXT : 0))
    memory.store16le(at + 14, next ? number + 1 : 0)
  }
  memory.store16le(QUEUE.avail + virtio.RING + 2 * (index % virtio.QUEUE_SIZE), 0)
  memory.store16le(QUEUE.avail + virtio.RING_IDX, index + 1)
  return bytes
}

/** @returns {boolean} The request is done. False: the device says that it will not do any more. */
function poll(memory, line, index) {
  for (let polls = 1; memory.load16le(QUEUE.used + virtio.RING_IDX) === index; polls++) {
    if (Atomics.load(line, LINE.needsReset) !== 0) return false
    if (polls % POLLS === 0) Atomics.wait(line, LINE.needsReset, 0, 1)
  }
  return true
}

/** What is wrong with a request that is said to be done; and what is in memory then. */
function check(memory, { name, write, segments }, index, sent) {
  const bytes = new Uint8Array(sent.length)
  let done = 0
  for (const { address, length } of segments) {
    memory.read(address, bytes.subarray(done, done + length))
    done += length
  }
  const entry = QUEUE.used + virtio.RING + 8 * (index % virtio.QUEUE_SIZE)
  const hazards = []
  if (memory.load8(STATUS) !== virtio.VIRTIO_BLK_S_OK) hazards.push('the index was seen before the status')
  if (memory.load32le(entry) !== 0 || memory.load32le(entry + 4) !== (write ? 0 : sent.length) + 1)
    hazards.push('the index was seen before its entry')
  return { name, hazards, sha: createHash('sha1').update(bytes).digest('hex') }
}
