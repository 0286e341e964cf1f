import {
  AddressSpace,
  addCoalescing,
  clearCoalescing,
  GuestRam,
  MemoryRegion,
  type MemoryRegionOps,
  MemTxResult,
  registerMemoryListener,
  setCoalescing,
} from 'guestmem'
import { describe, expect, test } from 'vitest'
import { QUIET } from '../support/board.ts'
import { recorder } from '../support/device.ts'
import { logger, taken } from './support/listener-log.ts'

const NAMES = ['begin', 'regionAdd', 'regionDel', 'coalescedIoAdd', 'coalescedIoDel', 'commit'] as const

function board(ops: MemoryRegionOps = QUIET) {
  const root = MemoryRegion.container('root', 0x1000)
  const dev = MemoryRegion.io('dev', ops, 0x20)
  root.addSubregion(0x100, dev)
  const space = new AddressSpace('space', root)
  return { root, dev, space, log: [] as string[] }
}

describe('H4 coalesced ranges', () => {
  test('H4 are told at once, forward; taken back at once, in reverse', () => {
    const { dev, space, log } = board()
    registerMemoryListener(space, logger(log, 'b', NAMES), { priority: 1 })
    registerMemoryListener(space, logger(log, 'a', NAMES))
    taken(log)
    MemoryRegion.transaction(() => {
      addCoalescing(dev, 4, 8)
      expect(taken(log)).toEqual(['a coalescedIoAdd 100-120 dev 260 8', 'b coalescedIoAdd 100-120 dev 260 8'])
      addCoalescing(dev, 16, 4)
      taken(log)
      clearCoalescing(dev)
      expect(taken(log)).toEqual([
        'b coalescedIoDel 100-120 dev 260 8',
        'a coalescedIoDel 100-120 dev 260 8',
        'b coalescedIoDel 100-120 dev 272 4',
        'a coalescedIoDel 100-120 dev 272 4',
      ])
    })
    clearCoalescing(dev)
    expect(log).toEqual([])
  })

  test('H4 are told of every place where they are seen, in every space, clipped to it', () => {
    const { root, dev, space, log } = board()
    root.addSubregion(0x108, MemoryRegion.io('over', QUIET, 4), 1)
    root.addSubregion(0x800, MemoryRegion.alias('window', dev, 6, 4))
    const second = new AddressSpace('second', MemoryRegion.alias('part', dev, 0x1c, 0x100))
    registerMemoryListener(space, logger(log, 'a', NAMES))
    registerMemoryListener(second, logger(log, 'b', NAMES))
    taken(log)
    addCoalescing(dev, 4, 8)
    expect(taken(log)).toEqual(['a coalescedIoAdd 100-108 dev 260 4', 'a coalescedIoAdd 800-804 dev+6 2048 4'])
    setCoalescing(dev)
    expect(taken(log)).toEqual([
      'a coalescedIoDel 100-108 dev 260 4',
      'a coalescedIoDel 800-804 dev+6 2048 4',
      'a coalescedIoAdd 100-108 dev 256 8',
      'a coalescedIoAdd 10c-120 dev+c 268 20',
      'a coalescedIoAdd 800-804 dev+6 2048 4',
      'b coalescedIoAdd 0-4 dev+1c 0 4',
    ])
  })

  test('C6 go with their range, before it, and come with it, after it', () => {
    const { dev, space, log } = board()
    addCoalescing(dev, 4, 8)
    addCoalescing(dev, 0x1c, 8)
    registerMemoryListener(space, logger(log, 'b', NAMES), { priority: 1 })
    registerMemoryListener(space, logger(log, 'a', NAMES))
    taken(log)
    dev.setAddress(0x200)
    expect(taken(log)).toEqual([
      'a begin',
      'b begin',
      'b coalescedIoDel 100-120 dev 260 8',
      'a coalescedIoDel 100-120 dev 260 8',
      'b coalescedIoDel 100-120 dev 284 4',
      'a coalescedIoDel 100-120 dev 284 4',
      'b regionDel 100-120 dev',
      'a regionDel 100-120 dev',
      'a regionAdd 200-220 dev',
      'b regionAdd 200-220 dev',
      'a coalescedIoAdd 200-220 dev 516 8',
      'b coalescedIoAdd 200-220 dev 516 8',
      'a coalescedIoAdd 200-220 dev 540 4',
      'b coalescedIoAdd 200-220 dev 540 4',
      'a commit',
      'b commit',
    ])
  })

  test('C9 (newer) are told on registration, and taken back at its end', () => {
    const { dev, space, log } = board()
    addCoalescing(dev, 4, 8)
    const unregister = registerMemoryListener(space, logger(log, 'a', NAMES))
    const added = ['a begin', 'a regionAdd 100-120 dev', 'a coalescedIoAdd 100-120 dev 260 8', 'a commit']
    expect(taken(log)).toEqual(added)
    unregister()
    expect(taken(log)).toEqual(['a begin', 'a coalescedIoDel 100-120 dev 260 8', 'a regionDel 100-120 dev', 'a commit'])
  })
})

