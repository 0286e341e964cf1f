import { Session } from 'node:inspector/promises'
import { parentPort } from 'node:worker_threads'
import { AddressSpace, MemoryRegion, tap } from 'guestmem'
import { countAccesses } from 'guestmem/trace'

const TIMES = 200_000

/** What the engine allocates for each call, bytes, once it knows the function well. */
async function bytesOf(access: (i: number) => unknown): Promise<number> {
  for (let i = 0; i < 3 * TIMES; i++) access(i)
  const session = new Session()
  session.connect()
  const collected = { includeObjectsCollectedByMinorGC: true, includeObjectsCollectedByMajorGC: true }
  await session.post('HeapProfiler.startSampling', { samplingInterval: 512, ...collected })
  for (let i = 0; i < TIMES; i++) access(i)
  const { profile } = await session.post('HeapProfiler.stopSampling')
  session.disconnect()
  let bytes = 0
  const nodes = [profile.head]
  for (const { selfSize, children } of nodes) {
    bytes += selfSize
    nodes.push(...children)
  }
  return bytes / TIMES
}

const region = MemoryRegion.io('device', { read: offset => offset, write: () => {} }, 0x1000)
const counted = new AddressSpace('counted', region)
const tapped = new AddressSpace('tapped', region)
countAccesses(counted)
let kept: unknown
tap(tapped, undefined, {}, access => {
  kept = access
})

const found: Record<string, number> = {
  'a tap, which makes objects': await bytesOf(i => tapped.load32(4 * (i & 255))),
  load32: await bytesOf(i => counted.load32(4 * (i & 255))),
  store8: await bytesOf(i => counted.store8(i & 255, i)),
  'load16 of nothing': await bytesOf(i => counted.load16(0x8000 + (i & 255))),
}
if (kept !== undefined) parentPort?.postMessage(found)
