import fc from 'fast-check'
import {
  AddressSpace,
  type AddressSpaceOptions,
  CACHE_MODES,
  DIRECT_ACCESS,
  GuestRam,
  type GuestRamOptions,
  IommuMemoryRegion,
  MemoryRegion,
  MemTxAttrs,
  memTxFault,
  mirror,
} from 'guestmem'
import { expect } from 'vitest'
import { PAGE } from '../../support/board.ts'
import type { Campaign } from '../../support/campaign.ts'
import { atomic, bytesOf, expectedBytes, numberOf, OPERATIONS, SIZES, type Size } from './operations.ts'

const KINDS = ['ram', 'alias', 'rom', 'romDevice', 'ramDevice', 'io', 'faulty', 'iommu', 'mirror', 'none'] as const

/** What is at each multiple of 24, so that no word of 8 bytes is always in one piece. */
interface Piece {
  readonly kind: (typeof KINDS)[number]
  readonly size: number
  readonly shift: number
  readonly cacheMode: (typeof CACHE_MODES)[number]
  readonly endianness: 'little' | 'big' | 'native'
  readonly width: Size
  readonly permissions: 0 | 1 | 2 | 3
  readonly romd: boolean
}

interface Board {
  readonly pieces: readonly Piece[]
  readonly ram: GuestRamOptions
  readonly space: AddressSpaceOptions
}

const STEP = 24

function build({ pieces, ram: options, space: settings }: Board) {
  const ram = GuestRam.allocate(64 * PAGE, options)
  const root = MemoryRegion.container('root', 2 ** 40)
  const calls: unknown[] = []
  const blocks: Uint8Array[] = []
  const made = (bytes: number) => {
    const block = ram.block('block', bytes)
    const view = block.view()
    for (let i = 0; i < view.length; i++) view[i] = (i * 37 + blocks.length * 11) & 0xff
    blocks.push(view)
    return block
  }
  const behind = new AddressSpace('behind', MemoryRegion.ram('behind', made(256)), settings)
  pieces.forEach(({ kind, size, shift, cacheMode, endianness, width, permissions, romd }, index) => {
    const at = index * STEP + shift
    const registers = Uint8Array.from({ length: 64 }, (_, i) => i * 5 + index)
    blocks.push(registers)
    const ops = {
      read(offset: number, bytes: number) {
        calls.push(['read', index, offset, bytes])
        if (kind === 'faulty') return memTxFault(1, 0x55)
        let value = 0
        for (let i = 0; i < bytes; i++)
          value |= (registers[offset + i] ?? 0) << (8 * (endianness === 'big' ? bytes - 1 - i : i))
        return value
      },
      write(offset: number, value: number, bytes: number) {
        calls.push(['write', index, offset, value, bytes])
        for (let i = 0; i < bytes; i++)
          registers[offset + i] = value >>> (8 * (endianness === 'big' ? bytes - 1 - i : i))
      },
      endianness,
      valid: { unaligned: shift % 2 === 0 },
      impl: { maxSize: width === 8 ? (4 as const) : width },
    }
    if (kind === 'none') return
    if (kind === 'alias') {
      const all = MemoryRegion.ram('all', made(64))
      root.addSubregion(at, MemoryRegion.alias('alias', all, shift, size))
    } else if (kind === 'iommu') {
      const translate = (iova: number) => {
        calls.push(['translate', iova])
        return { target: behind, translated: 16 * index + (iova & ~15), mask: 15, permissions }
      }
      root.addSubregion(at, new IommuMemoryRegion('iommu', { translate, minPageSize: 16 }, size))
    } else if (kind === 'mirror') root.addSubregion(at, mirror('mirror', MemoryRegion.ram('m', made(8)), size))
    else if (kind === 'io' || kind === 'faulty') root.addSubregion(at, MemoryRegion.io('io', ops, size))
    else if (kind === 'romDevice') {
      const region = MemoryRegion.romDevice('flash', ops, made(size), { cacheMode })
      region.setRomdMode(romd)
      root.addSubregion(at, region)
    } else root.addSubregion(at, MemoryRegion[kind](kind, made(size), { cacheMode }))
  })
  const rejected: unknown[] = []
  const space = new AddressSpace('space', root, {
    ...settings,
    onReject: (address, size, _write, _attrs, result) => rejected.push([address, size, result]),
  })
  return { space, blocks, calls, rejected }
}

