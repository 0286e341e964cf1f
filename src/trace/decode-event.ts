import type { Names } from './names.ts'
import {
  ADDRESS,
  BIG,
  DMA,
  EVENT_DOUBLES,
  EVENT_WORDS,
  HAS_VALUE,
  HOW,
  KINDS,
  MEMORY,
  NO_REGION,
  OFFSET,
  REGION,
  RELAXED,
  SECURE,
  SEQUENCE,
  SIZE,
  TIME,
  USER,
  VALUE_HIGH,
  VALUE_LOW,
  WHO,
} from './ring-layout.ts'
import type { TraceEvent } from './trace-event.ts'

/**
 * One of some events that were copied from a ring.
 *
 * @param words The same bytes as `doubles`.
 */
export function decodeEvent(
  doubles: Float64Array,
  words: Uint32Array,
  index: number,
  names: Pick<Names, 'space' | 'region'>,
): TraceEvent {
  const double = (field: number) => doubles[index * EVENT_DOUBLES + field] as number
  const word = (field: number) => words[index * EVENT_WORDS + field] as number
  const how = word(HOW)
  const who = word(WHO)
  const kind = (how >>> 16) & 0xff
  const flags = who >>> 16
  const regionId = word(REGION)
  const region = names.region(regionId)
  const isMapped = regionId !== NO_REGION
  const value = (BigInt(word(VALUE_HIGH)) << 32n) | BigInt(word(VALUE_LOW))
  return {
    sequence: double(SEQUENCE),
    time: double(TIME),
    kind: KINDS[kind & 3] ?? 'read',
    dma: (kind & DMA) !== 0,
    address: double(ADDRESS),
    offset: double(OFFSET),
    size: word(SIZE),
    value: (flags & HAS_VALUE) === 0 ? undefined : value,
    big: (flags & BIG) !== 0,
    result: how >>> 24,
    secure: (flags & SECURE) !== 0,
    user: (flags & USER) !== 0,
    strict: (flags & RELAXED) === 0,
    memory: (flags & MEMORY) !== 0,
    requesterId: how & 0xffff,
    space: names.space(who & 0xffff)?.name ?? '',
    regionId: isMapped ? regionId : undefined,
    region: isMapped ? (region?.name ?? `region ${regionId}`) : '',
    regionKind: region?.kind,
  }
}
