import { type AccessSize, AddressSpace, GuestRam, MemoryRegion, type MemoryRegionOps, MemTxResult } from 'guestmem'
import { describe, expect, test } from 'vitest'
import { QUIET } from '../../support/board.ts'

const wide: MemoryRegionOps = { ...QUIET, read64: () => 0n, write64: () => undefined }
const make = (ops: MemoryRegionOps) => MemoryRegion.io('device', ops, 64)
const block = GuestRam.allocate(4096).block('flash', 4096)
const SIZES = [1, 2, 4, 8] as const

describe('constraints that contradict one another are refused when the region is made', () => {
  const refused: [string, ErrorConstructor, RegExp, Partial<MemoryRegionOps>][] = [
    [
      'requests are cut into unaligned accesses, and those are refused',
      TypeError,
      /^ops.impl.unaligned must be false where .*valid.unaligned false, got true$/,
      { valid: { unaligned: false }, impl: { unaligned: true } },
    ],
    [
      'the same with sizes',
      TypeError,
      /^ops.impl.unaligned must be false where .*valid.unaligned false, got true$/,
      { valid: { minSize: 4, maxSize: 4, unaligned: false }, impl: { minSize: 4, unaligned: true } },
    ],
    [
      'the handlers take aligned accesses, and unaligned ones',
      TypeError,
      /^ops.impl.unaligned must be false where impl.aligned is true.*, got true$/,
      { impl: { aligned: true, unaligned: true } },
    ],
  ]
  for (const minSize of SIZES)
    for (const maxSize of SIZES)
      if (minSize > maxSize)
        for (const which of ['valid', 'impl'] as const)
          refused.push([
            `${which} from ${minSize} to ${maxSize}`,
            RangeError,
            new RegExp(`^ops.${which}.minSize must be at most maxSize ${maxSize}, got ${minSize}$`),
            { [which]: { minSize, maxSize } },
          ])
  test.each(refused)('%s', (_, kind, text, constraints) => {
    const ops = { ...wide, ...constraints }
    for (const call of [() => make(ops), () => MemoryRegion.romDevice('flash', ops, block)]) {
      expect(call).toThrow(kind)
      expect(call).toThrow(text)
    }
  })
})

describe('what contradicts nothing is taken', () => {
  const SOME: [string, Partial<MemoryRegionOps>][] = [
    ['unaligned in both', { valid: { unaligned: true }, impl: { unaligned: true } }],
    ['unaligned in valid alone', { valid: { unaligned: true }, impl: { unaligned: false } }],
    // As a device of QEMU's own may have it: a request is cut into unaligned pieces, which are rejected (RULES E4, G2).
    ['unaligned in impl, and nothing said of valid', { impl: { unaligned: true } }],
    ['aligned calls for unaligned accesses', { valid: { unaligned: true }, impl: { aligned: true } }],
    ['aligned calls, and aligned accesses', { valid: { unaligned: false }, impl: { aligned: true } }],
    ['8 bytes from the bus, 4 to the handlers', { valid: { minSize: 8, maxSize: 8 }, impl: { maxSize: 4 } }],
    ['1 byte from the bus, 4 to the handlers', { valid: { maxSize: 1 }, impl: { minSize: 4, maxSize: 4 } }],
  ]
  test.each(SOME)('%s', (_, constraints) => {
    expect(make({ ...QUIET, ...constraints }).kind).toBe('io')
  })

  test('every pair of sizes of which the smaller is the smallest', () => {
    for (const min of SIZES)
      for (const max of SIZES)
        if (min <= max)
          for (const which of ['valid', 'impl'] as const) {
            const constraints = { minSize: min as AccessSize, maxSize: max as AccessSize }
            expect(make({ ...wide, [which]: constraints }).kind).toBe('io')
          }
  })

  test('impl.unaligned alone: the pieces of a request are rejected, as in QEMU', () => {
    const space = new AddressSpace('space', make({ ...QUIET, impl: { unaligned: true } }))
    expect(space.read(1, new Uint8Array(4))).toBe(MemTxResult.DECODE_ERROR)
    expect(space.read(4, new Uint8Array(4))).toBe(MemTxResult.OK)
  })
})
