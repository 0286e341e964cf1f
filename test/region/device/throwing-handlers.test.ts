import { AddressSpace, MemoryRegion, type MemoryRegionOps, MemTxResult } from 'guestmem'
import { describe, expect, test } from 'vitest'
import { actor, board } from '../../support/actor.ts'
import { QUIET } from '../../support/board.ts'

describe('a handler that throws', () => {
  class DeviceBug extends Error {}
  const thrower: MemoryRegionOps = {
    read() {
      throw new DeviceBug('read')
    },
    write() {
      throw new DeviceBug('write')
    },
    read64() {
      throw new DeviceBug('read64')
    },
    write64() {
      throw new DeviceBug('write64')
    },
  }

  const accesses: [string, (space: AddressSpace, at: number) => unknown][] = [
    ['load8', (space, at) => space.load8(at)],
    ['load16', (space, at) => space.load16(at)],
    ['load32', (space, at) => space.load32(at)],
    ['load64', (space, at) => space.load64(at)],
    ['load64Pair', (space, at) => space.load64Pair(at)],
    ['store8', (space, at) => space.store8(at, 1)],
    ['store32', (space, at) => space.store32(at, 1)],
    ['store64', (space, at) => space.store64(at, 1n)],
    ['store64Pair', (space, at) => space.store64Pair(at, 1, 2)],
    ['read', (space, at) => space.read(at, new Uint8Array(8))],
    ['write', (space, at) => space.write(at, new Uint8Array(8))],
    ['fill', (space, at) => space.fill(at, 1, 8)],
  ]

  test.each(accesses)('reaches the caller of %s, and the device and the space stay usable', (_name, access) => {
    let broken = true
    const ops: MemoryRegionOps = {
      read: (...call) => (broken ? thrower.read(...call) : 5),
      write: (...call) => (broken ? thrower.write(...call) : undefined),
      read64: (...call) => (broken ? (thrower.read64?.(...call) ?? 0n) : 5n),
      write64: (...call) => (broken ? thrower.write64?.(...call) : undefined),
    }
    const space = board([QUIET], [ops])
    for (let i = 0; i < 2; i++) expect(() => access(space, 16)).toThrow(DeviceBug)
    expect(space.load8(0)).toBe(0)
    expect(space.result).toBe(MemTxResult.OK)
    broken = false
    access(space, 16)
    expect(space.result).toBe(MemTxResult.OK)
    expect(space.load8(16)).toBe(5)
  })

  test('through two devices, and both can be entered again', () => {
    const outer = actor(() => space.load8(16))
    const inner = actor(offset => {
      if (offset === 0) throw new DeviceBug('inner')
      return 6
    })
    const space = board([outer], [inner])
    expect(() => space.load8(0)).toThrow(DeviceBug)
    expect(space.load8(17)).toBe(6)
    expect(() => space.load8(0)).toThrow(DeviceBug)
    expect([outer.entered, inner.entered]).toEqual([2, 3])
  })

  test('in accepts, and the device is not left marked', () => {
    let broken = true
    const ops: MemoryRegionOps = {
      ...actor(() => 8),
      accepts() {
        if (broken) throw new DeviceBug('accepts')
        return true
      },
    }
    const space = board([ops])
    expect(() => space.load8(0)).toThrow(DeviceBug)
    broken = false
    expect(space.load8(0)).toBe(8)
  })

  test('in a transaction, and what it changed is shown', () => {
    const root = MemoryRegion.container('root', 64)
    const extra = MemoryRegion.io('extra', QUIET, 16)
    const ops = actor(() =>
      MemoryRegion.transaction(() => {
        root.addSubregion(32, extra)
        throw new DeviceBug('half way')
      }),
    )
    root.addSubregion(0, MemoryRegion.io('device', ops, 16))
    const space = new AddressSpace('space', root)
    expect(() => space.load8(0)).toThrow(DeviceBug)
    expect(space.view.find(32)?.region).toBe(extra)
    expect(space.load8(32)).toBe(0)
  })
})
