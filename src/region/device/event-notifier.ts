import { ADDRESS_LIMIT, checkAddress, checkFunction, checkOneOf, checkOptions, show } from '../../check.ts'
import type { MemoryRegion } from '../memory-region.ts'
import { markNotifiers, transaction } from '../tree/transaction.ts'
import { handlersOf } from './handlers.ts'
import type { OpsCompleter } from './ops-completer.ts'

/** Called when a write was taken, on the thread that made it. What it throws reaches the caller of the access. */
export type EventNotifier = () => void

/** Which writes to a region an event notifier takes. */
export interface EventNotifierMatch {
  /** The offset of the write, bytes from the region's start. */
  readonly offset: number
  /** The size of the write, bytes; 0 for every size, and then `data` is not looked at. */
  readonly size: 0 | 1 | 2 | 4 | 8
  /**
   * Takes only writes of this value, a number in the target's byte order: 0 to 2^(8 * size) - 1. Any value unless said.
   */
  readonly data?: number | bigint | undefined
  /** The target's byte order, which `data` is in. `little` unless said, as of an AddressSpace. */
  readonly endian?: 'little' | 'big' | undefined
}

/** An event notifier as it is kept. */
export interface NotifierEntry {
  readonly offset: number
  readonly size: number
  /** In the device's byte order; undefined: any. */
  readonly data: bigint | undefined
  /** The same as a write brings it: a bigint where `size` is 8. */
  readonly value: number | bigint | undefined
  readonly notify: EventNotifier
}

/** The event notifiers of a region. */
interface Notifiers {
  /**
   * The entries by the offset of the writes that they take, then by what `keyOf` makes of size and value. Those of one
   * key are in the order of RULES H2, and at least one.
   */
  readonly places: Map<number, Map<number | bigint, NotifierEntry[]>>
  /** All entries in the order of H2; undefined where it must be made anew. */
  sorted: readonly NotifierEntry[] | undefined
}

const notifiers = /* @__PURE__ */ new WeakMap<MemoryRegion, Notifiers>()
/** A number for each notifier. QEMU orders entries by pointers, as the last criterion; here it is these numbers. */
const serials = /* @__PURE__ */ new WeakMap<EventNotifier, number>()
let lastSerial = 0

const KEYS = ['offset', 'size', 'data', 'endian'] as const
const NONE: readonly NotifierEntry[] = []

/**
 * Has writes to a device taken by `notify`: they end with OK, and reach no handler (QEMU's ioeventfd, RULES H1). A
 * write is looked at as the device gets it, in pieces of a size that the device accepts; of several notifiers that
 * match, the first in the order of offset, size, with or without data, and data is called. Where the device runs
 * already, it is called all the same.
 *
 * Accesses to regions that have no event notifiers take no longer for it.
 *
 * @param region One that has handlers: io, or a ROM device.
 * @throws TypeError or RangeError naming what is wrong.
 */
export function addEventNotifier(region: MemoryRegion, match: EventNotifierMatch, notify: EventNotifier): void {
  const access = handlersOf(region)
  const entry = entryOf(access, match, notify)
  change(region, access, places => {
    const { offset, size, value } = entry
    const values = places.get(offset) ?? new Map<number | bigint, NotifierEntry[]>()
    const place = values.get(keyOf(size, value)) ?? []
    place.splice(indexIn(place, entry), 0, entry)
    places.set(offset, values.set(keyOf(size, value), place))
  })
}

/** Takes back an `addEventNotifier` of the same arguments. @throws RangeError where there was none. */
export function removeEventNotifier(region: MemoryRegion, match: EventNotifierMatch, notify: EventNotifier): void {
  const access = handlersOf(region)
  const entry = entryOf(access, match, notify)
  change(region, access, places => {
    const { offset, size, value } = entry
    const values = places.get(offset)
    const place = values?.get(keyOf(size, value)) ?? []
    const index = indexIn(place, entry)
    const found = place[index]
    if (values === undefined || found === undefined || compareEntries(found, entry) !== 0)
      throw new RangeError(`match must be of an event notifier of ${show(region.name)}, got one it has not`)
    place.splice(index, 1)
    if (place.length === 0) values.delete(keyOf(size, value))
    if (values.size === 0) places.delete(offset)
  })
}

/** The event notifiers of a region, in the order of RULES H2. */
export function eventNotifiersOf(region: MemoryRegion): readonly NotifierEntry[] {
  const all = notifiers.get(region)
  if (all === undefined) return NONE
  all.sorted ??= [...all.places.values()].flatMap(values => [...values.values()].flat()).sort(compareEntries)
  return all.sorted
}

