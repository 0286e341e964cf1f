import { parentPort } from 'node:worker_threads'
import { AddressSpace, MemoryRegion, tap } from 'guestmem'
import { countAccesses } from 'guestmem/trace'
import { allocatedBytes } from '../../support/allocated-bytes.ts'

const region = MemoryRegion.io('device', { read: offset => offset, write: () => {} }, 0x1000)
const counted = new AddressSpace('counted', region)
const tapped = new AddressSpace('tapped', region)
countAccesses(counted)
let kept: unknown
tap(tapped, undefined, {}, access => {
  kept = access
})

const found: Record<string, number> = {
  'a tap, which makes objects': await allocatedBytes(i => tapped.load32(4 * (i & 255))),
  load32: await allocatedBytes(i => counted.load32(4 * (i & 255))),
  store8: await allocatedBytes(i => counted.store8(i & 255, i)),
  'load16 of nothing': await allocatedBytes(i => counted.load16(0x8000 + (i & 255))),
}
if (kept !== undefined) parentPort?.postMessage(found)
