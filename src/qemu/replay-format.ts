import { type Fields, ownItem } from './own-fields.ts'
import { bytesAt, choiceAt, fieldsAt, flagAt, hexAt, integerAt, itemsAt, listAt, textAt, wrong } from './replay-json.ts'

/** Where a request goes: `m` the memory, `i` the port I/O space. */
export type SpaceKey = 'm' | 'i'

/** A range of a flat view. Addresses and offsets are bytes. */
export interface TraceRange {
  readonly start: number
  /** The address behind the last. */
  readonly end: number
  readonly region: TraceRegion
  /** The offset in the region of `start`. */
  readonly offset: number
}

/** Sizes are bytes; 0 is a field that the device leaves out. */
export interface TraceConstraints {
  readonly min: number
  readonly max: number
  readonly unaligned: boolean
}

export interface TraceOps {
  readonly endianness: 'little' | 'big' | 'native'
  readonly valid: TraceConstraints
  readonly impl: TraceConstraints
  /** The name of the device's own function, where it has one. */
  readonly accepts: string | undefined
}

export interface TraceRegion {
  readonly id: string
  readonly name: string
  /** `rom` rejects writes; of `romd` the reads are memory's, and the writes the device's (RULES E2). */
  readonly type: 'i/o' | 'ram' | 'rom' | 'romd'
  /** The address that QEMU's trace adds offsets to, bytes, modulo 2^64. */
  readonly abs: bigint
  readonly ops: TraceOps
}

export interface TraceEvent {
  readonly write: boolean
  /** No callback: the piece was rejected, for `reason`; `place` is then the offset in `region`, else an absolute address. */
  readonly rejected: boolean
  readonly place: bigint
  /** Bytes. */
  readonly size: number
  /** Of a callback, not yet cut to its size. */
  readonly value: bigint
  readonly region: string
  readonly reason: string
}

/** See `legend` in each file: d device, x device and RAM, r RAM, n forwarded elsewhere, u ops unknown. */
export type TraceClass = 'd' | 'x' | 'r' | 'n' | 'u'

export interface TraceCase {
  readonly space: SpaceKey
  readonly write: boolean
  readonly address: bigint
  /** Written, or read back. */
  readonly bytes: Uint8Array
  readonly events: readonly TraceEvent[]
  readonly kind: TraceClass
}

/** A file of recorded accesses, format qemu-access-trace/1. */
export interface AccessTrace {
  readonly big: boolean
  /** In ascending order; what begins at 2^53 or above is left out. */
  readonly flat: Readonly<Record<SpaceKey, readonly TraceRange[]>>
  readonly cases: readonly TraceCase[]
}

const FORMAT = 'qemu-access-trace/1'
const TYPES = ['i/o', 'ram', 'rom', 'romd'] as const
/** Regions whose bytes are read without a callback (RULES E2). */
export const TYPES_OF_MEMORY: readonly string[] = ['ram', 'rom', 'romd']
/** Bytes: the longest request. No recorded one has more than 32. */
const MAX_BYTES = 2 ** 16
/** Bytes: what all requests have together whose bytes are written as `5a*32`, in a few characters however many they are. */
const MAX_REPEATED = 2 ** 20
const NUMBER_LIMIT = 2n ** 53n

/**
 * @throws TypeError naming the path of the bad field, and its value; RangeError where requests have more bytes together
 *   than are allocated for what a file of their length can say.
 */
export function parseTrace(json: unknown): AccessTrace {
  const file = fieldsAt(json, 'json')
  choiceAt(file.format, [FORMAT], 'json.format')
  const regions = new Map<string, TraceRegion>()
  for (const [id, region] of Object.entries(fieldsAt(file.regions, 'json.regions')))
    regions.set(id, parseRegion(id, region, `json.regions[${JSON.stringify(id)}]`))
  const flat = fieldsAt(file.flat, 'json.flat')
  let repeated = 0
  return {
    big: flagAt(file.target_big_endian, 'json.target_big_endian'),
    flat: { m: parseFlat(flat.m, regions, 'json.flat.m'), i: parseFlat(flat.i ?? [], regions, 'json.flat.i') },
    cases: itemsAt(file.cases, 'json.cases', (item, path) => {
      const { text, ...parsed } = parseCase(item, path)
      if (text.includes('*')) repeated += parsed.bytes.length
      if (repeated > MAX_REPEATED)
        throw new RangeError(
          `${path}[4] must leave the bytes that are written as repeated at ${MAX_REPEATED} in all, got ${text}`,
        )
      return parsed
    }),
  }
}

