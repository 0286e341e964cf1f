import { AddressSpace, accessValid, GuestRam, MemoryRegion, MemTxAttrs, translate } from 'guestmem'
import { describe, expect, test } from 'vitest'
import { bytes, PAGE, QUIET } from '../support/board.ts'
import { type Call, recorder } from '../support/device.ts'
import { iommuBoard } from '../support/iommu-board.ts'

const MEMORY_ONLY = MemTxAttrs.of({ memory: true })

/** RAM at 0, a ROM at 0x1000, a device of 6 bytes at 0x2002 with a higher one over its fourth, flash at 0x3000. */
function board() {
  const ram = GuestRam.allocate(4 * PAGE)
  const root = MemoryRegion.container('root', 2 ** 40)
  const calls: Call[] = []
  const device = MemoryRegion.io('device', recorder(calls), 6)
  const over = MemoryRegion.reservation('over', 1)
  root.addSubregion(0, MemoryRegion.ram('ram', ram.block('ram', PAGE)))
  root.addSubregion(0x1000, MemoryRegion.rom('rom', ram.block('rom', PAGE)))
  root.addSubregion(0x2002, device)
  root.addSubregion(0x2005, over, 1)
  const flash = MemoryRegion.romDevice('flash', QUIET, ram.block('flash', PAGE))
  root.addSubregion(0x3000, flash)
  return { space: new AddressSpace('space', root), root, calls, flash }
}

describe('D4 translate', () => {
  test('ends with memory, and not with a device or a reservation', () => {
    const { space } = board()
    const at = (address: number, length: number, write = false): unknown => {
      const { region, offset, length: clipped, direct } = translate(space, address, length, { write })
      return [region?.name, offset, clipped, direct]
    }
    expect(at(0xff0, 0x100)).toEqual(['ram', 0xff0, 0x10, true])
    expect(at(0x10, 4, true)).toEqual(['ram', 0x10, 4, true])
    expect(at(0x1ff0, 0x100)).toEqual(['rom', 0xff0, 0x10, true])
    expect(at(0x1ff0, 0x100, true)).toEqual(['rom', 0xff0, 0x10, false])
    expect(at(0x2002, 100)).toEqual(['device', 0, 100, false])
    expect(at(0x2005, 8)).toEqual(['over', 0, 8, false])
    expect(at(0x2006, 8)).toEqual(['device', 4, 8, false])
    // D3: the offset of nothing is the address.
    expect(at(0x5000, 2 ** 53)).toEqual([undefined, 0x5000, 2 ** 53, false])
  })

  test('E10 ends with a ROM device that is read directly, where QEMU goes on', () => {
    const { space, flash } = board()
    expect(translate(space, 0x3ffc, 8)).toMatchObject({ region: flash, length: 4, direct: true })
    expect(translate(space, 0x3ffc, 8, { write: true })).toMatchObject({ length: 8, direct: false })
    flash.setRomdMode(false)
    expect(translate(space, 0x3ffc, 8)).toMatchObject({ length: 8, direct: false })
  })

  test('K2 goes through IOMMUs, and ends with their blocks; K1 a fault is nowhere', () => {
    const { bus, map, memory, calls } = iommuBoard()
    map(1, 2 * PAGE, 1)
    map(2, 0x10000)
    expect(translate(bus, PAGE + 16, 2 * PAGE)).toMatchObject({
      offset: 2 * PAGE + 16,
      length: PAGE - 16,
      direct: true,
    })
    expect(translate(bus, PAGE + 16, 1).region).toBe(memory.view.ranges[0]?.region)
    expect(translate(bus, PAGE + 16, 9, { write: true })).toEqual({
      region: undefined,
      offset: PAGE + 16,
      length: 9,
      direct: false,
    })
    expect(translate(bus, 3 * PAGE - 4, 9)).toMatchObject({ offset: PAGE - 4, length: 4, direct: false })
    expect(calls).toEqual([])
  })
})

