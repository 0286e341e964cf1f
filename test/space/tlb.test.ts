import fc from 'fast-check'
import { AddressSpace, type AddressSpaceOptions, GuestRam, MemoryRegion, MemTxAttrs, MemTxResult } from 'guestmem'
import { expect, test } from 'vitest'
import { pursue } from '../support/campaign.ts'
import { ACCESSES } from './support/access-campaigns.ts'

test.each(ACCESSES.map(campaign => [campaign.name, campaign] as const))(
  '%s',
  (_, campaign) => pursue(campaign),
  120_000,
)

test('a gap of many gigabytes, whose end shares a part of 16 bytes with memory', () => {
  for (const { property } of ACCESSES) fc.assert(property, { numRuns: 1, examples: [[-17, 3]] })
})

test('an access for memory alone, or with attributes that are none, is refused of a device that is known, too (E8)', () => {
  const asked: MemTxAttrs[] = []
  const device = MemoryRegion.io(
    'device',
    { read: (_offset, _size, attrs) => asked.push(attrs), write: () => {} },
    4096,
  )
  const space = new AddressSpace('space', device)
  for (let i = 0; i < 200; i++) space.load32(4 * i)
  const memory = MemTxAttrs.of({ memory: true })
  const secure = MemTxAttrs.of({ secure: true })
  asked.length = 0
  expect([space.load32(0, memory), space.result]).toEqual([0, MemTxResult.ACCESS_ERROR])
  space.store8(0, 1, memory)
  expect(space.result).toBe(MemTxResult.ACCESS_ERROR)
  for (const access of ['load8', 'load16', 'load32', 'load64Pair'] as const)
    expect(() => space[access](0, {} as MemTxAttrs)).toThrow(TypeError)
  space.load16(2, secure)
  expect(asked).toEqual([secure])
})

/** A space of RAM up to 0x1000, and of another region from there on, whose pages are all known. */
function known(next: MemoryRegion, options: AddressSpaceOptions = {}): AddressSpace {
  const root = MemoryRegion.container('root', 0x3000)
  const ram = GuestRam.allocate(0x2000)
  const block = ram.block('low', 0x1000)
  new Uint8Array(ram.buffer).fill(0x11, 0, block.offset + 0x1000).fill(0x99, block.offset + 0x1000)
  root.addSubregion(0, MemoryRegion.ram('low', block))
  root.addSubregion(0x1000, next)
  const space = new AddressSpace('space', root, options)
  for (let i = 0; i < 200; i++) space.load8(0x800 * (i % 6))
  return space
}

const registers = () => MemoryRegion.io('registers', { read: () => 0x55, write: () => {}, peek: () => 0x77 }, 0x1000)

test.each([
  ['registers', registers, {}],
  ['another RAM', () => MemoryRegion.ram('next', GuestRam.allocate(4096).block('next', 4096)), {}],
  ['nothing', () => MemoryRegion.container('empty', 0x1000), {}],
  ['registers, big-endian', registers, { endian: 'big' }],
] as const)('I1 over the end of a page that is known, before %s, an access is rejected', (_, next, options) => {
  const space = known(next(), options)
  const accesses = [
    [0xfff, 2],
    [0xffd, 4],
    [0xffe, 4],
    [0xfff, 4],
    [0xff9, 8],
  ] as const
  for (const [address, size] of accesses) {
    const load = () => (size === 2 ? space.load16(address) : size === 4 ? space.load32(address) : space.load64(address))
    expect([Number(load()), space.result]).toEqual([0, MemTxResult.DECODE_ERROR])
    if (size === 2) space.store16(address, 0)
    else if (size === 4) space.store32(address, 0)
    else space.store64(address, 0n)
    expect(space.result).toBe(MemTxResult.DECODE_ERROR)
    expect([space.load32(0xffc), space.result]).toEqual([0x11111111, MemTxResult.OK])
  }
})

test('S6 of a space that splits them, accesses over the end of a device that is known are made of several', () => {
  const sizes: number[] = []
  const device = MemoryRegion.io(
    'device',
    {
      read: (_offset, size) => sizes.push(size) * 0,
      write: (_offset, _value, size) => void sizes.push(size),
      valid: { unaligned: true },
      impl: { unaligned: true },
    },
    0x1000,
  )
  const space = known(device, { seams: 'split' })
  space.load32(0x1ffc)
  sizes.length = 0
  // What begins in the device ends where nothing is.
  expect([space.load32(0x1ffe) & 0xffff, space.result]).toEqual([0, MemTxResult.DECODE_ERROR])
  space.store32(0x1ffe, 1)
  expect(sizes).toEqual([1, 1, 1, 1])
})

test('a debugger asks a device that is known for what its `peek` says', () => {
  const space = known(registers())
  expect(space.load8(0x1000)).toBe(0x55)
  expect([space.load8(0x1000, MemTxAttrs.DEBUG), space.result]).toEqual([0x77, MemTxResult.OK])
  space.store8(0x1000, 1, MemTxAttrs.DEBUG)
  expect(space.result).not.toBe(MemTxResult.OK)
})

test("the registers of device memory that is known refuse a debugger's access of every size", () => {
  const memory = GuestRam.allocate(4096)
  const device = MemoryRegion.ramDevice('device', memory.block('device', 4096))
  // Alone, it is the front of its space, too; behind RAM it is in the table.
  for (const [space, at] of [
    [new AddressSpace('alone', device), 0],
    [known(device), 0x1000],
  ] as const) {
    for (let i = 0; i < 200; i++) space.store32(at + 4 * i, 0x5555)
    const debug = MemTxAttrs.DEBUG
    for (const access of ['load8', 'load16', 'load32', 'load64', 'load64Pair'] as const)
      expect([access, Number(space[access](at, debug)), space.result]).toEqual([access, 0, MemTxResult.ACCESS_ERROR])
    for (const store of [
      () => space.store8(at, 1, debug),
      () => space.store16(at, 1, debug),
      () => space.store32(at, 1, debug),
      () => space.store64(at, 1n, debug),
      () => space.store64Pair(at, 1, 1, debug),
    ]) {
      store()
      expect([space.result, space.load32(at)]).toEqual([MemTxResult.ACCESS_ERROR, 0x5555])
    }
  }
})
