import { Session } from 'node:inspector/promises'
import { parentPort } from 'node:worker_threads'
import {
  AddressSpace,
  atomicAdd8,
  atomicAdd16,
  atomicAdd32,
  atomicAdd64,
  atomicCompareExchange32,
  atomicExchange32,
  atomicMaxSigned16,
  atomicMinUnsigned32,
  atomicXor8,
  GuestRam,
  MemoryRegion,
} from 'guestmem'

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

const ram = GuestRam.allocate(2 ** 20)
const region = MemoryRegion.ram('ram', ram.block('block', 2 ** 20))
const little = new AddressSpace('little', region)
const big = new AddressSpace('big', region, { endian: 'big' })

const found: Record<string, number> = {
  'atomicAdd64, which makes bigints': await bytesOf(i => atomicAdd64(little, 8 * (i & 1023), 1n)),
  atomicAdd8: await bytesOf(i => atomicAdd8(little, i & 4095, 1)),
  atomicXor8: await bytesOf(i => atomicXor8(big, i & 4095, i)),
  atomicAdd16: await bytesOf(i => atomicAdd16(big, 2 * (i & 1023), 1)),
  atomicMaxSigned16: await bytesOf(i => atomicMaxSigned16(little, 2 * (i & 1023), i & 1)),
  atomicAdd32: await bytesOf(i => atomicAdd32(little, 4096 + 4 * (i & 1023), 1)),
  atomicCompareExchange32: await bytesOf(i => atomicCompareExchange32(little, 4096 + 4 * (i & 1023), 1, 2)),
  atomicExchange32: await bytesOf(i => atomicExchange32(little, 4096 + 4 * (i & 1023), i & 255)),
  atomicMinUnsigned32: await bytesOf(i => atomicMinUnsigned32(little, 4096 + 4 * (i & 1023), i & 255)),
}
parentPort?.postMessage(found)
