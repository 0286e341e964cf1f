import fc from 'fast-check'
import {
  AddressSpace,
  DirtyClient,
  GuestRam,
  MemoryRegion,
  MemTxAttrs,
  MemTxResult,
  snapshotAndClearDirty,
} from 'guestmem'
import { expect, test } from 'vitest'
import { LONG, runs } from '../support/campaign.ts'

/** They say what is said where none are given, but are others: such a request goes the long way. */
const SAME = MemTxAttrs.of({})
const SIZE = 0x200

/** RAM, RAM that is logged, ROM, a ROM device, memory of a device's, registers, an alias of a part of the RAM, holes. */
function board() {
  const ram = GuestRam.allocate(0x10000)
  const plain = ram.block('ram', 48)
  const logged = ram.block('logged', 48)
  const rom = ram.block('rom', 48)
  const romd = ram.block('romd', 48)
  const device = ram.block('device', 48)
  const registers = new Uint8Array(48)
  const ops = {
    read: (offset: number) => registers[offset] as number,
    write: (offset: number, value: number) => {
      registers[offset] = value
    },
    impl: { maxSize: 1 as const },
  }
  const root = MemoryRegion.container('root', SIZE)
  const main = MemoryRegion.ram('ram', plain)
  const dirty = MemoryRegion.ram('logged', logged)
  dirty.setLog(DirtyClient.VGA, true)
  const regions = [
    main,
    dirty,
    MemoryRegion.rom('rom', rom),
    MemoryRegion.romDevice('romd', ops, romd),
    MemoryRegion.ramDevice('device', device, { cacheMode: 'noncached' }),
    MemoryRegion.io('io', ops, 48),
    MemoryRegion.alias('alias', main, 16, 32),
  ]
  regions.forEach((region, i) => {
    root.addSubregion(i * 56, region)
  })
  const bytes = ram.blocks.map(block => block.view())
  const reset = () => {
    for (const [i, part] of [...bytes, registers].entries())
      for (let at = 0; at < part.length; at++) part[at] = at * 5 + i * 83
    snapshotAndClearDirty(dirty, 0, 48, DirtyClient.VGA)
  }
  reset()
  /** What is there, and whether RAM that is logged was stored to since it was last asked. */
  const state = () => {
    const stored = [...snapshotAndClearDirty(dirty, 0, 48, DirtyClient.VGA).ranges()].length
    return [...[...bytes, registers].map(part => Buffer.from(part).toString('latin1')), stored].join()
  }
  return { space: new AddressSpace('space', root), state, bytes, reset }
}

test('E1, E2, F2: a request without attributes does what one does that says the same', () => {
  const arbitrary = fc.record({
    address: fc.nat(SIZE),
    length: fc.nat(100),
    write: fc.boolean(),
    seed: fc.nat(255),
    own: fc.boolean(),
  })
  const boards = [board(), board()]
  fc.assert(
    fc.property(fc.array(arbitrary, { minLength: 1, maxLength: 12, ...LONG }), requests => {
      for (const { reset } of boards) reset()
      for (const { address, length, write, seed, own } of requests) {
        const ends = boards.map(({ space, bytes, state }, i) => {
          // The user's array may be a part of the guest's RAM.
          const part = own ? bytes[0]?.subarray(seed % 40) : undefined
          const user = part?.subarray(0, length) ?? Uint8Array.from({ length }, (_, at) => seed + 7 * at)
          const attrs = i === 0 ? [] : [SAME]
          const result = write ? space.write(address, user, ...attrs) : space.read(address, user, ...attrs)
          return [result, space.result, user, state()].join()
        })
        expect(ends[0]).toBe(ends[1])
      }
    }),
    runs(2000),
  )
})

test('its result is of the latest access, and what is wrong is refused before anything is done', () => {
  const { space, state } = board()
  const user = new Uint8Array(8)
  const before = state()
  for (const request of ['read', 'write'] as const) {
    expect(space.load8(SIZE + 1)).toBe(0)
    expect(space.result).toBe(MemTxResult.DECODE_ERROR)
    for (const attrs of [null, {}, 0, 'RELAXED'])
      expect(() => space[request](0, user, attrs as unknown as MemTxAttrs)).toThrow(/^attrs must be /)
    expect(space.result).toBe(MemTxResult.DECODE_ERROR)
    expect(space[request](0, user)).toBe(MemTxResult.OK)
    expect(space.result).toBe(MemTxResult.OK)
    expect(space[request](SIZE + 1, new Uint8Array(0))).toBe(MemTxResult.OK)
  }
  expect(state()).toBe(before)
})
