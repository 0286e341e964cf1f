import fc from 'fast-check'
import {
  type AccessSize,
  AddressSpace,
  addEventNotifier,
  type EventNotifierMatch,
  MemoryRegion,
  MemTxResult,
  removeEventNotifier,
} from 'guestmem'
import { expect } from 'vitest'
import type { Campaign } from '../../../support/campaign.ts'

interface DeviceSpec {
  readonly min: AccessSize
  readonly max: AccessSize
  readonly unaligned: boolean
  readonly implMax: AccessSize
  readonly endianness: 'little' | 'big' | 'native'
}

type Step =
  | { readonly kind: 'add'; readonly offset: number; readonly size: 0 | AccessSize; readonly data: bigint | undefined }
  | { readonly kind: 'remove'; readonly index: number }
  | { readonly kind: 'store'; readonly offset: number; readonly size: AccessSize; readonly value: bigint }

/** As the reference keeps it. */
interface Notifier {
  readonly match: EventNotifierMatch
  readonly notify: () => void
  readonly serial: number
}

const size = fc.constantFrom<AccessSize>(1, 2, 4, 8)
// So few that writes meet notifiers.
const offset = fc.constantFrom(0, 0, 1, 2, 4, 8)
const value = fc.constantFrom(0n, 1n, 0x100n, 0x100_0000n, 1n << 56n)
const device: fc.Arbitrary<DeviceSpec> = fc
  .record({
    sizes: fc.tuple(size, size),
    unaligned: fc.boolean(),
    implMax: fc.constantFrom<AccessSize>(1, 2, 4),
    endianness: fc.constantFrom('little', 'big', 'native'),
  })
  .map(({ sizes: [a, b], ...rest }) => ({
    ...rest,
    min: Math.min(a, b) as AccessSize,
    max: Math.max(a, b) as AccessSize,
  }))
const add = fc
  .record({
    kind: fc.constant('add'),
    offset,
    size: fc.constantFrom<0 | AccessSize>(0, 1, 2, 4, 8),
    data: fc.option(value, { nil: undefined }),
  })
  .map(made => ({ ...made, data: made.data && BigInt.asUintN(made.size === 0 ? 64 : 8 * made.size, made.data) }))
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: add },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove'), index: fc.nat(7) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('store'), offset, size, value }) },
)

/** H1: the first in the order of H2, of those that are there for such a write. Data is compared in the target's order. */
function taker(notifiers: readonly Notifier[], { offset: at, size: bytes, value: given }: Step & { kind: 'store' }) {
  const stored = BigInt.asUintN(8 * bytes, given)
  const [first] = notifiers
    .filter(({ match }) => match.offset === at && (match.size === 0 || match.size === bytes))
    .filter(({ match }) => match.size === 0 || match.data === undefined || match.data === stored)
    .sort((a, b) => a.match.size - b.match.size || withData(a) - withData(b) || order(a, b))
  return first
}

function withData({ match }: Notifier): number {
  return match.data === undefined ? 0 : 1
}

/** Of several that take any data, of size 0, that of the smaller data comes first; of the same, the older. */
function order(a: Notifier, b: Notifier): number {
  const [first = 0n, second = 0n] = [a.match.data, b.match.data]
  return first === second ? a.serial - b.serial : first < second ? -1 : 1
}

function run(spec: DeviceSpec, endian: 'little' | 'big', steps: readonly Step[]): void {
  const log: string[] = []
  const ops = {
    read: () => 0,
    write: () => void (log.at(-1) === 'device' || log.push('device')),
    valid: { minSize: spec.min, maxSize: spec.max, unaligned: spec.unaligned },
    impl: { maxSize: spec.implMax },
    endianness: spec.endianness,
  }
  const region = MemoryRegion.io('device', ops, 16)
  const space = new AddressSpace('space', region, { endian })
  const notifiers: Notifier[] = []
  for (const [serial, each] of steps.entries()) {
    if (each.kind === 'add') {
      const { offset: at, size: bytes, data } = each
      const match: EventNotifierMatch = { offset: at, size: bytes, endian, ...(data !== undefined && { data }) }
      const notify = () => void log.push(`notifier ${serial}`)
      addEventNotifier(region, match, notify)
      notifiers.push({ match, notify, serial })
    } else if (each.kind === 'remove') {
      const [gone] = notifiers.splice(each.index % Math.max(notifiers.length, 1), 1)
      if (gone !== undefined) removeEventNotifier(region, gone.match, gone.notify)
    } else {
      log.length = 0
      const { offset: at, size: bytes, value: given } = each
      if (bytes === 8) space.store64(at, given)
      else space[bytes === 4 ? 'store32' : bytes === 2 ? 'store16' : 'store8'](at, Number(BigInt.asUintN(32, given)))
      const valid = bytes >= spec.min && bytes <= spec.max && (spec.unaligned || at % bytes === 0)
      const first = taker(notifiers, each)
      const due = !valid ? [] : first === undefined ? ['device'] : [`notifier ${first.serial}`]
      expect([space.result, ...log]).toEqual([valid ? MemTxResult.OK : MemTxResult.DECODE_ERROR, ...due])
    }
  }
  space.destroy()
}

/** Event notifiers that come and go, and which of them takes a write (RULES H1, H2). */
export const NOTIFIERS: readonly Campaign[] = [
  {
    name: 'H1, H2 of random event notifiers, the first that matches takes a write; one that is not valid reaches none (G2)',
    count: 1500,
    property: fc.property(
      device,
      fc.constantFrom('little', 'big'),
      fc.array(step, { minLength: 2, maxLength: 24, size: 'max' }),
      run,
    ),
  },
]
