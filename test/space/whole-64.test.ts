import { Worker } from 'node:worker_threads'
import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'
import { expect, test } from 'vitest'
import { later } from '../support/later.ts'

const OLD = 0x0102_0304_0506_0708n
const NEW = 0xf1f2_f3f4_f5f6_f7f8n

/** Another thread at the same eight bytes, atomically: it stores both values in turn, or counts what it sees but them. */
async function other(ram: GuestRam, stores: boolean): Promise<{ stop(): Promise<number> }> {
  const flag = new Int32Array(new SharedArrayBuffer(8))
  const text = `
    const { parentPort, workerData: { buffer, flag, stores, values } } = require('node:worker_threads')
    const words = new BigUint64Array(buffer)
    let torn = 0
    Atomics.store(flag, 1, 1)
    for (let i = 0; Atomics.load(flag, 0) === 0; i++) {
      if (stores) Atomics.store(words, 512, values[i & 1])
      else if (!values.includes(Atomics.load(words, 512))) torn++
    }
    parentPort.postMessage(torn)`
  const worker = new Worker(text, { eval: true, workerData: { buffer: ram.buffer, flag, stores, values: [OLD, NEW] } })
  while (Atomics.load(flag, 1) === 0) await later(5)
  return {
    stop: () =>
      new Promise((resolve, reject) => {
        worker.on('message', resolve)
        worker.on('error', reject)
        Atomics.store(flag, 0, 1)
      }),
  }
}

function machine(order: 'host' | 'language') {
  const ram = GuestRam.allocate(65_536, { order })
  const space = new AddressSpace('space', MemoryRegion.ram('ram', ram.block('ram', 65_536)))
  space.store64(4096, OLD)
  return { ram, space }
}

test.each(['host', 'language'] as const)(
  'H2 a load of 64 aligned bits sees one store or the other (%s)',
  async order => {
    const { ram, space } = machine(order)
    const thread = await other(ram, true)
    const seen = new Set<bigint>()
    for (let i = 0; i < 400_000; i++) {
      seen.add(space.load64(4096))
      const low = space.load64Pair(4096)
      seen.add((BigInt(space.high) << 32n) | BigInt(low))
    }
    await thread.stop()
    expect(seen).toEqual(new Set([OLD, NEW]))
  },
)

test.each(['host', 'language'] as const)('H2 a store of 64 aligned bits is seen as a whole (%s)', async order => {
  const { ram, space } = machine(order)
  const thread = await other(ram, false)
  for (let i = 0; i < 400_000; i++) {
    space.store64(4096, i & 1 ? OLD : NEW)
    if (i & 1) space.store64Pair(4096, Number(NEW & 0xffff_ffffn), Number(NEW >> 32n))
    else space.store64Pair(4096, Number(OLD & 0xffff_ffffn), Number(OLD >> 32n))
  }
  expect(await thread.stop()).toBe(0)
})