function parseRegion(id: string, value: unknown, path: string): TraceRegion {
  const fields = fieldsAt(value, path)
  const type = textAt(fields.type, `${path}.type`)
  return {
    id,
    name: textAt(fields.name, `${path}.name`),
    type: choiceAt(type.startsWith('nv-') ? type.slice(3) : type, TYPES, `${path}.type`),
    abs: hexAt(fields.abs, `${path}.abs`),
    ops: parseOps(fields.ops ?? {}, `${path}.ops`),
  }
}

function parseOps(value: unknown, path: string): TraceOps {
  const fields = fieldsAt(value, path)
  const valid = fieldsAt(fields.valid ?? {}, `${path}.valid`)
  return {
    endianness: choiceAt(fields.endianness ?? 'native', ['little', 'big', 'native'], `${path}.endianness`),
    valid: parseConstraints(valid, `${path}.valid`),
    impl: parseConstraints(fieldsAt(fields.impl ?? {}, `${path}.impl`), `${path}.impl`),
    accepts: valid.accepts === undefined ? undefined : textAt(valid.accepts, `${path}.valid.accepts`),
  }
}

function parseConstraints(fields: Fields, path: string): TraceConstraints {
  const size = (key: 'min' | 'max') => integerAt(fields[key] ?? 0, `${path}.${key}`, 0, 2 ** 32 - 1)
  const unaligned = fields.unaligned ?? false
  return {
    min: size('min'),
    max: size('max'),
    unaligned: typeof unaligned === 'boolean' ? unaligned : integerAt(unaligned, `${path}.unaligned`, 0, 1) === 1,
  }
}

function parseFlat(value: unknown, regions: ReadonlyMap<string, TraceRegion>, path: string): TraceRange[] {
  const ranges: TraceRange[] = []
  let end = 0n
  itemsAt(value, path, (item, at) => {
    const [low, high, id, from] = itemsOf(item, at, 4)
    const first = hexAt(low, `${at}[0]`)
    const last = hexAt(high, `${at}[1]`)
    if (first < end) throw wrong(`${at}[0]`, 'behind the range before it', low)
    if (last < first) throw wrong(`${at}[1]`, 'no lower than the first address', high)
    const region = typeof id === 'number' || typeof id === 'string' ? regions.get(String(id)) : undefined
    if (region === undefined) throw wrong(`${at}[2]`, 'the id of one of json.regions', id)
    const offset = hexAt(from, `${at}[3]`)
    end = last + 1n
    const top = end < NUMBER_LIMIT ? end : NUMBER_LIMIT
    if (first < NUMBER_LIMIT && offset + (top - first) <= NUMBER_LIMIT)
      ranges.push({ start: Number(first), end: Number(top), region, offset: Number(offset) })
  })
  return ranges
}

/** @returns The case, and its bytes as they are written. */
function parseCase(value: unknown, path: string): TraceCase & { readonly text: string } {
  const [space, direction, address, length, text, events, kind] = itemsOf(value, path, 7)
  const size = integerAt(length, `${path}[3]`, 0, MAX_BYTES)
  return {
    space: choiceAt(space, ['m', 'i'], `${path}[0]`),
    write: choiceAt(direction, ['r', 'w'], `${path}[1]`) === 'w',
    address: hexAt(address, `${path}[2]`),
    bytes: bytesAt(text, `${path}[4]`, size),
    events: itemsAt(events, `${path}[5]`, parseEvent),
    kind: choiceAt(kind, ['d', 'x', 'r', 'n', 'u'], `${path}[6]`),
    text: textAt(text, `${path}[4]`),
  }
}

/** The items of a short array, which has just so many. */
function itemsOf(value: unknown, path: string, length: number): readonly unknown[] {
  const list = listAt(value, path, length)
  return Array.from({ length }, (_, index) => ownItem(list, index))
}

function parseEvent(value: unknown, path: string): TraceEvent {
  const sort = choiceAt(ownItem(listAt(value, path), 0), ['r', 'w', '!r', '!w'], `${path}[0]`)
  const rejected = sort.startsWith('!')
  const [, place, size, what, reason] = itemsOf(value, path, rejected ? 5 : 4)
  return {
    write: sort.endsWith('w'),
    rejected,
    place: hexAt(place, `${path}[1]`),
    size: integerAt(size, `${path}[2]`, 1, 8),
    value: rejected ? 0n : hexAt(what, `${path}[3]`),
    region: rejected ? textAt(what, `${path}[3]`) : '',
    reason: rejected ? textAt(reason, `${path}[4]`) : '',
  }
}
