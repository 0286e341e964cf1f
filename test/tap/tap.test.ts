import {
  AddressSpace,
  atomicAdd32,
  GuestRam,
  MemoryRegion,
  MemTxAttrs,
  MemTxResult,
  stop,
  type TapAccess,
  TapStop,
  tap,
} from 'guestmem'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const ram = GuestRam.allocate(0x10000)
const block = ram.block('ram', 0x4000)
let memory: MemoryRegion
let uart: MemoryRegion
let root: MemoryRegion
let space: AddressSpace
let calls: string[]
let taps: { remove(): void }[]

beforeEach(() => {
  new Uint8Array(ram.buffer).fill(0)
  calls = []
  taps = []
  root = MemoryRegion.container('root', 2 ** 32)
  memory = MemoryRegion.ram('ram', block)
  const ops = {
    read: (offset: number, size: number) => {
      calls.push(`r ${offset} ${size}`)
      return 0x1234_5678
    },
    write: (offset: number, value: number, size: number) => {
      calls.push(`w ${offset} ${value} ${size}`)
    },
  }
  uart = MemoryRegion.io('uart', ops, 0x100)
  root.addSubregion(0x1000, memory)
  root.addSubregion(0x8000, uart)
  space = new AddressSpace('cpu', root)
})

afterEach(() => {
  for (const each of taps) each.remove()
})

function keep(...args: Parameters<typeof tap>): ReturnType<typeof tap> {
  const set = tap(...args)
  taps.push(set)
  return set
}

/** A tap that keeps what it is told. */
function told(target: AddressSpace | MemoryRegion, ...rest: [Parameters<typeof tap>[1]?, Parameters<typeof tap>[2]?]) {
  const list: TapAccess[] = []
  keep(target, rest[0], rest[1], access => {
    list.push(access)
  })
  return list
}

const shown = (list: readonly TapAccess[]) =>
  list.map(({ kind, address, size, value }) => `${kind} ${address.toString(16)} ${size} ${value}`)

describe('which accesses', () => {
  test.each([
    [{ reads: true }, ['read 1004 4 7', 'write 1008 4 1']],
    [{ writes: true }, ['write 1004 4 7', 'write 1008 4 1']],
    [{ fetches: true }, ['fetch 1004 4 7']],
    [{ dma: true }, ['write 1000 4 1', 'read 1004 4 7']],
    [{ reads: true, dma: true }, ['read 1004 4 7', 'write 1000 4 1', 'read 1004 4 7', 'write 1008 4 1']],
    [
      undefined,
      ['write 1004 4 7', 'read 1004 4 7', 'fetch 1004 4 7', 'write 1000 4 1', 'read 1004 4 7', 'write 1008 4 1'],
    ],
  ])('%o', (options, expected) => {
    const list = told(space, { start: 0x1000, length: 0x100 }, options)
    space.store32(0x1004, 7)
    space.load32(0x1004)
    space.load32(0x1004, MemTxAttrs.of({ fetch: true }))
    space.write(0x1000, new Uint8Array([1, 0, 0, 0]))
    space.read(0x1004, new Uint8Array(4))
    atomicAdd32(space, 0x1008, 1)
    space.load32(0x1004, MemTxAttrs.DEBUG)
    // What was there is told of an atomic access afterwards.
    expect(shown(list)).toEqual(expected.map(each => each.replace('1008 4 1', '1008 4 0')))
    expect(space.load32(0x1008)).toBe(1)
  })

  test.each([
    [0x1003, 4, 1],
    [0x1007, 2, 1],
    [0x1008, 1, 0],
    [0x1000, 4, 0],
    [0x1000, 8, 1],
    [0xffc, 8, 0],
  ])('as a watchpoint of 0x1004 to 0x1007 has it: at %i, %i bytes: %i', (address, size, times) => {
    const list = told(space, { start: 0x1004, length: 4 }, { writes: true })
    if (size === 8) space.store64(address, 1n)
    else space[`store${(size * 8) as 8 | 16 | 32}`](address, 1)
    expect(list.length).toBe(times)
    if (times > 0) expect(list[0]).toMatchObject({ address, size })
  })

  test('across a seam that the space splits, byte by byte', () => {
    const splitting = new AddressSpace('splits', root, { seams: 'split' })
    root.addSubregion(0x5000, MemoryRegion.ram('next', ram.block('next', 0x1000)))
    const list = told(splitting, { start: 0x4fff, length: 2 })
    splitting.store32(0x4ffe, 0x4433_2211)
    expect(shown(list)).toEqual(['write 4fff 1 34', 'write 5000 1 51'])
  })

  test('of a request, the part in the range, in one piece for RAM, and piece by piece for a device', () => {
    const list = told(space, { start: 0x4ffc, length: 0x3008 })
    const bytes = Uint8Array.from({ length: 16 }, (_, i) => i)
    space.write(0x4ff0, bytes)
    space.write(0x8000, bytes.subarray(0, 8))
    expect(list.map(({ address, size, dma, bytes: own }) => [address, size, dma, own && [...own]])).toEqual([
      [0x4ffc, 4, true, [12, 13, 14, 15]],
      [0x8000, 4, true, undefined],
    ])
    expect(list[1]).toMatchObject({ region: uart, offset: 0, value: 0x0302_0100 })
  })

  test('above 2^32, and where nothing is mapped', () => {
    const wide = MemoryRegion.container('wide', 2 ** 53)
    wide.addSubregion(2 ** 40, MemoryRegion.alias('high', memory, 0, 0x4000))
    const far = new AddressSpace('far', wide)
    const list = told(far)
    far.store8(2 ** 40 + 5, 9)
    expect(far.load8(2 ** 45)).toBe(0)
    expect(list.map(({ address, offset, region, result }) => [address, offset, region?.name, result])).toEqual([
      [2 ** 40 + 5, 5, 'ram', MemTxResult.OK],
      [2 ** 45, 2 ** 45, undefined, MemTxResult.DECODE_ERROR],
    ])
    expect(list[0]).toMatchObject({ space: far, attrs: MemTxAttrs.UNSPECIFIED })
  })
})