function loaded(space: AddressSpace, size: Size, address: number, attrs: MemTxAttrs): bigint {
  return BigInt(size === 8 ? space.load64(address, attrs) : space[`load${(8 * size) as 8 | 16 | 32}`](address, attrs))
}

/** As a CPU's load and its store are: the store is not made where the load fails. */
function reference(
  space: AddressSpace,
  operation: (typeof OPERATIONS)[number],
  size: Size,
  address: number,
  operand: bigint,
  expected: bigint,
  attrs: MemTxAttrs,
): bigint {
  const found = loaded(space, size, address, attrs)
  if (space.result !== 0) return found
  const next = numberOf(expectedBytes(operation, bytesOf(found, size), bytesOf(operand, size), bytesOf(expected, size)))
  if (size === 8) space.store64(address, next, attrs)
  else space[`store${(8 * size) as 8 | 16 | 32}`](address, Number(next), attrs)
  return found
}

const piece: fc.Arbitrary<Piece> = fc.record({
  kind: fc.constantFrom(...KINDS),
  size: fc.constantFrom(8, 16, 20, 24),
  shift: fc.constantFrom(0, 0, 0, 1, 2, 4),
  cacheMode: fc.constantFrom('normal' as const, ...CACHE_MODES),
  endianness: fc.constantFrom('little', 'big', 'native'),
  width: fc.constantFrom(...SIZES),
  permissions: fc.constantFrom(3, 3, 2, 1, 0),
  romd: fc.boolean(),
})

const RANDOM: Campaign = {
  name: 'I5 on any map, what a load and a store of bytes would do, with their result',
  count: 2500,
  property: fc.property(
    fc.record({
      pieces: fc.array(piece, { minLength: 1, maxLength: 6 }),
      ram: fc.record({
        order: fc.constantFrom('host', 'language'),
        shared: fc.constantFrom(true, true, false),
        unaligned: fc.constantFrom('split', 'split', 'refuse'),
      }),
      space: fc.record({
        endian: fc.constantFrom('little', 'big'),
        seams: fc.constantFrom('reject', 'split'),
        directAccess: fc.constantFrom(...DIRECT_ACCESS),
      }),
    }),
    fc.array(
      fc.record({
        operation: fc.constantFrom(...OPERATIONS),
        size: fc.constantFrom(...SIZES),
        address: fc.nat(6 * STEP),
        operand: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        small: fc.boolean(),
        memory: fc.constantFrom(false, false, false, true),
      }),
      { minLength: 1, maxLength: 10 },
    ),
    (board, accesses) => {
      const [ours, theirs] = [build(board), build(board)]
      for (const { operation, size, address, operand, small, memory } of accesses) {
        const attrs = MemTxAttrs.of({ memory, requesterId: size })
        const value = BigInt.asUintN(small ? 3 : 8 * size, operand)
        // What a comparison finds out is as often one as the other.
        const looks = [ours, theirs].map(each => loaded(each.space, size, address, attrs))
        const expected = small ? (looks[0] as bigint) : value
        const wanted = reference(theirs.space, operation, size, address, value, expected, attrs)
        const found = atomic(ours.space, operation, size, address, value, expected, { attrs })
        const told = `${operation}${8 * size} at ${address}`
        expect([told, found, ours.space.result]).toEqual([told, wanted, theirs.space.result])
      }
      for (const [i, block] of ours.blocks.entries())
        expect(Buffer.compare(block, theirs.blocks[i] as Uint8Array)).toBe(0)
      const handlers = ({ calls }: typeof ours) => calls.filter(call => (call as unknown[])[0] !== 'translate')
      expect(handlers(ours)).toEqual(handlers(theirs))
      expect(ours.rejected).toEqual(theirs.rejected)
    },
  ),
}

export const ATOMICS: readonly Campaign[] = [RANDOM]
