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
import { allocatedBytes } from '../../support/allocated-bytes.ts'

const ram = GuestRam.allocate(2 ** 20)
const region = MemoryRegion.ram('ram', ram.block('block', 2 ** 20))
const little = new AddressSpace('little', region)
const big = new AddressSpace('big', region, { endian: 'big' })

const found: Record<string, number> = {
  'atomicAdd64, which makes bigints': await allocatedBytes(i => atomicAdd64(little, 8 * (i & 1023), 1n)),
  atomicAdd8: await allocatedBytes(i => atomicAdd8(little, i & 4095, 1)),
  atomicXor8: await allocatedBytes(i => atomicXor8(big, i & 4095, i)),
  atomicAdd16: await allocatedBytes(i => atomicAdd16(big, 2 * (i & 1023), 1)),
  atomicMaxSigned16: await allocatedBytes(i => atomicMaxSigned16(little, 2 * (i & 1023), i & 1)),
  atomicAdd32: await allocatedBytes(i => atomicAdd32(little, 4096 + 4 * (i & 1023), 1)),
  atomicCompareExchange32: await allocatedBytes(i => atomicCompareExchange32(little, 4096 + 4 * (i & 1023), 1, 2)),
  atomicExchange32: await allocatedBytes(i => atomicExchange32(little, 4096 + 4 * (i & 1023), i & 255)),
  atomicMinUnsigned32: await allocatedBytes(i => atomicMinUnsigned32(little, 4096 + 4 * (i & 1023), i & 255)),
}
parentPort?.postMessage(found)
