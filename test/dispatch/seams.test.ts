import fc from 'fast-check'
import { AddressSpace, GuestRam, IommuMemoryRegion, MemoryRegion, MemTxResult } from 'guestmem'
import { describe, expect, test } from 'vitest'
import { runs } from '../support/campaign.ts'

/** Two RAMs side by side, a hole, a device, a RAM of two blocks, and an IOMMU that swaps pages of 16 bytes. */
function board(endian: 'little' | 'big') {
  const ram = GuestRam.allocate(2 ** 16)
  const block = (bytes: number) => {
    const made = ram.block('b', bytes)
    for (let i = 0; i < bytes; i++) made.view()[i] = (made.offset / 4096) * 50 + i
    return made
  }
  const root = MemoryRegion.container('root', 2 ** 32)
  root.addSubregion(0, MemoryRegion.ram('a', block(16)))
  root.addSubregion(16, MemoryRegion.ram('b', block(16)))
  const ops = { read: (offset: number) => 0xa0 + offset, write: () => undefined, valid: { unaligned: true } }
  root.addSubregion(40, MemoryRegion.io('io', { ...ops, impl: { maxSize: 1 } }, 8))
  root.addSubregion(48, MemoryRegion.ram('two', [block(8), block(8)]))
  const behind = new AddressSpace('behind', MemoryRegion.ram('behind', block(64)), { endian })
  root.addSubregion(
    64,
    new IommuMemoryRegion(
      'iommu',
      { translate: at => ({ target: behind, translated: (at & ~15) ^ 16, mask: 15, permissions: 3 }), minPageSize: 16 },
      64,
    ),
  )
  return root
}

describe.each(['little', 'big'] as const)('seams: split, %s-endian', endian => {
  test('an access over a seam is what accesses of a byte are, in ascending order', () => {
    fc.assert(
      fc.property(
        fc.nat(140),
        fc.constantFrom(2, 4, 8),
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        // What was accessed before is found by other ways.
        fc.array(fc.nat(140), { maxLength: 4 }),
        (at, size, value, before) => {
          const root = board(endian)
          const space = new AddressSpace('space', root, { endian, seams: 'split' })
          const reference = new AddressSpace('reference', board(endian), { endian })
          for (const address of [...before, at]) space.load8(address)
          const store = (to: AddressSpace): void => {
            if (size === 2) to.store16(at, Number(value & 0xffffn))
            else if (size === 4) to.store32(at, Number(value & 0xffff_ffffn))
            else to.store64(at, value)
          }
          store(space)
          let result = 0
          for (let i = 0; i < size; i++) {
            const place = BigInt(8 * (endian === 'big' ? size - 1 - i : i))
            reference.store8(at + i, Number((value >> place) & 0xffn))
            result |= reference.result
          }
          expect(space.result).toBe(result)
          const loaded = size === 2 ? space.load16(at) : size === 4 ? space.load32(at) : space.load64(at)
          result = 0
          let due = 0n
          for (let i = 0; i < size; i++) {
            const byte = BigInt(reference.load8(at + i))
            due |= byte << BigInt(8 * (endian === 'big' ? size - 1 - i : i))
            result |= reference.result
          }
          expect([BigInt(loaded), space.result]).toEqual([due, result])
          for (let i = 0; i < 130; i++) expect(space.load8(i)).toBe(reference.load8(i))
        },
      ),
      runs(400),
    )
  })

  test('without it they are rejected, as in QEMU', () => {
    const space = new AddressSpace('space', board(endian), { endian })
    expect([space.load32(14), space.result]).toEqual([0, MemTxResult.DECODE_ERROR])
    expect([space.load32(78), space.result]).toEqual([0, MemTxResult.DECODE_ERROR])
  })
})

test('a seam of another name is refused', () => {
  const make = () => new AddressSpace('space', MemoryRegion.container('c', 8), { seams: 'ignore' as never })
  expect(make).toThrow(/^options\.seams must be one of reject, split, got "ignore"$/)
})
