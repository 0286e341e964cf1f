import { AddressSpace, MemoryRegion, MemTxResult } from 'guestmem'
import { beforeEach, describe, expect, test } from 'vitest'
import { COUNT, DATA, NAME, OFFSET, PciTestdev, TEST, WIDTH } from '../../examples/devices/pci-testdev.mjs'
import { recordings } from '../qemu/corpus.ts'
import { transcript } from '../qemu/qtest-transcript.ts'
import { repeat } from './conversation.ts'
import { Watched } from './watched.ts'

const MEMORY = 0xc220_0000
const PORTS = 0xd000
const SIZES = { b: 1, w: 2, l: 4 }

function q35() {
  const watched = new Watched({
    'pci-testdev-mmio': MEMORY,
    'pci-testdev-portio': PORTS,
    'pci-conf-idx': 0xcf8,
    'pci-conf-data': 0xcfc,
  })
  const system = MemoryRegion.container('system', 2 ** 64)
  const io = MemoryRegion.container('io', 65536)
  const stub = { read: () => 0, write() {}, endianness: 'little' } as const
  const testdev = watched.watch(() => {
    io.addSubregion(0xcf8, MemoryRegion.io('pci-conf-idx', stub, 4))
    io.addSubregion(0xcfc, MemoryRegion.io('pci-conf-data', stub, 4))
    return new PciTestdev()
  })
  system.addSubregion(MEMORY, testdev.memory)
  io.addSubregion(PORTS, testdev.ports)
  return { watched, testdev, memory: new AddressSpace('memory', system), ports: new AddressSpace('I/O', io) }
}

let machine: ReturnType<typeof q35>
beforeEach(() => {
  machine = q35()
})

test('its BARs are those that QEMU maps', () => {
  const { testdev } = machine
  for (const { name, size } of [testdev.memory, testdev.ports]) {
    const recorded = recordings('changes', '.json')
      .filter(each => each.name.startsWith('x86_64-pc+dyn.'))
      .flatMap(({ text }) => (JSON.parse(text) as { regions: { name: string; size: string }[] }).regions)
      .filter(region => region.name === name)
    expect(recorded.length).toBeGreaterThan(0)
    for (const region of recorded) expect(region.size).toBe(`0x${size.toString(16)}`)
  }
})

test('answers what QEMU answered: what a notifier takes asks no device (RULES E4, G5, H1)', async () => {
  const { watched, testdev, memory, ports } = machine
  const exchanges = transcript('x86_64-q35-testdev-ioeventfd')
  expect(exchanges).toHaveLength(156)
  await repeat(exchanges, { memory, io: ports }, watched)
  // The device takes bytes: of a write's bytes, those without a callback went to a notifier.
  const writes = exchanges.filter(({ request }) => /^write[bwl] /.test(request))
  const taken = writes.reduce((sum, { request, callbacks }) => sum + SIZES[request[5] as 'b'] - callbacks.length, 0)
  expect(taken).toBeGreaterThan(5)
  expect(testdev.notified).toBe(taken)
})

describe.each([
  ['mmio', 0x800],
  ['portio', 0x80],
])('on %s', (kind, first) => {
  const space = () => (kind === 'mmio' ? machine.memory : machine.ports)
  const base = kind === 'mmio' ? MEMORY : PORTS
  const start = (number: number) => space().store8(base + TEST, number)
  const count = () => space().load32(base + COUNT)

  test.each([
    [0, 'no-eventfd', 0xfa],
    [1, 'wildcard-eventfd', 0xce],
    [2, 'datamatch-eventfd', 0xfa],
  ])('test %i is %s', (number, name, data) => {
    start(number)
    const header = new Uint8Array(NAME + 32)
    space().read(base, header)
    const view = new DataView(header.buffer)
    expect([header[TEST], header[WIDTH], view.getUint32(OFFSET, true)]).toEqual([number, 1, first + number])
    expect([view.getUint32(DATA, true), view.getUint32(COUNT, true)]).toEqual([data, 0])
    expect(new TextDecoder().decode(header.subarray(NAME)).replace(/\0.*$/, '')).toBe(`${kind}-${name}`)
  })

  test('without a notifier the device counts, with one it does not', () => {
    const counts = [0, 1, 2].map(number => {
      const before = machine.testdev.notified
      start(number)
      for (const value of [0xfa, 0xce, 0xfa]) space().store8(base + first + number, value)
      expect(space().result).toBe(MemTxResult.OK)
      return [count(), machine.testdev.notified - before]
    })
    expect(counts).toEqual([
      [2, 0],
      [0, 3],
      [0, 2],
    ])
  })

  test('a wider write is no match of a notifier; of its bytes, a wildcard counts any, a data match its own', () => {
    const counts = [1, 2].map(number => {
      start(number)
      const even = (first + number) & ~1
      for (const value of [0xfa, 0x31]) space().store16(base + even, value * 0x0101)
      return count()
    })
    expect([counts, machine.testdev.notified]).toEqual([[2, 1], 0])
  })

  test('a test starts from zero, and takes the notifier of the one before away', () => {
    start(1)
    start(0)
    space().store8(base + first + 1, 0xce)
    space().store8(base + first, 0xfa)
    expect([count(), machine.testdev.notified]).toEqual([1, 0])
    start(0)
    expect(count()).toBe(0)
  })

  test.each([3, 0x7f, 0xff])('there is no test %i: the header is zero, and writes do nothing', number => {
    start(2)
    start(number)
    for (const offset of [0, first, first + 2]) {
      if (offset !== 0) space().store8(base + offset, 0xfa)
      expect(space().load32(base + offset)).toBe(0)
    }
    expect([count(), machine.testdev.notified]).toEqual([0, 0])
  })

  test('the two BARs run tests of their own', () => {
    start(2)
    const [other, at] = kind === 'mmio' ? [machine.ports, PORTS] : [machine.memory, MEMORY]
    other.store8(at + TEST, 1)
    expect([space().load8(base + TEST), other.load8(at + TEST)]).toEqual([2, 1])
  })
})
