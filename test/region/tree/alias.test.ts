import { AddressSpace, MemoryRegion } from 'guestmem'
import { describe, expect, test } from 'vitest'
import { block, QUIET, shown } from '../../support/board.ts'

function io(name: string, size = 16): MemoryRegion {
  return MemoryRegion.io(name, QUIET, size)
}

function show(...regions: (readonly [number, MemoryRegion, number?])[]): AddressSpace {
  const root = MemoryRegion.container('root', 1024)
  for (const [address, region, priority] of regions) root.addSubregion(address, region, priority)
  return new AddressSpace('space', root)
}

describe('A3 kinds', () => {
  test('a fresh region is enabled, at 0, of priority 0; only a ROM is readonly', () => {
    const ram = block(64)
    const target = io('target')
    for (const region of [
      MemoryRegion.container('c', 16),
      MemoryRegion.ram('ram', ram),
      MemoryRegion.rom('rom', ram),
      MemoryRegion.ramDevice('bar', ram),
      target,
      MemoryRegion.alias('alias', target, 4, 8),
      MemoryRegion.reservation('hole', 8),
    ]) {
      expect([region.enabled, region.address, region.priority, region.container]).toEqual([true, 0, 0, undefined])
      expect(region.readonly).toBe(region.kind === 'rom')
      expect(region.subregions).toEqual([])
    }
  })

  test('S1, S3 memory is as large as its block; unless said, RAM is normal and a device is noncached', () => {
    const ram = block(100)
    for (const make of [MemoryRegion.ram, MemoryRegion.rom, MemoryRegion.ramDevice]) {
      const unless = make === MemoryRegion.ramDevice ? 'noncached' : 'normal'
      expect(make('memory', ram)).toMatchObject({ size: 100, block: ram, cacheMode: unless })
      expect(make('memory', ram, {}).cacheMode).toBe(unless)
      for (const cacheMode of ['normal', 'writecombine', 'noncached', 'device'] as const)
        expect(make('memory', ram, { cacheMode }).cacheMode).toBe(cacheMode)
    }
  })

  test('S1.1, S1.2 other kinds have no cache mode, and nothing sets one later', () => {
    const target = io('target')
    for (const region of [target, MemoryRegion.alias('a', target, 0, 4), MemoryRegion.reservation('r', 4)])
      expect([region.cacheMode, region.block]).toEqual([undefined, undefined])
    const make = () => MemoryRegion.io('io', QUIET, 4, { cacheMode: 'normal' } as object)
    expect(make).toThrow(TypeError)
    expect(make).toThrow('cacheMode')
    expect(Object.keys(Object.getOwnPropertyDescriptors(MemoryRegion.prototype)).join()).not.toMatch(/setCacheMode/)
  })

  test('a reservation takes addresses, and a container does not', () => {
    const inner = MemoryRegion.container('container', 64)
    inner.addSubregion(16, io('in'))
    const space = show([0, io('below', 128)], [0, inner, 1], [80, MemoryRegion.reservation('hole', 8), 1])
    expect(shown(space)).toEqual([
      [0, 16, 'below', 0],
      [16, 32, 'in', 0],
      [32, 80, 'below', 32],
      [80, 88, 'hole', 0],
      [88, 128, 'below', 88],
    ])
  })
})

describe('A4 subregions', () => {
  test('of a region that answers itself lie over it, whatever their priority', () => {
    const index = io('index', 64)
    index.addSubregion(8, io('data', 8), -5)
    const memory = MemoryRegion.ram('ram', block(32))
    memory.addSubregion(4, io('window', 4))
    expect(shown(show([0, index], [64, memory]))).toEqual([
      [0, 8, 'index', 0],
      [8, 16, 'data', 0],
      [16, 64, 'index', 16],
      [64, 68, 'ram', 0],
      [68, 72, 'window', 0],
      [72, 96, 'ram', 8],
    ])
  })

  test('of an alias are refused', () => {
    const alias = MemoryRegion.alias('alias', io('target'), 0, 16)
    const region = io('region')
    expect(() => alias.addSubregion(0, region)).toThrow(TypeError)
    expect(() => alias.addSubregion(0, region)).toThrow('"alias"')
    expect([alias.subregions, region.container]).toEqual([[], undefined])
  })
})

describe('C4 what an alias shows', () => {
  test('is a window of its target, clipped to both', () => {
    const target = io('target', 64)
    const space = show(
      [0, MemoryRegion.alias('head', target, 0, 16)],
      [100, MemoryRegion.alias('middle', target, 20, 10)],
      [200, MemoryRegion.alias('tail', target, 48, 100)],
      [400, MemoryRegion.alias('past', target, 64, 100)],
    )
    expect(shown(space)).toEqual([
      [0, 16, 'target', 0],
      [100, 110, 'target', 20],
      [200, 216, 'target', 48],
    ])
  })

  test("does not depend on its target's address, priority and container, but on its being enabled", () => {
    const target = io('target')
    const elsewhere = MemoryRegion.container('elsewhere', 4096)
    elsewhere.addSubregion(1000, target, 9)
    const alias = MemoryRegion.alias('alias', target, 4, 12)
    const space = show([32, alias], [32, io('over', 4), 1])
    expect(shown(space)).toEqual([
      [32, 36, 'over', 0],
      [36, 44, 'target', 8],
    ])
    elsewhere.setEnabled(false)
    expect(space.view.find(40)?.region).toBe(target)
    target.setEnabled(false)
    expect(shown(space)).toEqual([[32, 36, 'over', 0]])
    target.setEnabled(true)
    alias.setEnabled(false)
    expect(shown(space)).toEqual([[32, 36, 'over', 0]])
  })

  test('goes on through aliases of aliases, each with its window and its readonly flag', () => {
    const target = io('target', 256)
    const first = MemoryRegion.alias('first', target, 100, 100)
    const second = MemoryRegion.alias('second', first, 50, 100)
    const space = show([0, second])
    expect(shown(space)).toEqual([[0, 50, 'target', 150]])
    first.setReadonly(true)
    expect(shown(space)).toEqual([[0, 50, 'target', 150, 'ro']])
    second.setAliasOffset(90)
    expect(shown(space)).toEqual([[0, 10, 'target', 190, 'ro']])
  })

  test('C5 pieces of one region that go on are one range; others are not', () => {
    const target = io('target', 64)
    const part = (offset: number, size: number) => MemoryRegion.alias(`${offset}`, target, offset, size)
    const sealed = part(48, 16)
    sealed.setReadonly(true)
    const space = show([0, part(0, 16)], [16, part(16, 16)], [32, part(40, 8)], [40, part(48, 8)], [100, sealed])
    expect(shown(space)).toEqual([
      [0, 32, 'target', 0],
      [32, 48, 'target', 40],
      [100, 116, 'target', 48, 'ro'],
    ])
    sealed.setAddress(48)
    sealed.setAliasOffset(56)
    expect(shown(space).slice(1)).toEqual([
      [32, 48, 'target', 40],
      [48, 56, 'target', 56, 'ro'],
    ])
  })
})