/** The order of H2: offset, size, with or without data, data, notifier. */
export function compareEntries(a: NotifierEntry, b: NotifierEntry): number {
  return a.offset - b.offset || compareRest(a, b)
}

type Rest = Pick<NotifierEntry, 'size' | 'data' | 'notify'>

/** The same order, of entries at the same offset. */
export function compareRest(a: Rest, b: Rest): number {
  if (a.size !== b.size) return a.size - b.size
  if (a.data !== b.data) return a.data === undefined || (b.data !== undefined && a.data < b.data) ? -1 : 1
  return serialOf(a.notify) - serialOf(b.notify)
}

/** @param body Changes them, in a transaction; where it throws, it has changed nothing. */
function change(region: MemoryRegion, access: OpsCompleter, body: (places: Notifiers['places']) => void): void {
  transaction(() => {
    const all = notifiers.get(region) ?? { places: new Map(), sorted: undefined }
    body(all.places)
    all.sorted = undefined
    notifiers.set(region, all)
    access.setTakes(all.places.size === 0 ? undefined : takesOf(all.places))
    markNotifiers()
  })
}

/**
 * A key for the writes of one size and one value. For every value of a size, which entries without data take, and all
 * of size 0, it is a number below zero. Values of 8 bytes are bigints, and are their own keys.
 */
function keyOf(size: number, value: number | bigint | undefined): number | bigint {
  if (value === undefined || size === 0) return -1 - size
  return typeof value === 'bigint' ? value : size * 2 ** 32 + value
}

/** The index of the first entry that does not come before `entry`. */
function indexIn(place: readonly NotifierEntry[], entry: NotifierEntry): number {
  let [low, high] = [0, place.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareEntries(place[middle] as NotifierEntry, entry) < 0) low = middle + 1
    else high = middle
  }
  return low
}

/** What looks for the first entry that matches, in the order of H2, and notifies it. */
function takesOf(places: Notifiers['places']): (offset: number, size: number, value: number | bigint) => boolean {
  return (offset, size, value) => {
    const values = places.get(offset)
    const place = values?.get(-1) ?? values?.get(-1 - size) ?? values?.get(keyOf(size, value))
    place?.[0]?.notify()
    return place !== undefined
  }
}

/** @throws TypeError or RangeError naming what is wrong. */
function entryOf(access: OpsCompleter, given: EventNotifierMatch, notify: EventNotifier): NotifierEntry {
  const match = checkOptions<EventNotifierMatch>(given, KEYS, 'match')
  const offset = checkAddress(match.offset, 'match.offset')
  const size = checkOneOf(match.size, [0, 1, 2, 4, 8] as const, 'match.size')
  const { endian: order = 'little' } = match
  const endian = checkOneOf(order, ['little', 'big'] as const, 'match.endian')
  checkFunction(notify, 'notify')
  serialOf(notify)
  if (match.data === undefined) return { offset, size, data: undefined, value: undefined, notify }
  const number = checkData(match.data, size)
  // RULES H1: as a write of the target brings it to the device.
  const { endianness } = access
  const data = endianness === 'native' || endianness === endian ? number : swapBytes(number, size)
  return { offset, size, data, value: size === 8 ? data : Number(data), notify }
}

function checkData(data: unknown, size: number): bigint {
  if (typeof data !== 'bigint' && typeof data !== 'number')
    throw new TypeError(`match.data must be a number or a bigint, got ${show(data)}`)
  const bits = size === 0 ? 64 : 8 * size
  const whole = typeof data === 'bigint' || (Number.isInteger(data) && data < ADDRESS_LIMIT)
  if (!whole || data < 0 || BigInt(data) >> BigInt(bits) !== 0n)
    throw new RangeError(
      `match.data must be an integer from 0 to 2^${bits} - 1, a bigint from 2^53 on, got ${show(data)}`,
    )
  return BigInt(data)
}

function swapBytes(value: bigint, size: number): bigint {
  let swapped = 0n
  for (let i = 0; i < size; i++) swapped = (swapped << 8n) | ((value >> BigInt(8 * i)) & 0xffn)
  return size === 0 ? value : swapped
}

function serialOf(notify: EventNotifier): number {
  let serial = serials.get(notify)
  if (serial === undefined) {
    serial = ++lastSerial
    serials.set(notify, serial)
  }
  return serial
}
