import fc from 'fast-check'
import { MemTxAttrs, type RegionKind } from 'guestmem'
import type { TracedAccess, TraceEvent } from 'guestmem/trace'

export const SPACES: readonly [{ readonly name: string }, { readonly name: string }] = [
  { name: 'memory' },
  { name: 'I/O' },
]
const KINDS: readonly RegionKind[] = ['ram', 'io', 'romDevice']
export const REGIONS: readonly { readonly name: string; readonly kind: RegionKind }[] = KINDS.map((kind, i) => ({
  name: `${kind} 'ä' ${i}`,
  kind,
}))

/** Any access that a sink may be told of. */
export const accesses: fc.Arbitrary<TracedAccess> = fc
  .record({
    kind: fc.constantFrom('read', 'write', 'fetch'),
    dma: fc.boolean(),
    address: fc.oneof(fc.maxSafeNat(), fc.nat(2 ** 20)),
    offset: fc.maxSafeNat(),
    size: fc.constantFrom(1, 2, 4, 8, 9, 4096, 2 ** 32 - 1),
    bits: fc.bigInt(0n, 2n ** 64n - 1n),
    big: fc.boolean(),
    result: fc.integer({ min: 0, max: 7 }),
    attrs: fc.record({
      secure: fc.boolean(),
      user: fc.boolean(),
      strict: fc.boolean(),
      memory: fc.boolean(),
      requesterId: fc.nat(0xffff),
    }),
    space: fc.constantFrom(...SPACES),
    region: fc.option(fc.constantFrom(...REGIONS), { nil: undefined }),
  })
  .map(({ bits, attrs, ...rest }) => {
    const { size } = rest
    const value = size > 8 ? undefined : size === 8 ? bits : Number(BigInt.asUintN(8 * size, bits))
    return { ...rest, value, attrs: MemTxAttrs.of(attrs) } as TracedAccess
  })

/** What an access should be once it has been through a ring, but for the numbers of its region and its time. */
export function eventOf(access: TracedAccess, sequence: number): Omit<TraceEvent, 'regionId' | 'time'> {
  const { kind, dma, address, offset, size, value, big, result, attrs, space, region } = access
  const { secure, user, strict, memory, requesterId } = attrs
  return {
    sequence,
    kind,
    dma,
    address,
    offset,
    size,
    value: value === undefined ? undefined : BigInt(value),
    big,
    result,
    secure,
    user,
    strict,
    memory,
    requesterId,
    space: space.name,
    region: region?.name ?? '',
    regionKind: region?.kind,
  }
}