/** Who executes the guest: buffers its writes to coalesced ranges, and makes them when it is asked to. */
function buffering(space: AddressSpace) {
  const buffer: [address: number, value: number][] = []
  const ranges = new Map<number, number>()
  let flushes = 0
  const unregister = registerMemoryListener(space, {
    coalescedIoAdd: (_section, address, length) => void ranges.set(address, length),
    coalescedIoDel: (_section, address) => void ranges.delete(address),
    coalescedIoFlush: () => {
      flushes++
      for (const [address, value] of buffer.splice(0)) space.store32(address, value)
    },
  })
  const store = (address: number, value: number) => {
    for (const [start, length] of ranges)
      if (address >= start && address + 4 <= start + length) return void buffer.push([address, value])
    space.store32(address, value)
  }
  const count = () => {
    const made = flushes
    flushes = 0
    return made
  }
  return { store, count, unregister, buffer }
}

describe('G8, H4 the flush', () => {
  function device() {
    const calls: string[] = []
    const ops = recorder([], {
      read: offset => {
        calls.push(`r${offset}`)
        return 0
      },
      write: (offset, value) => void calls.push(`w${offset}=${value}`),
    })
    const made = board(ops)
    addCoalescing(made.dev, 0, 16)
    return { ...made, calls, cpu: buffering(made.space) }
  }

  test('G8 makes what was buffered, in order, before any other access to the region', () => {
    const { space, calls, cpu } = device()
    const accesses: [() => unknown, string][] = [
      [() => space.load32(0x110), 'r16'],
      [() => space.store8(0x113, 9), 'w19=9'],
      [() => space.load64(0x110), 'r16 r20'],
      [() => space.store64(0x110, 0n), 'w16=0 w20=0'],
      [() => space.read(0x118, new Uint8Array(4)), 'r24'],
      [() => space.load32(0x111), ''],
    ]
    for (const [access, made] of accesses) {
      cpu.store(0x100, 1)
      cpu.store(0x10c, 2)
      cpu.store(0x100, 3)
      expect(calls).toEqual([])
      access()
      expect(calls.splice(0).join(' ')).toBe(`w0=1 w12=2 w0=3 ${made}`.trim())
    }
    space.load32(0x111)
    expect(space.result, 'a rejected access has its own result').toBe(MemTxResult.DECODE_ERROR)
  })

  test('G8 is made for no other region, nor by what a flush accesses', () => {
    const { root, space, cpu } = device()
    root.addSubregion(0x200, MemoryRegion.io('other', QUIET, 16))
    root.addSubregion(0x300, MemoryRegion.ram('ram', GuestRam.allocate(4096).block('ram', 16)))
    cpu.count()
    space.load32(0x200)
    space.load32(0x300)
    space.load32(0x400)
    expect(cpu.count()).toBe(0)
    cpu.store(0x100, 1)
    cpu.store(0x104, 1)
    space.load32(0x100)
    expect(cpu.count()).toBe(1)
  })

  test('C1 is made when a transaction begins, before its changes are seen', () => {
    const { root, dev, calls, cpu } = device()
    cpu.store(0x100, 1)
    MemoryRegion.transaction(() => expect(calls.splice(0)).toEqual(['w0=1']))
    cpu.store(0x104, 2)
    root.removeSubregion(dev)
    expect(calls).toEqual(['w4=2'])
    cpu.count()
    MemoryRegion.transaction(() => MemoryRegion.transaction(() => {}))
    expect(cpu.count(), 'nested ones too').toBe(2)
  })

  test('H4 is made when ranges are cleared, before they are taken back; then accesses flush no more', () => {
    const { dev, space, calls, cpu } = device()
    cpu.store(0x100, 1)
    clearCoalescing(dev)
    expect(calls.splice(0)).toEqual(['w0=1'])
    cpu.store(0x100, 2)
    expect(calls).toEqual(['w0=2'])
    cpu.count()
    space.load32(0x100)
    clearCoalescing(dev)
    expect(cpu.count()).toBe(0)
  })

  test('H4 costs nothing where nobody listens: the device is entered as before', () => {
    const { dev, space, calls, cpu } = device()
    cpu.unregister()
    clearCoalescing(dev)
    setCoalescing(dev)
    space.load32(0x100)
    expect(calls).toEqual(['r0'])
  })

  test('what it throws before an access reaches the caller; at a transaction, after the change was rendered', () => {
    const { root, dev, space } = board()
    addCoalescing(dev, 0, 4)
    const boom = new Error('from a flush')
    const unregister = registerMemoryListener(space, {
      coalescedIoFlush: () => {
        throw boom
      },
    })
    expect(() => space.load32(0x100)).toThrow(boom)
    expect(() => root.setEnabled(false)).toThrow(boom)
    expect(space.view.ranges).toEqual([])
    unregister()
    root.setEnabled(true)
    space.load32(0x100)
    expect(space.result).toBe(MemTxResult.OK)
  })
})

