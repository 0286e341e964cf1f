import {
  AddressSpace,
  addEventNotifier,
  atomicAdd32,
  atomicAdd64,
  atomicCompareExchange32,
  atomicExchange8,
  atomicExchange32,
  atomicOr16,
  GuestRam,
  IommuMemoryRegion,
  IommuPermissions,
  MemoryRegion,
  type MemoryRegionOps,
  MemTxAttrs,
  MemTxResult,
  memTxFault,
} from 'guestmem'
import { describe, expect, test } from 'vitest'
import { PAGE } from '../support/board.ts'
import { type Call, mount, recorder } from '../support/device.ts'
import { iommuBoard } from '../support/iommu-board.ts'
import { atomic, OPERATIONS, SIZES } from './support/operations.ts'

const { OK, ERROR, DECODE_ERROR, ACCESS_ERROR } = MemTxResult

describe('a device', () => {
  test('I5 gets a read and a write of the whole size, at once', () => {
    for (const size of SIZES) {
      for (const operation of OPERATIONS) {
        const calls: Call[] = []
        const space = mount(
          recorder(
            calls,
            {},
            () => 5,
            () => 5n,
          ),
        )
        const found = atomic(space, operation, size, 8, 3n, 5n)
        const names = size === 8 ? ['read64', 'write64'] : ['read', 'write']
        expect([found, space.result]).toEqual([5n, OK])
        expect(calls.map(([name, offset, bytes]) => [name, offset, bytes])).toEqual(names.map(name => [name, 8, size]))
      }
    }
  })

  test('I5 gets its old value where a comparison fails, as from x86 and QEMU', () => {
    const calls: Call[] = []
    const space = mount(recorder(calls, {}, () => 7))
    expect(atomicCompareExchange32(space, 4, 6, 9)).toBe(7)
    expect(calls).toEqual([
      ['read', 4, 4],
      ['write', 4, 4, 7],
    ])
  })

  test('I5 that fails to be read is not written', () => {
    const calls: Call[] = []
    const space = mount(recorder(calls, {}, () => memTxFault(ERROR, 0x11)))
    expect([atomicAdd32(space, 0, 1), space.result]).toEqual([0x11, ERROR])
    expect(calls).toEqual([['read', 0, 4]])
  })

  test('E7, I5 that fails to be written says so, and what it read is told all the same', () => {
    const space = mount({ read: () => 8, write: () => DECODE_ERROR })
    expect([atomicAdd32(space, 0, 1), space.result]).toEqual([8, DECODE_ERROR])
  })

  test('G2 that takes no such size, or only reads of it, is rejected', () => {
    const space = mount({ read: () => 8, write: () => {}, valid: { minSize: 4, maxSize: 4 } })
    expect([atomicOr16(space, 0, 1), space.result]).toEqual([0, DECODE_ERROR])
    const reads = mount({ read: () => 8, write: () => {}, accepts: (_offset, _size, isWrite) => !isWrite })
    expect([atomicAdd32(reads, 0, 1), reads.result]).toEqual([8, DECODE_ERROR])
  })

  test('E8 for memory alone', () => {
    const calls: Call[] = []
    for (const atomics of ['read-write', 'refuse'] as const) {
      const space = mount(recorder(calls, { atomics }, () => 8))
      expect([atomicAdd32(space, 0, 1, MemTxAttrs.of({ memory: true })), space.result]).toEqual([0, ACCESS_ERROR])
    }
    expect(calls).toEqual([])
  })

  test('its attributes are those of both', () => {
    const seen: unknown[] = []
    const attrs = MemTxAttrs.of({ secure: true })
    const space = mount({
      read: (_offset, _size, given) => seen.push(given),
      write: (_offset, _value, _size, given) => void seen.push(given),
    })
    atomicAdd32(space, 0, 1, attrs)
    expect(seen).toEqual([attrs, attrs])
  })

  test('H1 a notifier takes the write', () => {
    const calls: Call[] = []
    const region = MemoryRegion.io(
      'io',
      recorder(calls, {}, () => 8),
      16,
    )
    const space = new AddressSpace('space', region)
    let told = 0
    addEventNotifier(region, { offset: 0, size: 4, data: 9n }, () => told++)
    expect([atomicAdd32(space, 0, 1), told, calls]).toEqual([8, 1, [['read', 0, 4]]])
  })

  test('G7, I5 its guard is held in both, and nothing comes in between them', () => {
    const order: string[] = []
    let space: AddressSpace
    const again = (name: string) => {
      order.push(name)
      const found = atomicExchange32(space, 4, 1)
      order.push(`${found} ${space.result}`)
      return 3
    }
    space = mount({ read: () => again('read'), write: () => void again('write') })
    expect([atomicAdd32(space, 0, 1), space.result]).toEqual([3, OK])
    expect(order).toEqual(['read', `0 ${ACCESS_ERROR}`, 'write', `0 ${ACCESS_ERROR}`])
  })

  test('E1 that moves away when it is read is written all the same', () => {
    const calls: Call[] = []
    const root = MemoryRegion.container('root', PAGE)
    const device = MemoryRegion.io(
      'io',
      recorder(calls, {}, () => {
        root.removeSubregion(device)
        return 1
      }),
      16,
    )
    root.addSubregion(16, device)
    const space = new AddressSpace('space', root)
    expect([atomicAdd32(space, 16, 1), space.result]).toEqual([1, OK])
    expect(calls).toEqual([
      ['read', 0, 4],
      ['write', 0, 4, 2],
    ])
    expect([atomicAdd32(space, 16, 1), space.result]).toEqual([0, DECODE_ERROR])
  })

  test('what its handler throws reaches the caller, and it can be accessed as before', () => {
    let angry = true
    const ops: MemoryRegionOps = {
      read: () => 4,
      write: () => {
        if (angry) throw new Error('angry')
      },
    }
    const space = mount(ops)
    expect(() => atomicAdd32(space, 0, 1)).toThrow('angry')
    angry = false
    expect([atomicAdd32(space, 0, 1), space.result]).toEqual([4, OK])
  })
})