describe('a region', () => {
  test('is tapped in every space that shows it, and in those made later, wherever it is', () => {
    const list = told(memory, { start: 0x100, length: 4 })
    space.store32(0x1100, 1)
    const later = new AddressSpace('later', root)
    later.store32(0x1100, 2)
    memory.setAddress(0x20000)
    later.store32(0x1100, 3)
    space.store32(0x20100, 4)
    expect(list.map(({ space: { name }, address, offset, value }) => [name, address, offset, value])).toEqual([
      ['cpu', 0x1100, 0x100, 1],
      ['later', 0x1100, 0x100, 2],
      ['cpu', 0x20100, 0x100, 4],
    ])
  })

  test('is none that others answer for', () => {
    expect(() => tap(root, undefined, undefined, () => {})).toThrow(
      /target must answer accesses itself.*container "root"/,
    )
  })
})

describe('what a tap may do', () => {
  test('before: replace what is stored, answer a read in place of the device', () => {
    keep(uart, undefined, { when: 'before' }, ({ kind }) => (kind === 'write' ? 0x1ff : -1))
    space.store8(0x8000, 1)
    expect(space.load32(0x8004)).toBe(0xffff_ffff)
    expect(space.result).toBe(MemTxResult.OK)
    expect(space.load64(0x8000)).toBe(2n ** 64n - 1n)
    expect(calls).toEqual(['w 0 255 1'])
  })

  test('after: replace what is read, from RAM too, single or by a request', () => {
    keep(space, { start: 0x1000, length: 8 }, {}, ({ bytes }) => {
      if (bytes === undefined) return 5n
      bytes[0] = 77
      return undefined
    })
    expect([space.load16(0x1000), space.load64(0x1000)]).toEqual([5, 5n])
    const bytes = new Uint8Array(4)
    space.read(0x1002, bytes)
    expect([...bytes]).toEqual([77, 0, 0, 0])
  })

  test('of two, the second is told what the first gave', () => {
    keep(space, undefined, { when: 'before' }, () => 3)
    keep(space, undefined, { when: 'before' }, ({ value }) => Number(value) + 1)
    space.store32(0x1000, 1)
    expect(space.load32(0x1000, MemTxAttrs.DEBUG)).toBe(4)
  })

  test('an answer that is no value is a TypeError', () => {
    keep(space, undefined, {}, () => 0.5)
    expect(() => space.load32(0x1000)).toThrow(/callback must return .* got 0.5/)
  })

  test('stop: before, the access is not made; after, it is; the caller gets a TapStop', () => {
    const before = keep(space, { start: 0x1000, length: 4 }, { when: 'before' }, stop)
    expect(() => space.store32(0x1000, 1)).toThrow(TapStop)
    before.remove()
    expect(space.load32(0x1000)).toBe(0)
    keep(space, { start: 0x1000, length: 4 }, { writes: true }, stop)
    try {
      space.store32(0x1000, 2)
      expect.fail()
    } catch (error) {
      expect(error).toBeInstanceOf(TapStop)
      expect((error as TapStop).access).toMatchObject({ address: 0x1000, value: 2, before: false })
      expect(String(error)).toBe('TapStop: stopped at write of 4 bytes at 0x1000')
    }
    expect(space.load32(0x1000)).toBe(2)
  })

  test('what it throws, out of a device that accesses memory too, leaves all usable', () => {
    const dma = MemoryRegion.io('dma', { read: () => space.load32(0x1000), write: () => {} }, 4)
    root.addSubregion(0x9000, dma)
    const set = keep(memory, undefined, {}, () => {
      throw new RangeError('mine')
    })
    for (let i = 0; i < 3; i++) expect(() => space.load32(0x9000)).toThrow('mine')
    set.remove()
    expect(space.load32(0x9000)).toBe(0)
    expect(space.result).toBe(MemTxResult.OK)
  })

  test('access memory: other taps are told of it, it is not, and the result is the access’s', () => {
    const other = told(space)
    keep(uart, undefined, {}, () => {
      space.load8(0xffff_0000)
      space.load8(0x8001)
    })
    space.load8(0x8000)
    expect(space.result).toBe(MemTxResult.OK)
    expect(shown(other)).toEqual(['read 8000 1 120', 'read ffff0000 1 0', 'read 8001 1 120'])
  })

  test('remove itself, set others, change the map: all of it goes on', () => {
    const set = keep(space, undefined, {}, () => {
      set.remove()
      memory.setEnabled(false)
      taps.push(tap(space, undefined, {}, () => 9))
    })
    space.store32(0x1000, 1)
    expect(set.removed).toBe(true)
    expect(space.load32(0x1000)).toBe(9)
    expect(space.result).toBe(MemTxResult.DECODE_ERROR)
  })
})

