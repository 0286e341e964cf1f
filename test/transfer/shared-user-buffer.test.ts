import { AddressSpace, type CacheMode, GuestRam, hostProfile, MemoryRegion, MemTxResult } from 'guestmem'
import { afterEach, expect, test, vi } from 'vitest'
import { AccessLog } from '../order/log.ts'
import { watch } from '../order/logged-views.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

// The route that allows nothing but 1, 2, 4 and 8 aligned bytes at once.
const host = hostProfile({ base: 'aarch64' })

test.each(['noncached', 'device'] as const satisfies CacheMode[])(
  "H2: what others may watch is stored to in words, also from %s memory: a read into the user's shared array",
  cacheMode => {
    const block = GuestRam.allocate(4096, { host, order: 'host' }).block('bar', 4096)
    block.view().set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], 64)
    const memory = new AddressSpace('memory', MemoryRegion.ramDevice('bar', block, { cacheMode }))
    const shared = new SharedArrayBuffer(64)
    const bytes = new Uint8Array(shared, 8, 12)
    const log = new AccessLog()
    for (const name of ['Uint8Array', 'Uint16Array', 'Uint32Array'] as const)
      vi.stubGlobal(
        name,
        new Proxy(globalThis[name], {
          construct: (real, [buffer, ...rest]) => {
            const made = new real(buffer, ...rest)
            return buffer === shared ? watch(made as Uint8Array, log) : made
          },
        }),
      )
    expect(memory.read(64, bytes)).toBe(MemTxResult.OK)
    vi.unstubAllGlobals()
    expect([...bytes]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    expect(`${log}`).toBe('store 4 at 8, store 4 at 12, store 4 at 16')
  },
)

test("H12 a read in several pieces stores to the user's shared array in order, each byte once, when all of it is read", () => {
  const guest = GuestRam.allocate(8192, { host: hostProfile({ base: 'x86-64' }), order: 'host' })
  const root = MemoryRegion.container('root', 8192)
  const log = new AccessLog()
  const shared = new SharedArrayBuffer(64)
  const read = (offset: number) => {
    expect(`${log}`).toBe('')
    return offset
  }
  root.addSubregion(0, MemoryRegion.ram('ram', guest.block('ram', 4096)))
  root.addSubregion(4096, MemoryRegion.io('io', { read, write: () => undefined, endianness: 'big' }, 8))
  root.addSubregion(4104, MemoryRegion.reservation('nothing', 8))
  const space = new AddressSpace('space', root)
  const bytes = new Uint8Array(shared, 4, 21)
  for (const name of ['Uint8Array', 'Uint16Array', 'Uint32Array'] as const)
    vi.stubGlobal(
      name,
      new Proxy(globalThis[name], {
        construct: (real, [buffer, ...rest]) => {
          const made = new real(buffer, ...rest)
          return buffer === shared ? watch(made as Uint8Array, log) : made
        },
      }),
    )
  expect(space.read(4091, bytes)).toBe(MemTxResult.DECODE_ERROR)
  vi.unstubAllGlobals()
  expect([...bytes]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0])
  expect(`${log}`).toBe('store 4 at 4, store 4 at 8, store 4 at 12, store 4 at 16, store 4 at 20, store 1 at 24')
})
