import {
  AddressSpace,
  atomicExchange32,
  DirtyClient,
  GuestRam,
  MemoryRegion,
  MemTxResult,
  markDirty,
  type RamBlock,
  ramCopy,
  ramFill,
  ramMove,
  registerMemoryListener,
  SparseRam,
  snapshotAndClearDirty,
} from 'guestmem'
import { describe, expect, test } from 'vitest'

const SIZE = 2 ** 16

interface Machine {
  readonly ram: GuestRam
  readonly block: RamBlock
  readonly region: MemoryRegion
  readonly space: AddressSpace
}

function machineOf(ram: GuestRam): Machine {
  const block = ram.block('ram', SIZE)
  const region = MemoryRegion.ram('ram', block)
  const root = MemoryRegion.container('root', 2 ** 32)
  root.addSubregion(0, region)
  return { ram, block, region, space: new AddressSpace('memory', root) }
}

const KINDS: [string, () => GuestRam][] = [
  ['shared', () => GuestRam.allocate(2 * SIZE, { shared: true })],
  ['private', () => GuestRam.allocate(2 * SIZE, { shared: false })],
  ['shared, by script', () => GuestRam.allocate(2 * SIZE, { shared: true, lane: 'script' })],
  ['of the language', () => GuestRam.allocate(2 * SIZE, { shared: true, order: 'language' })],
]

/** Every way by which something of the bytes can come to be other than zero. */
const WAYS: [string, (machine: Machine) => unknown][] = [
  ['the buffer is asked for', ({ ram }) => ram.buffer],
  ['a view is asked for', ({ block }) => block.view()],
  ['store8', ({ space }) => space.store8(1, 1)],
  ['store32', ({ space }) => space.store32(4, 1)],
  ['store32 in the other byte order', ({ space }) => space.store32be(4, 1)],
  ['store64', ({ space }) => space.store64(8, 1n)],
  ['a store that is not aligned', ({ space }) => space.store32(5, 1)],
  ['write', ({ space }) => space.write(0, new Uint8Array(100).fill(1))],
  ['writeRom', ({ space }) => space.writeRom(0, new Uint8Array(8).fill(1))],
  ['fill', ({ space }) => space.fill(0, 1, 100)],
  ['a window', ({ space }) => space.map(0, 100, { write: true })],
  ['an exchange', ({ space }) => atomicExchange32(space, 0, 1)],
  // What the floors above ask for to store with.
  ['its lane is asked for', ({ ram }) => ram.lane],
  ['its fixed lane is', ({ ram }) => ram.fixedLane],
  ['its elements are', ({ ram }) => ram.elements],
  ['a part of them is', ({ ram }) => ram.section(0, 8)],
  ['cells are', ({ ram }) => ram.cells('normal')],
  ['ramFill', ({ block }) => ramFill(block, 0, 1, 100)],
  ['ramCopy', ({ block }) => ramCopy(block, 0, new Uint8Array(8).fill(1), 0, 8)],
  ['ramMove', ({ block }) => ramMove(block, 8, block, 0, 8)],
]

describe.each(KINDS)('guest RAM, %s', (_kind, allocate) => {
  test('is untouched when it was allocated, and whatever is built of it', () => {
    const { ram, block, region, space } = machineOf(allocate())
    ram.block('another', 4096)
    registerMemoryListener(space, { regionAdd() {} })
    markDirty(block, 0, 8, DirtyClient.VGA)
    snapshotAndClearDirty(region, 0, SIZE, DirtyClient.VGA)
    expect([ram.bytes, ram.blocks.length, ram.shared, ram.untouched]).toEqual([2 * SIZE, 2, ram.shared, true])
  })

  test.each(WAYS)('is touched once %s', (_way, touch) => {
    const machine = machineOf(allocate())
    expect(machine.ram.untouched).toBe(true)
    touch(machine)
    expect(machine.ram.untouched).toBe(false)
  })
})

test('guest RAM is touched once another thread may have it', () => {
  const { ram } = machineOf(GuestRam.allocate(2 * SIZE, { shared: true }))
  const { handle } = ram
  expect([ram.untouched, GuestRam.attach(handle).untouched]).toEqual([false, false])
})

test('guest RAM in memory of others may have been stored to before', () => {
  expect(GuestRam.wrap(new ArrayBuffer(SIZE)).untouched).toBe(false)
})

test('what is released and allocated again is zero and untouched', () => {
  for (let i = 0; i < 3; i++) {
    const ram = GuestRam.allocate(SIZE, { shared: true })
    expect(ram.untouched).toBe(true)
    const block = ram.block('ram', SIZE)
    expect(block.view().every(byte => byte === 0)).toBe(true)
    block.view().fill(0xff)
    ram.release()
  }
})

test('sparse RAM is untouched until something of it is stored or asked for', () => {
  const sparse = new SparseRam()
  const blocks = sparse.blocks('ram', SIZE)
  const space = new AddressSpace('memory', MemoryRegion.ram('ram', blocks))
  const { ram } = blocks[0] as RamBlock
  expect([ram.untouched, ram.allocated]).toEqual([true, false])
  expect(space.read(0, new Uint8Array(8))).toBe(MemTxResult.OK)
  expect([ram.untouched, ram.allocated]).toEqual([true, false])
  space.store32(0, 1)
  expect([ram.untouched, ram.allocated]).toEqual([false, true])
})
