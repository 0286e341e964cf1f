import fc from 'fast-check'
import { ADDRESS_LIMIT, noise } from '../../transfer/support/request-spec.ts'

/** A part of what a space shows: `size` bytes of a region, from its offset `skip` on. */
export interface Segment {
  readonly kind: 'ram' | 'rom' | 'io' | 'iommu' | 'hole'
  readonly skip: number
  readonly size: number
}

/** Segments one behind the other, from `base` on. The first space is the bus that requests are made on. */
export interface SpaceSpec {
  readonly base: number
  readonly segments: readonly Segment[]
}

export interface IommuWorld {
  readonly spaces: readonly SpaceSpec[]
  /** What all page tables are made of. */
  readonly seed: number
  /** Of 8 entries, so many lead back to where IOMMUs are: to chains of them, and circles. */
  readonly circles: number
}

export interface IommuRequest {
  readonly kind: 'read' | 'write' | 'fill' | 'load' | 'store' | 'writeRom' | 'valid'
  /** From the bus' base, bytes. */
  readonly offset: number
  /** Of loads and stores 1, 2, 4 or 8. */
  readonly length: number
  readonly memoryOnly: boolean
  /** Of `valid`: it asks for a write. */
  readonly write: boolean
}

/** An entry of a page table; without permissions, its other fields are rubbish. */
export interface Entry {
  readonly space: number
  readonly translated: number
  readonly mask: number
  readonly permissions: 0 | 1 | 2 | 3
}

export const MEMORY_SKIP = 16

const segment = (kinds: readonly Segment['kind'][]): fc.Arbitrary<Segment> =>
  fc
    .record({
      kind: fc.constantFrom(...kinds),
      skip: fc.constantFrom(0, 0, 4, 1, 6, 2 ** 33, 2 ** 46 + 4),
      size: fc.constantFrom(4, 8, 12, 16, 32, 64, 7),
    })
    .map(made => (made.kind === 'ram' || made.kind === 'rom' ? { ...made, skip: made.skip % MEMORY_SKIP } : made))

const base = fc.constantFrom(0, 0, 2 ** 31 - 32, 2 ** 32 - 32, 2 ** 40 + 8, 2 ** 53 - 1024)

function space(kinds: readonly Segment['kind'][]): fc.Arbitrary<SpaceSpec> {
  return fc.record({ base, segments: fc.array(segment(kinds), { minLength: 2, maxLength: 6, size: 'max' }) })
}

export const world: fc.Arbitrary<IommuWorld> = fc.record({
  spaces: fc.tuple(
    space(['iommu', 'iommu', 'iommu', 'ram', 'hole']),
    space(['ram', 'ram', 'io', 'rom', 'hole']),
    space(['ram', 'io', 'iommu', 'iommu']),
  ),
  seed: fc.nat(),
  circles: fc.constantFrom(0, 1, 4),
})

export const request: fc.Arbitrary<IommuRequest> = fc
  .record({
    kind: fc.constantFrom('read', 'write', 'fill', 'load', 'store', 'writeRom', 'valid'),
    offset: fc.nat(200),
    length: fc.oneof(fc.constantFrom(1, 2, 4, 8), fc.nat(90)),
    memoryOnly: fc.nat(5).map(n => n === 0),
    write: fc.boolean(),
  })
  .map(made => {
    const single = made.kind === 'load' || made.kind === 'store'
    return { ...made, length: single ? 2 ** (made.length % 4) : made.length } as IommuRequest
  })

/** The page table of the IOMMU at `segment` of `space`: blocks of 1 to 64 bytes, of one size in each 64. */
export function entryAt({ spaces, seed, circles }: IommuWorld, space: number, segment: number, iova: number): Entry {
  const hash = (block: number): number => noise(seed, space, segment, block % 2 ** 32, Math.floor(block / 2 ** 32))
  const size = [64, 32, 16, 16, 8, 8, 4, 1][hash(Math.floor(iova / 64)) % 8] as number
  const bits = hash(Math.floor(iova / size) + size * 2 ** 47)
  const to = bits % 8 < circles ? 2 : 1
  const permissions = ([0, 1, 2, 3, 3, 3, 3, 3] as const)[(bits >>> 3) % 8] as Entry['permissions']
  const translated = Math.min((spaces[to] as SpaceSpec).base + ((bits >>> 6) % 150), ADDRESS_LIMIT - 1)
  if (permissions === 0) return { space: to, translated: Number.NaN, mask: -1, permissions }
  return { space: to, translated, mask: size - 1, permissions }
}