describe('E13 accessValid', () => {
  test('no bytes are valid anywhere; memory is as it can be read and written', () => {
    const { space } = board()
    const valid = (address: number, length: number) =>
      [false, true].map(write => accessValid(space, address, length, { write }))
    expect(valid(0x9000, 0)).toEqual([true, true])
    expect(valid(0, PAGE)).toEqual([true, true])
    expect(valid(0xff0, 0x20)).toEqual([true, false])
    expect(valid(0x1ffc, 4)).toEqual([true, false])
    expect(valid(0x1ffc, 5)).toEqual([false, false])
    expect(valid(0x9000, 1)).toEqual([false, false])
    expect(valid(0x2005, 1)).toEqual([false, false])
    expect(accessValid(space, 0, 2 ** 53)).toBe(false)
    expect(accessValid(space, 0, 4)).toBe(true)
  })

  test('a device is asked for the pieces that the access would be made of: as its offsets are aligned', () => {
    const calls: Call[] = []
    const asked: unknown[] = []
    const ops = recorder(calls, {
      valid: { minSize: 4, maxSize: 4 },
      accepts(offset, size, isWrite, attrs) {
        asked.push([offset, size, isWrite, attrs])
        return true
      },
    })
    const root = MemoryRegion.container('root', 64)
    root.addSubregion(2, MemoryRegion.io('device', ops, 32))
    const space = new AddressSpace('space', root)
    // At 2 is the offset 0: one piece of 4. QEMU would ask for 2 bytes, as the address is aligned, and say no.
    expect(accessValid(space, 2, 8)).toBe(true)
    expect(asked).toEqual([0, 4].map(offset => [offset, 4, false, MemTxAttrs.UNSPECIFIED]))
    expect(space.read(2, new Uint8Array(8))).toBe(0)
    // At 4 is the offset 2: QEMU would ask for 4 bytes, and say yes.
    expect(accessValid(space, 4, 4, { write: true, attrs: MemTxAttrs.SECURE })).toBe(false)
    expect(asked.at(-1)).toEqual([2, 2, true, MemTxAttrs.SECURE])
    expect(space.write(4, bytes(1, 2, 3, 4))).not.toBe(0)
    expect(calls.map(([name]) => name)).toEqual(['read', 'read'])
  })

  test('D4 a piece may reach over the end of a device', () => {
    const { space } = board()
    expect(accessValid(space, 0x2002, 4)).toBe(true)
    expect(accessValid(space, 0x2006, 4)).toBe(true)
    expect(accessValid(space, 0x2006, 5)).toBe(false)
    expect(space.read(0x2006, new Uint8Array(4))).toBe(0)
  })

  test('E8 what is for memory alone is not valid on a device', () => {
    const { space } = board()
    const attrs = MEMORY_ONLY
    expect([0, 0x1000, 0x2002, 0x3000].map(address => accessValid(space, address, 4, { attrs }))).toEqual([
      true,
      true,
      false,
      false,
    ])
  })

  test('memory that is not accessed directly is asked as it would be accessed', () => {
    const ram = GuestRam.allocate(2 * PAGE, { unaligned: 'refuse', lane: 'script' })
    const region = MemoryRegion.ramDevice('bar', ram.block('bar', PAGE), { cacheMode: 'device' })
    const space = new AddressSpace('space', region, { directAccess: 'normal-only' })
    for (const [address, length] of [
      [0, 8],
      [1, 1],
      [1, 2],
      [8, 12],
      [PAGE - 4, 8],
    ] as const)
      expect(accessValid(space, address, length), `${address} ${length}`).toBe(
        space.read(address, new Uint8Array(length)) === 0,
      )
  })

  test('K2 through an IOMMU, to the last page', () => {
    const { bus, map } = iommuBoard()
    map(0, 0)
    map(1, 0x10000)
    map(2, PAGE, 1)
    expect([0, 1].map(write => accessValid(bus, 0, 3 * PAGE, { write: write === 1 }))).toEqual([true, false])
    expect(accessValid(bus, 0, 3 * PAGE + 1)).toBe(false)
  })
})

describe('refusals', () => {
  // biome-ignore lint/suspicious/noExplicitAny: what is tested is what types would forbid
  const bad = (value: unknown): any => value
  const { space } = board()
  for (const call of [translate, accessValid])
    test.each([
      ['space', [bad({}), 0, 1], TypeError, /^space must be an AddressSpace, got an object/],
      ['address', [space, -1, 1], RangeError, /^address .*got -1/],
      ['address NaN', [space, Number.NaN, 1], RangeError, /^address .*got NaN/],
      ['address 2^53', [space, 2 ** 53, 1], RangeError, /^address .*got 9007199254740992/],
      ['address, text', [space, bad('1'), 1], TypeError, /^address .*got "1"/],
      ['length', [space, 0, -1], RangeError, /^length .*got -1/],
      ['length 1.5', [space, 0, 1.5], RangeError, /^length .*got 1.5/],
      ['length over 2^53', [space, 0, 2 ** 54], RangeError, /^length .*got 18014398509481984/],
      ['length, a bigint', [space, 0, bad(1n)], TypeError, /^length .*got 1/],
      ['options', [space, 0, 1, bad(7)], TypeError, /^options must be an object, got 7/],
      ['a misspelt option', [space, 0, 1, bad({ wirte: true })], TypeError, /^options .*got "wirte"/],
      ['write', [space, 0, 1, { write: bad(1) }], TypeError, /^options.write .*got 1/],
      ['attrs', [space, 0, 1, { attrs: bad({}) }], TypeError, /^attrs must be MemTxAttrs, got an object/],
    ] as const)(`${call.name}: %s`, (_what, args, kind, text) => {
      const run = () => (call as (...given: unknown[]) => unknown)(...args)
      expect(run).toThrow(kind)
      expect(run).toThrow(text)
    })

  test('translate: no length', () => {
    expect(() => translate(space, 0, 0)).toThrow(/^length .*from 1 .*got 0/)
  })
})