describe('a device that has no atomic accesses', () => {
  const refusing = (calls: Call[], extra = {}) => recorder(calls, { atomics: 'refuse', ...extra }, () => 8)

  test('I5 refuses all of them, and no handler is called; loads and stores it takes', () => {
    const calls: Call[] = []
    const told: unknown[] = []
    const space = new AddressSpace('space', MemoryRegion.io('io', refusing(calls), 64), {
      onReject: (...rejected) => told.push(rejected),
    })
    for (const size of SIZES)
      for (const operation of OPERATIONS)
        expect([atomic(space, operation, size, 8, 1n), space.result]).toEqual([0n, DECODE_ERROR])
    expect(calls).toEqual([])
    expect(told).toHaveLength(SIZES.length * OPERATIONS.length)
    expect(told[0]).toEqual([8, 1, true, MemTxAttrs.UNSPECIFIED, DECODE_ERROR])
    expect([space.load32(8), space.result]).toEqual([8, OK])
  })

  test('I5 also a ROM device, in both modes; behind an IOMMU; over a seam; in a readonly region', () => {
    const calls: Call[] = []
    const flash = MemoryRegion.romDevice('flash', refusing(calls), GuestRam.allocate(PAGE).block('b', PAGE))
    const space = new AddressSpace('space', flash)
    for (const mode of [true, false]) {
      flash.setRomdMode(mode)
      expect([atomicAdd32(space, 0, 1), space.result]).toEqual([0, DECODE_ERROR])
    }
    const target = new AddressSpace('target', MemoryRegion.io('io', refusing(calls), PAGE))
    const translate = () => ({ target, translated: 0, mask: PAGE - 1, permissions: IommuPermissions.BOTH })
    const bus = new AddressSpace('bus', new IommuMemoryRegion('iommu', { translate }, PAGE))
    expect([atomicAdd32(bus, 4, 1), bus.result]).toEqual([0, DECODE_ERROR])
    const root = MemoryRegion.container('root', PAGE)
    root.addSubregion(0, MemoryRegion.ram('ram', GuestRam.allocate(PAGE).block('b', 8)))
    const device = MemoryRegion.io('io', refusing(calls), 8)
    device.setReadonly(true)
    root.addSubregion(8, device)
    const seams = new AddressSpace('seams', root, { seams: 'split' })
    expect([atomicAdd32(seams, 6, 1), seams.result]).toEqual([0, DECODE_ERROR])
    expect([atomicAdd32(seams, 8, 1), seams.result]).toEqual([0, DECODE_ERROR])
    expect(calls).toEqual([])
  })

  test.each([['never'], [''], [1], [true], [null], [{}]])('atomics: %j is refused by name', atomics => {
    const make = () => mount({ read: () => 0, write: () => {}, atomics: atomics as never })
    expect(make).toThrow(/^ops\.atomics must be one of read-write, refuse, got/)
  })
})

