import { Session } from 'node:inspector/promises'

const TIMES = 200_000

/** What the engine allocates for each call, bytes, once it knows the function well. */
export async function allocatedBytes(access: (i: number) => unknown): Promise<number> {
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
