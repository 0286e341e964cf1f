import { AddressSpace, GuestRam, MemoryRegion, MemTxResult } from 'guestmem'
import { describe, expect, test } from 'vitest'
import { PAGE } from '../support/board.ts'

const { OK, DECODE_ERROR } = MemTxResult

/** RAM of a page at 0, and one that ends at 2^53. */
function board() {
  const ram = GuestRam.allocate(2 * PAGE)
  const root = MemoryRegion.container('root', 2 ** 64)
  for (const [i, at] of [0, 2 ** 53 - PAGE].entries())
    root.addSubregion(at, MemoryRegion.ram(`${i}`, ram.block(`${i}`, PAGE)))
  return new AddressSpace('space', root)
}

describe("the doors take a guest's numbers", () => {
  test.each([2 ** 53, 2n ** 53n, 2n ** 53n + 1n, 2n ** 64n - 1n, 2 ** 64, 2 ** 70])('nothing is at %s', address => {
    const space = board()
    const bytes = new Uint8Array(8).fill(0xaa)
    expect([space.write(address, bytes), space.result]).toEqual([DECODE_ERROR, DECODE_ERROR])
    expect([space.read(address, bytes), space.result, [...bytes]]).toEqual([
      ...[DECODE_ERROR, DECODE_ERROR],
      new Array(8).fill(0),
    ])
    expect([space.fill(address, 1, 8), space.fill(address, 1, 2n ** 40n)]).toEqual([DECODE_ERROR, DECODE_ERROR])
    expect([space.copy(address, space, 0, 8), space.copy(0, space, address, 8)]).toEqual([DECODE_ERROR, DECODE_ERROR])
    const window = space.map(address, 8)
    expect([window?.direct, window?.result, window?.unmap()]).toEqual([false, DECODE_ERROR, OK])
    expect([space.read(address, new Uint8Array(0)), space.map(address, 0)]).toEqual([OK, undefined])
  })

  test('a bigint below is a number', () => {
    const space = board()
    const bytes = Uint8Array.of(1, 2, 3, 4)
    expect([space.write(16n, bytes), space.load32(16)]).toEqual([OK, 0x0403_0201])
    expect([space.fill(18n, 9, 1n), space.copy(32n, space, 16n, 4n), space.load32(32)]).toEqual([OK, OK, 0x0409_0201])
    expect([space.read(16n, bytes), bytes[2], space.map(16n, 8n)?.address]).toEqual([OK, 9, 16])
  })

  test('what reaches over 2^53 is accessed up to there', () => {
    const space = board()
    const start = 2n ** 53n - 4n
    expect(space.write(start, new Uint8Array(8).fill(7))).toBe(DECODE_ERROR)
    const bytes = new Uint8Array(8).fill(0xaa)
    expect([space.read(start, bytes), [...bytes]]).toEqual([DECODE_ERROR, [7, 7, 7, 7, 0, 0, 0, 0]])
    expect([space.map(start, 64)?.length, space.fill(0, 5, 2n ** 64n), space.load8(PAGE - 1)]).toEqual([
      ...[4, DECODE_ERROR],
      5,
    ])
  })

  test.each([-1, -1n, 0.5, Number.NaN, '1', null, {}])('what no register holds throws: %s', value => {
    const space = board()
    const bad = value as number
    for (const call of [
      () => space.read(bad, new Uint8Array(1)),
      () => space.write(bad, new Uint8Array(1)),
      () => space.fill(bad, 0, 1),
      () => space.fill(0, 0, bad),
      () => space.copy(bad, space, 0, 1),
      () => space.copy(0, space, bad, 1),
      () => space.copy(0, space, 0, bad),
      () => space.map(bad, 1),
      () => space.map(0, bad),
    ])
      expect(call).toThrow(/^(address|sourceAddress|length) must be /)
  })
})
