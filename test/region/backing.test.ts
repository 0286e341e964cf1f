import { AddressSpace, GuestRam, MemoryRegion, MemTxResult } from 'guestmem'
import { describe, expect, test } from 'vitest'
import { block, bytes, PAGE } from '../support/board.ts'

/** Two blocks of two guest RAMs, 16 and 32 bytes, as one region of 48 at 0x1000. */
function board(options: { unaligned?: 'refuse'; order?: 'language' } = {}) {
  const blocks = [block(16, options), GuestRam.allocate(2 * PAGE, options).block('high', 32)] as const
  const ram = MemoryRegion.ram('ram', blocks)
  const root = MemoryRegion.container('root', 0x10000)
  root.addSubregion(0x1000, ram)
  return { blocks, ram, root, space: new AddressSpace('space', root) }
}

describe('memory of several blocks', () => {
  test('is one region, as large as all of them, and one flat range', () => {
    const { blocks, ram, space } = board()
    expect(ram).toMatchObject({ size: 48, block: blocks[0] })
    expect(ram.backing.map(({ block, start }) => [block, start])).toEqual([
      [blocks[0], 0],
      [blocks[1], 16],
    ])
    expect(space.view.ranges).toHaveLength(1)
    expect(() => ram.setSize(49)).toThrow(/at most the block's 48, got 49/)
  })

  test.each([{}, { order: 'language' } as const])('is read and written across their border, %o', options => {
    const { blocks, space } = board(options)
    const data = Uint8Array.from({ length: 48 }, (_, i) => i + 1)
    expect(space.write(0x1000, data)).toBe(MemTxResult.OK)
    expect([...blocks[0].view(), ...blocks[1].view()]).toEqual([...data])
    const back = new Uint8Array(50)
    expect(space.read(0x0fff, back)).toBe(MemTxResult.DECODE_ERROR)
    expect([...back]).toEqual([0, ...data, 0])
    expect([space.load32(0x100c), space.load32(0x1010), space.load8(0x100f), space.load64(0x1008)]).toEqual([
      0x100f0e0d,
      0x14131211,
      0x10,
      0x100f0e0d0c0b0a09n,
    ])
    space.store16(0x1010, 0xbeef)
    expect([...blocks[1].view().subarray(0, 3)]).toEqual([0xef, 0xbe, 19])
    space.fill(0x100e, 7, 4)
    expect([...blocks[0].view().subarray(14), ...blocks[1].view().subarray(0, 2)]).toEqual([7, 7, 7, 7])
    expect([space.load16(0x100f), space.result]).toEqual([0, MemTxResult.DECODE_ERROR])
  })

  test('is seen through windows that begin within a block, and smaller than all', () => {
    const { blocks, ram, root, space } = board()
    blocks[0].view()[15] = 0xaa
    blocks[1].view()[0] = 0xbb
    blocks[1].view()[8] = 0xcc
    root.addSubregion(0x2000, MemoryRegion.alias('window', ram, 12, 8))
    root.addSubregion(0x3000, MemoryRegion.alias('high', ram, 24, 8))
    expect([space.load8(0x2003), space.load8(0x2004), space.load8(0x3000)]).toEqual([0xaa, 0xbb, 0xcc])
    expect([space.load8(0x2008), space.result]).toEqual([0, MemTxResult.DECODE_ERROR])
  })

  test('of a device that no direct access may reach has its registers in the right block', () => {
    const blocks = [block(16), block(16)]
    const bar = MemoryRegion.ramDevice('bar', blocks, { cacheMode: 'device' })
    const space = new AddressSpace('space', bar, { directAccess: 'normal-only' })
    space.store32(4, 0x01020304)
    space.write(14, bytes(5, 6, 7, 8))
    expect(blocks.map(each => [...each.view()])).toEqual([
      [0, 0, 0, 0, 4, 3, 2, 1, 0, 0, 0, 0, 0, 0, 5, 6],
      [7, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ])
  })

  test('takes blocks only, and at least one', () => {
    const of = (blocks: unknown) => () => MemoryRegion.ram('ram', blocks as never)
    expect(of([])).toThrow(/^block must be a RamBlock or some of them/)
    expect(of([block(4), 4])).toThrow(/^block\[1\] must be a RamBlock, got 4/)
  })
})
