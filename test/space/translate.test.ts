import fc from 'fast-check'
import {
  AddressSpace,
  accessValid,
  CACHE_MODES,
  DIRECT_ACCESS,
  findRange,
  GuestRam,
  HOST_PROFILES,
  IommuMemoryRegion,
  type IommuTlbEntry,
  MemoryRegion,
  type MemoryRegionOps,
  MemTxAttrs,
  SparseRam,
  type SparseRamOptions,
  translate,
} from 'guestmem'
import { describe, expect, test } from 'vitest'
import { bytes, PAGE, QUIET } from '../support/board.ts'
import { type Call, recorder } from '../support/device.ts'
import { iommuBoard } from '../support/iommu-board.ts'

const WIDE: MemoryRegionOps = { ...QUIET, read64: () => 0n, write64: () => undefined }
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

describe("a guest's numbers", () => {
  test('past 2^53 nothing is mapped, and a bigint below is a number', () => {
    const { space } = board()
    for (const address of [2 ** 53, 2n ** 53n, 2n ** 53n + 1n, 2n ** 64n - 1n, 2 ** 64]) {
      const nowhere = { region: undefined, offset: 2 ** 53, length: 4, direct: false }
      expect(translate(space, address, 4)).toEqual(nowhere)
      expect([accessValid(space, address, 1), accessValid(space, address, 0)]).toEqual([false, true])
    }
    expect(translate(space, 0x10n, 4n)).toEqual(translate(space, 0x10, 4))
    expect([accessValid(space, 0n, 4096n), accessValid(space, 0n, 2n ** 64n), accessValid(space, 0, 2 ** 64)]).toEqual([
      true,
      false,
      false,
    ])
    expect(translate(space, 0, 2n ** 64n)).toMatchObject({ length: PAGE, direct: true })
  })

  test('to the last byte below 2^53, and behind it', () => {
    const root = MemoryRegion.container('root', 2 ** 64)
    root.addSubregion(2 ** 53 - PAGE, MemoryRegion.ram('ram', GuestRam.allocate(PAGE).block('ram', PAGE)))
    const space = new AddressSpace('space', root)
    expect(accessValid(space, 2 ** 53 - 16, 16)).toBe(true)
    expect(accessValid(space, 2 ** 53 - 16, 17)).toBe(false)
    expect(accessValid(space, 2n ** 53n - 1n, 2n ** 60n)).toBe(false)
    expect(translate(space, 2 ** 53 - 16, 64)).toMatchObject({ offset: PAGE - 16, length: 16 })
  })

  test('options: own fields alone, and undefined is none', () => {
    const { space } = board()
    const undefineds = { write: undefined, attrs: undefined }
    expect(translate(space, 0x1000, 4, undefineds)).toMatchObject({ direct: true })
    expect(accessValid(space, 0x1000, 4, undefineds)).toBe(true)
    Object.assign(Object.prototype, { write: true, attrs: 5 })
    try {
      expect(translate(space, 0x1000, 4)).toMatchObject({ direct: true })
      expect(accessValid(space, 0x1000, 4, {})).toBe(true)
    } finally {
      for (const key of ['write', 'attrs']) delete (Object.prototype as Record<string, unknown>)[key]
    }
  })
})

