import { describe, expect, it } from 'vitest'
import { AddressSpace, DirtyClient, GuestRam, MemoryRegion } from '../../src/index.ts'

const memory = () => MemoryRegion.ram('ram', GuestRam.allocate(2 ** 16).block('ram', 2 ** 16))

describe('the dirty mask of a region (RULES F1)', () => {
  it('holds the clients that were set, and shows in the flat range', () => {
    const ram = memory()
    const space = new AddressSpace('memory', ram)
    expect(space.view.ranges[0]?.dirtyLogMask).toBe(0)
    ram.setLog(DirtyClient.VGA, true)
    ram.setLog(DirtyClient.CODE, true)
    ram.setLog(DirtyClient.VGA, true)
    expect(ram.dirtyLogMask).toBe(DirtyClient.VGA | DirtyClient.CODE)
    expect(space.view.ranges[0]?.dirtyLogMask).toBe(DirtyClient.VGA | DirtyClient.CODE)
    ram.setLog(DirtyClient.VGA, false)
    expect(space.view.ranges[0]?.dirtyLogMask).toBe(DirtyClient.CODE)
  })

  it('renders nothing anew where nothing changed (RULES B4)', () => {
    const ram = memory()
    const { view } = new AddressSpace('memory', ram)
    const space = new AddressSpace('memory', ram)
    ram.setLog(DirtyClient.VGA, false)
    expect(space.view).toBe(view)
    ram.setLog(DirtyClient.VGA, true)
    expect(space.view).not.toBe(view)
  })

  it('is refused on what is no memory, and takes one client at a time', () => {
    expect(() => MemoryRegion.container('bus', 16).setLog(DirtyClient.VGA, true)).toThrow(/memory.*'bus'|memory.*"bus"/)
    expect(() => memory().setLog(3 as DirtyClient, true)).toThrow(/client .* got 3/)
    expect(() => memory().setLog(Number.NaN as DirtyClient, true)).toThrow(/client/)
    expect(() => memory().setLog(DirtyClient.VGA, 1 as unknown as boolean)).toThrow(/on must be/)
  })
})
