import { MemTxResult } from 'guestmem'
import { formatFlatView, machineFromJson } from 'guestmem/qemu'
import { describe, expect, test } from 'vitest'

type Given = Record<string, unknown>

/** A machine of one space, `system`, and what is said of the regions in it; the first is the root. */
function json(...regions: Given[]): Given {
  return {
    format: 'qemu-mtree-corpus/1',
    address_spaces: [{ name: 'memory', root: 0 }],
    regions: regions.map((region, id) => ({ id, type: 'i/o', addr: '0x0', priority: 0, enabled: true, ...region })),
  }
}

const ALL = '0x10000000000000000'
const system = { name: 'system', size: ALL, terminates: false }

describe('RAM', () => {
  test('of 6 GiB and more is one range, costs nothing until it is accessed, and is there in all of its length', () => {
    const machine = machineFromJson(
      json({ ...system, subregions: [1] }, { name: 'ram', type: 'ram', size: '0x2000000000' }),
    )
    const [space] = machine.spaces
    expect(space?.view.ranges.map(({ start, end }) => [start, end])).toEqual([[0, 2 ** 37]])
    for (const address of [0, 2 ** 31 - 4, 2 ** 31, 6 * 2 ** 30, 2 ** 37 - 4]) {
      space?.store32(address, 0x12345678)
      expect(space?.result).toBe(MemTxResult.OK)
      expect([space?.load32(address), space?.load8(address + 3)]).toEqual([0x12345678, 0x12])
    }
    const back = new Uint8Array(8)
    expect(space?.read(2 ** 31 - 4, back)).toBe(MemTxResult.OK)
    expect([...back]).toEqual([0x78, 0x56, 0x34, 0x12, 0x78, 0x56, 0x34, 0x12])
    expect([space?.load8(2 ** 37), space?.result]).toEqual([0, MemTxResult.DECODE_ERROR])
  })

  test('regions have bytes of their own, ROMs reject writes, aliases show the same bytes', () => {
    const { spaces } = machineFromJson(
      json(
        { ...system, subregions: [4, 3, 2, 1] },
        { name: 'low', type: 'ram', size: '0x1800' },
        { name: 'high', type: 'ram', size: '0x1000', addr: '0x2000' },
        { name: 'rom', type: 'rom', size: '0x1000', addr: '0x3000', readonly: true },
        { name: 'window', type: 'ram', size: '0x100', addr: '0x8000', alias: { target: 1, offset: '0x10' } },
      ),
    )
    const space = spaces[0] as (typeof spaces)[0]
    space.store32(0x10, 1)
    space.store32(0x2010, 2)
    space.writeRom(0x3010, Uint8Array.of(3))
    expect([space.load32(0x8000), space.load32(0x2010), space.load32(0x3010)]).toEqual([1, 2, 3])
    space.store32(0x3010, 4)
    expect([space.result, space.load32(0x3010)]).toEqual([MemTxResult.DECODE_ERROR, 3])
  })
})

describe('devices', () => {
  const machine = json(
    { ...system, subregions: [1, 2] },
    { name: 'device', size: '0x1000', addr: '0x1000', terminates: true },
    { name: 'flash', type: 'romd', size: '0x1000', addr: '0x2000', terminates: true },
  )

  test('read 0 and take writes', () => {
    const space = machineFromJson(machine).spaces[0]
    space?.store64(0x1001, 1n)
    expect([space?.load64(0x1001), space?.result]).toEqual([0n, MemTxResult.OK])
  })

  test('have the handlers that are given for them, in the order of bytes that is', () => {
    const asked: unknown[] = []
    const written: unknown[] = []
    const ops = {
      read: () => 0x11,
      write: (...all: unknown[]) => void written.push(all.slice(0, 3)),
      endianness: 'native',
    } as const
    const { spaces } = machineFromJson(machine, {
      endian: 'big',
      ops: region => {
        asked.push(region)
        return region.name === 'device' ? ops : undefined
      },
    })
    expect(asked).toEqual([
      { name: 'device', index: 1 },
      { name: 'flash', index: 2 },
    ])
    expect(spaces[0]?.load32(0x1000)).toBe(0x11)
    spaces[0]?.write(0x1004, Uint8Array.of(1, 2))
    expect(written).toEqual([[4, 0x0102, 2]])
  })
})