describe('counts, conditions, removal', () => {
  test('the first are ignored, and after so many it is removed', () => {
    const list: unknown[] = []
    const set = keep(space, undefined, { ignore: 2, limit: 3, condition: ({ value }) => value !== 0 }, ({ value }) => {
      list.push(value)
    })
    for (let i = 0; i < 10; i++) space.store8(0x1000, i)
    expect(list).toEqual([3, 4, 5])
    expect(set.removed).toBe(true)
    expect(set.hits).toBe(5)
  })

  test('in a transaction the map stays as it was', () => {
    MemoryRegion.transaction(() => {
      memory.setAddress(0x2000)
      const list = told(space)
      space.store8(0x1000, 1)
      expect(shown(list)).toEqual(['write 1000 1 1'])
    })
    expect(space.load8(0x2000)).toBe(1)
  })

  test('once all are removed, spaces share their sections again, and windows are on the memory itself', () => {
    const twin = new AddressSpace('twin', root)
    const { sections } = space
    const set = keep(space, { start: 0x1000, length: 1 }, {}, () => {})
    expect(space.sections).not.toBe(sections)
    expect(twin.sections).toBe(sections)
    set.remove()
    set.remove()
    expect(space.sections).toBe(sections)
    const window = space.map(0x1000, 8, { write: true })
    window?.bytes.fill(1)
    expect(space.load8(0x1000)).toBe(1)
    window?.unmap()
  })

  test('pages beside the tapped one keep their direct way', () => {
    keep(space, { start: 0x2000, length: 4 }, {}, () => {})
    const at = (address: number) => space.sections.select(address)
    expect([0x1000, 0x1fe0, 0x2010, 0x4fff].map(address => at(address).readable)).toEqual([true, true, true, true])
    expect([0x1ff9, 0x2000, 0x2003].map(address => at(address).readable)).toEqual([false, false, false])
  })
})