describe('refusals', () => {
  // biome-ignore lint/suspicious/noExplicitAny: what is tested is what types would forbid
  const bad = (value: unknown): any => value
  const { root, dev, space, log } = board()
  registerMemoryListener(space, logger(log, 'a', ['coalescedIoAdd', 'coalescedIoDel']))

  test.each([addCoalescing, clearCoalescing, setCoalescing])('%s takes only regions with handlers', call => {
    expect(() => call(bad(undefined), 0, 4)).toThrow(/^region .*undefined$/)
    expect(() => call(root, 0, 4)).toThrow(/^region must have handlers: "root" is container$/)
    expect(() => call(MemoryRegion.reservation('r', 16), 0, 4)).toThrow(TypeError)
    expect(() => call(MemoryRegion.alias('a', dev, 0, 16), 0, 4)).toThrow(TypeError)
  })

  test.each([-1, 1.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY])('addCoalescing at %s', value => {
    expect(() => addCoalescing(dev, value, 4)).toThrow(RangeError)
    expect(() => addCoalescing(dev, value, 4)).toThrow(/^offset /)
    expect(() => addCoalescing(dev, 0, value)).toThrow(/^size /)
  })

  test('addCoalescing of nothing, or of text', () => {
    expect(() => addCoalescing(dev, 0, 0)).toThrow(/^size .*got 0$/)
    expect(() => addCoalescing(dev, bad('0'), 4)).toThrow(/^offset .*"0"$/)
    expect(() => addCoalescing(dev, 0, bad(undefined))).toThrow(/^size .*undefined$/)
    expect(log).toEqual([])
  })
})