describe('what lies past 2^53', () => {
  const msi = { name: 'msix', size: '0x1000', addr: '0xfe00000000000000', terminates: true }

  test('is told of, and the space shows the rest and keeps its own view', () => {
    const machine = machineFromJson({
      ...json({ name: 'one', size: ALL, subregions: [1] }, msi, { name: 'two', size: ALL }),
      address_spaces: [0, 2].map(root => ({ name: `space ${root}`, root })),
    })
    const [one, two] = machine.spaces
    expect(one?.view.ranges).toEqual([])
    expect(one?.view).not.toBe(two?.view)
    expect(machine.unreachable).toEqual([
      {
        space: one,
        start: 0xfe00000000000000n,
        end: 0xfe00000000000fffn,
        name: 'msix',
        type: 'i/o',
        priority: 0,
        offset: 0n,
      },
    ])
    expect(one && formatFlatView(one)).toBe('  fe00000000000000-fe00000000000fff (prio 0, i/o): msix')
  })

  test('parts what is below and above it, over it and under it', () => {
    const over = { ...msi, name: 'over', size: '0x10', addr: '0xfe00000000000008', priority: 1 }
    const { spaces, unreachable } = machineFromJson(
      json({ name: 'bus', size: ALL, terminates: true, readonly: true, subregions: [2, 1] }, msi, over),
    )
    expect(spaces[0]?.view.ranges.map(({ end }) => end)).toEqual([2 ** 53])
    expect(spaces[0] && formatFlatView(spaces[0]).split('\n')).toEqual([
      '  0000000000000000-fdffffffffffffff (prio 0, rom): bus',
      '  fe00000000000000-fe00000000000007 (prio 0, rom): msix',
      '  fe00000000000008-fe00000000000017 (prio 1, rom): over',
      '  fe00000000000018-fe00000000000fff (prio 0, rom): msix @0000000000000018',
      '  fe00000000001000-ffffffffffffffff (prio 0, rom): bus @fe00000000001000',
    ])
    expect(unreachable.map(({ name, start }) => [name, start])).toEqual([
      ['msix', 0xfe00000000000000n],
      ['over', 0xfe00000000000008n],
      ['msix', 0xfe00000000000018n],
      ['bus', 0xfe00000000001000n],
    ])
  })

  test('sums of addresses, sizes that a number does not hold, and windows on it', () => {
    const { spaces, unreachable } = machineFromJson(
      json(
        { ...system, subregions: [1, 3, 4] },
        { name: 'bus', size: ALL, addr: '0x1fffffffffffff', subregions: [2] },
        { name: 'device', size: '0xfffffffffffffff1', addr: '0x1', terminates: true },
        { name: 'window', size: '0x1000', addr: '0x1000', alias: { target: 2, offset: '0xf000000000000000' } },
        { name: 'past', size: '0x1000', addr: '0x2000', alias: { target: 2, offset: '0xffffffffffffffff' } },
      ),
    )
    expect(spaces[0]?.view.ranges).toEqual([])
    expect(unreachable.map(({ name, start, end, offset }) => [name, start, end, offset])).toEqual([
      ['device', 0x1000n, 0x1fffn, 0xf000000000000000n],
      ['device', 2n ** 53n, 2n ** 64n - 1n, 0n],
    ])
  })
})

test('what a window below 2^53 shows of a region above is told of from 2^53 on', () => {
  const { spaces, unreachable } = machineFromJson(
    json(
      { ...system, subregions: [1, 2] },
      { name: 'window', size: '0x20000000000001', alias: { target: 2, offset: '0x10' } },
      { name: 'bus', size: ALL, subregions: [3] },
      { name: 'device', size: '0x11', addr: '0x20000000000000', terminates: true },
    ),
  )
  expect(spaces[0]?.view.ranges).toEqual([])
  expect(unreachable.map(({ name, start, end, offset }) => [name, start, end, offset])).toEqual([
    ['device', 2n ** 53n, 2n ** 53n, 16n],
    ['device', 2n ** 53n + 1n, 2n ** 53n + 16n, 1n],
  ])
  const across = machineFromJson(
    json({ ...system, terminates: true, subregions: [1] }, { name: 'low', size: '0x1000' }),
  )
  expect(across.unreachable).toEqual([])
})

test('C3 a root that is mapped elsewhere is shown from its address on, by spaces that share it', () => {
  const machine = machineFromJson({
    ...json(
      { ...system, subregions: [1] },
      { name: 'bus', size: '0x1000', addr: '0x4000', subregions: [2] },
      { name: 'device', size: '0x10', addr: '0x20', terminates: true },
    ),
    address_spaces: [0, 1, 1].map((root, index) => ({ name: `space ${index}`, root })),
  })
  const views = machine.spaces.map(space => space.view)
  expect(views[1]?.ranges.map(({ start, offset }) => [start, offset])).toEqual([[0x4020, 0]])
  expect(views[1]).toBe(views[2])
  expect(views[1]).not.toBe(views[0])
})

test('B3 a region that is in no container keeps its priority, and size 0 shows nothing', () => {
  const { spaces } = machineFromJson(
    json(
      { ...system, subregions: [1, 3] },
      { name: 'window', size: '0x10', alias: { target: 2, offset: '0x0' } },
      { name: 'bar', size: '0x10', priority: 7, terminates: true },
      { name: 'nothing', size: '0x0', addr: '0x100', terminates: true },
    ),
  )
  expect(spaces[0] && formatFlatView(spaces[0])).toBe('  0000000000000000-000000000000000f (prio 7, i/o): bar')
})

test('what is no such machine is refused with the field and the value', () => {
  const of = (value: unknown) => () => machineFromJson(value)
  expect(of('{')).toThrow(SyntaxError)
  expect(of(null)).toThrow(/^json must be an object/)
  expect(of({ ...json(system), format: 'x/2' })).toThrow(/^json.format must be qemu-mtree-corpus\/1, got x\/2/)
  expect(of(json({ ...system, size: '12' }))).toThrow(/^json.regions\[0\].size must be a hexadecimal string .* got 12/)
  expect(of(json({ ...system, type: 'ran' }))).toThrow(/^json.regions\[0\].type must be one of .* got ran/)
  expect(of(json({ ...system, subregions: [9] }))).toThrow(
    /^json.regions\[0\].subregions\[0\] must be the id of a region, got 9/,
  )
  expect(of(json({ ...system, enabled: 1 }))).toThrow(/^json.regions\[0\].enabled must be a boolean, got 1/)
  expect(of(json({ ...system, priority: 1.5 }))).toThrow(/^json.regions\[0\].priority must be an integer/)
  expect(of({ ...json(system), address_spaces: 3 })).toThrow(/^json.address_spaces must be an array, got 3/)
})