describe('memory that is none of RAM', () => {
  const byte = (region: MemoryRegion) => region.block?.view()[0]

  test('E5, I5 ROM is read, and the store rejected', () => {
    const block = GuestRam.allocate(PAGE).block('rom', PAGE)
    block.view()[0] = 9
    const region = MemoryRegion.rom('rom', block)
    const space = new AddressSpace('space', region)
    for (const operation of OPERATIONS)
      for (const size of SIZES)
        expect([atomic(space, operation, size, 0, 1n, 9n), space.result]).toEqual([9n, DECODE_ERROR])
    expect(byte(region)).toBe(9)
  })

  test('A3, I5 a ROM device is read from its bytes, and written by its handler', () => {
    const calls: Call[] = []
    const block = GuestRam.allocate(PAGE).block('rom', PAGE)
    block.view()[0] = 9
    const space = new AddressSpace('space', MemoryRegion.romDevice('flash', recorder(calls), block))
    expect([atomicExchange8(space, 0, 0x40), space.result]).toEqual([9, OK])
    expect(calls).toEqual([['write', 0, 1, 0x40]])
  })

  test('E2, I5 RAM through a readonly alias is stored to', () => {
    const ram = MemoryRegion.ram('ram', GuestRam.allocate(PAGE).block('b', PAGE))
    const alias = MemoryRegion.alias('alias', ram, 0, PAGE)
    alias.setReadonly(true)
    const space = new AddressSpace('space', alias)
    expect([atomicAdd32(space, 0, 5), space.result, space.load32(0)]).toEqual([0, OK, 5])
  })

  test('I2, I5 nothing is there, and what reaches over the end of memory is rejected', () => {
    const root = MemoryRegion.container('root', 2 * PAGE)
    root.addSubregion(0, MemoryRegion.ram('ram', GuestRam.allocate(PAGE).block('b', PAGE)))
    const space = new AddressSpace('space', root)
    expect([atomicAdd32(space, PAGE, 5), space.result]).toEqual([0, DECODE_ERROR])
    expect([atomicAdd32(space, PAGE - 2, 5), space.result]).toEqual([0, DECODE_ERROR])
    expect([atomicAdd32(space, PAGE - 4, 5), space.result]).toEqual([0, OK])
    const split = new AddressSpace('split', root, { seams: 'split' })
    expect([atomicAdd32(split, PAGE - 2, 5), split.result]).toEqual([0, DECODE_ERROR])
  })

  test('I5, S5 what is mapped as a device gets one load and one store of the width, in no atomic access', () => {
    for (const cacheMode of ['noncached', 'device', 'writecombine'] as const) {
      const ram = GuestRam.allocate(PAGE, { order: 'host' })
      const space = new AddressSpace('space', MemoryRegion.ramDevice('bar', ram.block('b', PAGE), { cacheMode }))
      const { or } = Atomics
      let touched = 0
      Atomics.or = ((...args: Parameters<typeof or>) => {
        if (args[0].buffer === ram.buffer) touched++
        return or(...args)
      }) as typeof or
      try {
        expect([atomic(space, 'Or', 4, 8, 5n), atomic(space, 'Or', 4, 8, 2n), space.result]).toEqual([0n, 5n, OK])
      } finally {
        Atomics.or = or
      }
      expect([touched, space.load32(8)]).toEqual([0, 7])
    }
  })
})

describe('behind an IOMMU', () => {
  test('K1, I5 RAM, where it may be read and written: one access, for which each is asked once', () => {
    const board = iommuBoard()
    const { READ, WRITE } = IommuPermissions
    board.map(2, 3 * PAGE)
    board.map(4, 3 * PAGE, READ)
    board.map(5, 3 * PAGE, WRITE)
    const { bus, ram, asks } = board
    expect([atomicAdd32(bus, 2 * PAGE + 8, 1), bus.result, ram[3 * PAGE + 8]]).toEqual([0x0303_0303, OK, 4])
    expect(asks.map(([, access]) => access)).toEqual([READ, WRITE])
    expect([atomicAdd32(bus, 4 * PAGE + 8, 1), bus.result]).toEqual([0x0303_0304, DECODE_ERROR])
    expect([atomicAdd32(bus, 5 * PAGE + 8, 1), bus.result]).toEqual([0, DECODE_ERROR])
    expect([atomicAdd32(bus, 6 * PAGE + 8, 1), bus.result]).toEqual([0, DECODE_ERROR])
    expect(ram[3 * PAGE + 8]).toBe(4)
    expect([atomicAdd64(bus, 2 * PAGE + 13, 1n), bus.result, ram[3 * PAGE + 13]]).toEqual([
      0x0303_0303_0303_0303n,
      OK,
      4,
    ])
  })

  test('I5 what is read in one place and written in another is a load and a store', () => {
    const block = GuestRam.allocate(4 * PAGE).block('b', 4 * PAGE)
    const target = new AddressSpace('target', MemoryRegion.ram('ram', block))
    const translate = (_iova: number, access: number) => ({
      target,
      translated: access === IommuPermissions.WRITE ? PAGE : 0,
      mask: PAGE - 1,
      permissions: IommuPermissions.BOTH,
    })
    const bus = new AddressSpace('bus', new IommuMemoryRegion('iommu', { translate }, PAGE))
    block.view()[4] = 7
    expect([atomicAdd32(bus, 4, 1), bus.result]).toEqual([7, OK])
    expect([block.view()[4], block.view()[PAGE + 4]]).toEqual([7, 8])
  })
})
