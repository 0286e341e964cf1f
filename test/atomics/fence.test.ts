import { AddressSpace, atomicFence, GuestRam, HOST_PROFILES, type HostName, MemoryRegion, SparseRam } from 'guestmem'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { FENCE } from '../../src/ram/dirty/dirty-bitmaps.ts'
import { PAGE } from '../support/board.ts'

afterEach(() => vi.restoreAllMocks())

/** The words that a fence accesses, by their buffers; that of the thread's own apart. */
function met(space: AddressSpace): readonly ArrayBufferLike[] {
  const spy = vi.spyOn(Atomics, 'add')
  atomicFence(space)
  const buffers = spy.mock.calls.filter(([, index]) => index === FENCE).map(([words]) => words.buffer)
  expect(spy.mock.calls.length).toBe(buffers.length + 1)
  spy.mockRestore()
  return buffers
}

const made = (name: HostName, share: boolean) => {
  const ram = GuestRam.allocate(4 * PAGE, { host: HOST_PROFILES[name] })
  if (share) expect(ram.handle).toBeDefined()
  return ram
}

describe.each(Object.keys(HOST_PROFILES) as HostName[])('a fence on %s', name => {
  const weak = !HOST_PROFILES[name].keepsStoreOrder

  test('I5 meets those of other threads beside each RAM that the space shows, where the CPU reorders stores', () => {
    const [a, b, alone, hidden] = [made(name, true), made(name, true), made(name, false), made(name, true)]
    const root = MemoryRegion.container('root', 2 ** 40)
    root.addSubregion(0, MemoryRegion.ram('a', a.block('a', 16)))
    root.addSubregion(64, MemoryRegion.ram('a', a.block('a', 16)))
    root.addSubregion(2 ** 33, MemoryRegion.rom('b', b.block('b', 16)))
    const space = new AddressSpace('space', root)
    const words = (ram: GuestRam) => ram.logs.buffer
    root.addSubregion(128, MemoryRegion.ram('alone', alone.block('b', 16)))
    const both = weak ? [words(a), words(b)] : []
    for (let i = 0; i < 2; i++) expect(met(space)).toEqual(both)
    // It is shared from here on.
    expect(alone.handle).toBeDefined()
    expect(met(space)).toHaveLength(weak ? 3 : 0)
    root.addSubregion(256, MemoryRegion.ram('hidden', hidden.block('b', 16)))
    expect(met(space)).toHaveLength(weak ? 4 : 0)
  })
})

test('a fence allocates no RAM, and private RAM and a space that shows nothing need none', () => {
  const sparse = new SparseRam({ host: HOST_PROFILES.aarch64 })
  const root = MemoryRegion.container('root', 2 ** 40)
  expect(met(new AddressSpace('space', root))).toEqual([])
  root.addSubregion(0, MemoryRegion.ram('sparse', sparse.blocks('sparse', PAGE)))
  root.addSubregion(PAGE, MemoryRegion.ram('own', GuestRam.allocate(PAGE, { shared: false }).block('b', 1)))
  expect([met(new AddressSpace('space', root)), sparse.allocatedBytes]).toEqual([[], 0])
})
