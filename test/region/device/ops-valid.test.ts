import { type AccessSize, AddressSpace, MemoryRegion, MemTxAttrs, MemTxResult } from 'guestmem'
import { describe, expect, test } from 'vitest'
import { type Call, mount, recorder } from '../../support/device.ts'

const SIZES = [1, 2, 4, 8] as const

function load(space: AddressSpace, address: number, size: number): number | bigint {
  if (size === 8) return space.load64(address)
  return size === 4 ? space.load32(address) : size === 2 ? space.load16(address) : space.load8(address)
}

function store(space: AddressSpace, address: number, size: number): void {
  if (size === 8) space.store64(address, 0x0807_0605_0403_0201n)
  else if (size === 4) space.store32(address, 0x0403_0201)
  else if (size === 2) space.store16(address, 0x0201)
  else space.store8(address, 1)
}

/** Reads and writes once, and says whether both were accepted; a rejected one calls nothing and reads zero. */
function accepts(space: AddressSpace, calls: Call[], address: number, size: number): boolean {
  calls.length = 0
  const value = load(space, address, size)
  const read = space.result === MemTxResult.OK
  expect(calls.length > 0).toBe(read)
  if (!read) expect([Number(value), space.result]).toEqual([0, MemTxResult.DECODE_ERROR])
  calls.length = 0
  store(space, address, size)
  const written = space.result === MemTxResult.OK
  expect(calls.length > 0).toBe(written)
  if (!written) expect(space.result).toBe(MemTxResult.DECODE_ERROR)
  expect(written).toBe(read)
  return read
}

function device(extra: Parameters<typeof recorder>[1]): { space: AddressSpace; calls: Call[] } {
  const calls: Call[] = []
  const ops = recorder(
    calls,
    extra,
    () => -1,
    () => -1n,
  )
  return { space: mount(ops), calls }
}

describe('G2 sizes', () => {
  test('without valid.maxSize every size is taken, even below valid.minSize', () => {
    for (const valid of [undefined, {}, { minSize: 4 as AccessSize }]) {
      const { space, calls } = device(valid && { valid })
      for (const size of SIZES) expect(accepts(space, calls, 8, size)).toBe(true)
    }
  })

  test('from valid.minSize, or 1, to valid.maxSize', () => {
    for (const minSize of [undefined, ...SIZES])
      for (const maxSize of SIZES) {
        if (minSize !== undefined && minSize > maxSize) continue
        const { space, calls } = device({ valid: minSize ? { minSize, maxSize } : { maxSize } })
        for (const size of SIZES) expect(accepts(space, calls, 8, size)).toBe(size >= (minSize ?? 1) && size <= maxSize)
      }
  })
})

describe('G2 alignment', () => {
  test.each([undefined, false, true])('an unaligned access, valid.unaligned %s', unaligned => {
    const { space, calls } = device(unaligned === undefined ? {} : { valid: { unaligned } })
    for (const size of SIZES)
      for (let address = 0; address < 16; address++)
        expect(accepts(space, calls, address, size)).toBe(unaligned === true || address % size === 0)
  })

  test('impl.unaligned alone does not make one valid', () => {
    const { space, calls } = device({ impl: { unaligned: true } })
    expect(accepts(space, calls, 2, 4)).toBe(false)
    expect(accepts(space, calls, 4, 4)).toBe(true)
  })

  test('the offset in the region counts, not the address', () => {
    const calls: Call[] = []
    const root = MemoryRegion.container('root', 256)
    root.addSubregion(1, MemoryRegion.io('odd', recorder(calls), 16))
    const space = new AddressSpace('space', root)
    expect(accepts(space, calls, 4, 4)).toBe(false)
    expect(accepts(space, calls, 5, 4)).toBe(true)
    expect(calls).toEqual([['write', 4, 4, 0x0403_0201]])
  })
})

describe('G2 accepts', () => {
  test('is asked once an access, first, with the whole size and the attributes', () => {
    const asked: unknown[][] = []
    const { space, calls } = device({
      accepts: (...access) => {
        asked.push(access)
        return false
      },
      valid: { maxSize: 2 },
    })
    const attrs = MemTxAttrs.of({ requesterId: 9 })
    expect(space.load32(3, attrs)).toBe(0)
    expect(space.result).toBe(MemTxResult.DECODE_ERROR)
    space.store8(4, 1)
    space.load64(8)
    expect(asked).toEqual([
      [3, 4, false, attrs],
      [4, 1, true, MemTxAttrs.UNSPECIFIED],
      [8, 8, false, MemTxAttrs.UNSPECIFIED],
    ])
    expect(asked[0]?.[3]).toBe(attrs)
    expect(calls).toEqual([])
  })

  test('does not overrule valid', () => {
    const { space, calls } = device({ accepts: () => true, valid: { maxSize: 2 } })
    expect(accepts(space, calls, 0, 4)).toBe(false)
    expect(accepts(space, calls, 1, 2)).toBe(false)
    expect(accepts(space, calls, 2, 2)).toBe(true)
  })

  test('can take reads and refuse writes', () => {
    const { space, calls } = device({ accepts: (_offset, _size, isWrite) => !isWrite })
    expect(space.load16(0)).toBe(0xffff)
    expect(space.result).toBe(MemTxResult.OK)
    space.store16(0, 1)
    expect(space.result).toBe(MemTxResult.DECODE_ERROR)
    expect(calls).toEqual([['read', 0, 2]])
  })
})