describe('to look costs little', () => {
  const GiB = 2 ** 30

  test('S1 sparse RAM is not allocated by it, whatever kind of region shows it, by whichever policy', () => {
    const shapes = fc.record({
      kind: fc.constantFrom('ram', 'rom', 'ramDevice', 'romDevice'),
      cacheMode: fc.constantFrom(...CACHE_MODES),
      directAccess: fc.constantFrom(...DIRECT_ACCESS),
      unaligned: fc.constantFrom('split', 'refuse'),
      order: fc.constantFrom('host', 'language'),
      lane: fc.constantFrom('auto', 'script'),
      host: fc.constantFrom(HOST_PROFILES['x86-64'], HOST_PROFILES.aarch64),
      // Of several blocks, all but the first begin where no 8 bytes are aligned.
      memoryBytes: fc.constantFrom(PAGE, 2 * PAGE),
      iommu: fc.boolean(),
    })
    const query = fc.record({
      address: fc.nat(5 * PAGE),
      length: fc.integer({ min: 1, max: 3 * PAGE }),
      write: fc.boolean(),
    })
    fc.assert(
      fc.property(shapes, fc.array(query, { minLength: 1, maxLength: 5 }), (shape, queries) => {
        const { kind, cacheMode, directAccess, memoryBytes, iommu, ...options } = shape
        const sparse = new SparseRam({ ...options, memoryBytes } as SparseRamOptions)
        const blocks = [...sparse.blocks('a', 2 * PAGE - 3), ...sparse.blocks('b', PAGE + 5)]
        const region =
          kind === 'romDevice'
            ? MemoryRegion.romDevice('flash', QUIET, blocks, { cacheMode })
            : MemoryRegion[kind as 'ram'](kind, blocks, { cacheMode })
        const target = new AddressSpace('target', region, { directAccess })
        const permissions = 3 as const
        const translation = (): IommuTlbEntry => ({ target, translated: 0, mask: 2 ** 53 - 1, permissions })
        const space = iommu
          ? new AddressSpace('bus', new IommuMemoryRegion('iommu', { translate: translation }, 2 ** 40))
          : target
        const looks = () =>
          queries.map(({ address, length, write }) => {
            const { region: found, ...rest } = translate(space, address, length, { write })
            return [found?.name, rest, accessValid(space, address, length, { write })]
          })
        const answers = looks()
        findRange(region, 0, PAGE)
        expect(sparse.allocatedBytes).toBe(0)
        // What is accessed is what was said; and allocated, it is said again.
        for (const [i, { address, length, write }] of queries.entries()) {
          const data = new Uint8Array(length)
          const result = write ? space.write(address, data) : space.read(address, data)
          expect([answers[i]?.[2], shape, queries[i]]).toEqual([result === 0, shape, queries[i]])
        }
        for (let at = 0; at < 3 * PAGE; at += 64) space.load8(at)
        expect(looks()).toEqual(answers)
      }),
      { numRuns: 400 },
    )
  })

  test('128 GiB of it are valid, and none of them allocated', () => {
    const sparse = new SparseRam()
    const space = new AddressSpace('space', MemoryRegion.ramDevice('BAR', sparse.blocks('BAR', 128 * GiB)))
    expect([accessValid(space, 0, 128 * GiB), accessValid(space, 1, 128 * GiB)]).toEqual([true, false])
    expect(translate(space, 5 * GiB, 2 * GiB)).toMatchObject({ length: GiB, direct: true })
    expect(sparse.allocatedBytes).toBe(0)
  })

  /** What answers at a region, counted. */
  function counted(region: MemoryRegion): { asked: number } {
    const count = { asked: 0 }
    const access = region.access as { accepts(...of: unknown[]): boolean }
    const accepts = access.accepts.bind(access)
    access.accepts = (...of) => {
      count.asked++
      return accepts(...of)
    }
    return count
  }

  test.each([
    [1, 4],
    [4, 4],
    [1, 8],
    [8, 8],
    [2, 2],
  ] as const)('a GiB of a device that takes %i to %i bytes is asked for as one', (minSize, maxSize) => {
    const device = MemoryRegion.io('device', { ...WIDE, valid: { minSize, maxSize } }, GiB)
    const space = new AddressSpace('space', device)
    const count = counted(device)
    expect([accessValid(space, 0, GiB, { write: true }), count.asked]).toEqual([true, 1])
    // The pieces that are smaller, at both ends, are asked for one by one.
    const whole = minSize === 1
    expect([accessValid(space, 1, GiB - 2), count.asked <= 8]).toEqual([whole, true])
  })

  test('E13 of any devices, at any place: a yes is an access that none of them rejects', () => {
    const device = fc.record({
      at: fc.nat(70),
      size: fc.integer({ min: 1, max: 40 }),
      skip: fc.nat(9),
      valid: fc.record({
        minSize: fc.constantFrom(1, 1, 2, 4, 8),
        maxSize: fc.constantFrom(1, 2, 4, 4, 8),
        unaligned: fc.boolean(),
      }),
      unaligned: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(device, { maxLength: 5 }), fc.nat(60), fc.nat(60), fc.boolean(), (list, at, size, write) => {
        const root = MemoryRegion.container('root', 256)
        for (const [i, { at, size, skip, valid, unaligned }] of list.entries()) {
          const minSize = Math.min(valid.minSize, valid.maxSize) as 1
          const ops = {
            ...WIDE,
            valid: { minSize, maxSize: valid.maxSize as 8, unaligned: valid.unaligned || unaligned },
            impl: { unaligned },
          }
          const region = MemoryRegion.io(`${i}`, ops, skip + size)
          root.addSubregion(at, MemoryRegion.alias(`part ${i}`, region, skip, size), i)
        }
        const space = new AddressSpace('space', root)
        const bytes = new Uint8Array(size)
        const result = write ? space.write(at, bytes) : space.read(at, bytes)
        expect(accessValid(space, at, size, { write })).toBe(result === 0)
      }),
      { numRuns: 3000 },
    )
  })

  test('a device with accepts is asked for each piece, as what it says may be another', () => {
    const asked: number[] = []
    const accepts = (offset: number) => asked.push(offset) > 0 && offset !== 0x80
    const space = new AddressSpace('space', MemoryRegion.io('device', { ...QUIET, accepts }, 0x100))
    expect([accessValid(space, 0, 0x80), accessValid(space, 0x40, 0x80)]).toEqual([true, false])
    expect(asked).toHaveLength(0x80 / 4 + 0x40 / 4 + 1)
  })

  test('4096 regions of a device each are asked for once each, through an IOMMU once a block', () => {
    const root = MemoryRegion.container('root', GiB)
    const counts: { asked: number }[] = []
    MemoryRegion.transaction(() => {
      for (let i = 0; i < 4096; i++) {
        const device = MemoryRegion.io(`${i}`, QUIET, 2 ** 18)
        counts.push(counted(device))
        root.addSubregion(i * 2 ** 18, device)
      }
    })
    const target = new AddressSpace('target', root)
    expect(accessValid(target, 0, GiB)).toBe(true)
    let blocks = 0
    const entry = (): IommuTlbEntry => {
      blocks++
      return { target, translated: 0, mask: GiB / 4 - 1, permissions: 1 }
    }
    const bus = new AddressSpace('bus', new IommuMemoryRegion('iommu', { translate: entry }, GiB))
    expect(accessValid(bus, 0, GiB / 4)).toBe(true)
    expect([
      counts.slice(1024).every(({ asked }) => asked === 1),
      counts.slice(0, 1024).every(({ asked }) => asked === 2),
    ]).toEqual([true, true])
    expect(blocks).toBe(1024)
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
      ['address -1n', [space, -1n, 1], RangeError, /^address .*got -1/],
      ['address, text', [space, bad('1'), 1], TypeError, /^address .*got "1"/],
      ['length', [space, 0, -1], RangeError, /^length .*got -1/],
      ['length 1.5', [space, 0, 1.5], RangeError, /^length .*got 1.5/],
      ['length NaN', [space, 0, Number.NaN], RangeError, /^length .*got NaN/],
      ['length, text', [space, 0, bad('1')], TypeError, /^length .*got "1"/],
      ['options', [space, 0, 1, bad(7)], TypeError, /^options must be an object, got 7/],
      ['a misspelt option', [space, 0, 1, bad({ wirte: true })], TypeError, /^options .*got "wirte"/],
      ['options null', [space, 0, 1, bad(null)], TypeError, /^options must be an object, got null/],
      ['write null', [space, 0, 1, { write: bad(null) }], TypeError, /^options.write .*got null/],
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
