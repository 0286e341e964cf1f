import { AddressSpace, type FlatRange, type MemoryRegion } from 'guestmem'
import { show } from '../check.ts'
import { checkEvents } from './check-events.ts'
import type { TraceEvent } from './trace-event.ts'

/** A file that `replayAccess` of the door `guestmem/qemu` takes. */
export interface AccessTraceFile {
  readonly format: 'qemu-access-trace/1'
  readonly target_big_endian: boolean
  readonly flat: { readonly m: readonly FlatItem[]; readonly i: readonly FlatItem[] }
  readonly regions: Readonly<Record<string, object>>
  readonly cases: readonly CaseItem[]
}

type FlatItem = readonly [first: string, last: string, region: number, offset: string]
type EventItem = readonly [direction: 'r' | 'w', address: string, size: number, value: string]
type CaseItem = readonly [
  space: 'm' | 'i',
  direction: 'r' | 'w',
  address: string,
  size: number,
  bytes: string,
  events: readonly EventItem[],
  sort: 'd' | 'r',
]

/** A device that takes any access, so that each is one callback, as it was recorded. */
const ANY = { min: 1, max: 8, unaligned: true }

/**
 * Recorded accesses as a file that `replayAccess` makes again: on a space of the same flat view, whose devices answer with what
 * was recorded, each access must reach the same device with the same value, and what is read of RAM must be what was written.
 *
 * An access becomes one case. Left out are those that failed, those of more than 8 bytes, whose values are not recorded, and
 * those of other spaces, of what is not mapped, and of a map that the space does not show by now; and reads of what a write
 * stored that is left out.
 *
 * @param space What was traced, with the map that it had then. @param ports A space for port I/O, recorded in the same trace.
 * @throws TypeError naming the argument.
 */
export function accessTraceOf(
  events: Iterable<TraceEvent>,
  space: AddressSpace,
  ports?: AddressSpace,
): AccessTraceFile {
  if (!(space instanceof AddressSpace)) throw new TypeError(`space must be an AddressSpace, got ${show(space)}`)
  if (ports !== undefined && !(ports instanceof AddressSpace))
    throw new TypeError(`ports must be an AddressSpace, got ${show(ports)}`)
  const ids = new Map<MemoryRegion, number>()
  const orders = new Map<MemoryRegion, 'little' | 'big'>()
  const cases: CaseItem[] = []
  const lost: { readonly region: string; readonly start: number; readonly end: number }[] = []
  for (const event of checkEvents(events)) {
    const { kind, size, region, offset = 0 } = event
    const item = caseOf(event, space, ports, orders)
    if (item === undefined && kind === 'write') lost.push({ region, start: offset, end: offset + size })
    // What the file does not say how it was written, it can't say how it is read.
    const isLost = lost.some(each => each.region === region && each.start < offset + size && offset < each.end)
    if (item !== undefined && !(kind !== 'write' && isLost)) cases.push(item)
  }
  const regions: Record<string, object> = {}
  const flatOf = (each: AddressSpace | undefined) => (each?.view.ranges ?? []).flatMap(range => flatItem(range, ids))
  const flat = { m: flatOf(space), i: flatOf(ports) }
  for (const each of [space, ports])
    for (const { region, start, offset } of each?.view.ranges ?? []) {
      const id = ids.get(region)
      if (id === undefined || regions[id] !== undefined) continue
      const abs = hex(BigInt.asUintN(64, BigInt(start) - BigInt(offset)))
      const ops = { endianness: orders.get(region) ?? 'native', valid: ANY, impl: ANY }
      regions[id] = { name: region.name, type: typeOf(region), abs, ...(typeOf(region) === 'i/o' && { ops }) }
    }
  return { format: 'qemu-access-trace/1', target_big_endian: space.endian === 'big', flat, regions, cases }
}

/** What the format calls a kind of region; undefined where it has no word for it. */
function typeOf({ kind, readonly }: MemoryRegion): string | undefined {
  if (kind === 'io') return 'i/o'
  if (kind === 'rom' || ((kind === 'ram' || kind === 'ramDevice') && readonly)) return 'rom'
  return kind === 'ram' || kind === 'ramDevice' ? 'ram' : undefined
}

function flatItem(range: FlatRange, ids: Map<MemoryRegion, number>): FlatItem[] {
  const { region, start, end, offset } = range
  if (typeOf(region) === undefined) return []
  const id = ids.get(region) ?? ids.size + 1
  ids.set(region, id)
  return [[hex(start), hex(end - 1), id, hex(offset)]]
}

function caseOf(
  event: TraceEvent,
  space: AddressSpace,
  ports: AddressSpace | undefined,
  orders: Map<MemoryRegion, 'little' | 'big'>,
): CaseItem | undefined {
  const { address, size, value, result, kind, offset } = event
  const isPorts = ports !== undefined && event.space === ports.name && event.space !== space.name
  const where = isPorts ? ports : event.space === space.name ? space : undefined
  if (where === undefined || value === undefined || result !== 0 || typeof address !== 'number') return undefined
  const range = where.view.find(address)
  if (range === undefined || range.region.name !== event.region || range.offset + address - range.start !== offset)
    return undefined
  const type = typeOf(range.region)
  if (type === undefined || address + size > range.end) return undefined
  const direction = kind === 'write' ? 'w' : 'r'
  const isDevice = type === 'i/o'
  if (isDevice) orders.set(range.region, event.big ? 'big' : 'little')
  const digits = value
    .toString(16)
    .padStart(2 * size, '0')
    .slice(-2 * size)
  const bytes = event.big ? digits : (digits.match(/../g) ?? []).reverse().join('')
  const first = where.view.ranges.find(({ region }) => region === range.region) as FlatRange
  const place = hex(BigInt.asUintN(64, BigInt(first.start) - BigInt(first.offset) + BigInt(offset)))
  const callbacks: EventItem[] = isDevice ? [[direction, place, size, hex(value)]] : []
  return [isPorts ? 'i' : 'm', direction, hex(address), size, bytes, callbacks, isDevice ? 'd' : 'r']
}

function hex(value: number | bigint): string {
  return `0x${value.toString(16)}`
}
