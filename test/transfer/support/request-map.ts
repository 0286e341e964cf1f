import { ADDRESS_LIMIT, type MapChange, type PlaceSpec, type WorldSpec } from './request-spec.ts'

/** A place in the reference's map. */
export interface Place {
  readonly spec: PlaceSpec
  readonly address: number
  readonly enabled: boolean
  readonly readonly: boolean
  /** A ROM device is read directly (A3); true on others (A2). */
  readonly romd: boolean
  readonly targetOffset: number
}

/** The reference's map: it is replaced, not changed, so that an access that runs keeps what it began with (E1). */
export interface RequestMap {
  readonly places: readonly Place[]
  /** Indices of places; the one that is asked first comes first. */
  readonly queue: readonly number[]
}

/** What is seen at an address. */
export interface Seen {
  readonly index: number
  readonly place: Place
  /** In the place's region, bytes. */
  readonly offset: number
  /** The region, or an alias that it is seen through, is readonly (C4). */
  readonly readonly: boolean
}

export function firstAddress({ islands }: WorldSpec, place: PlaceSpec): number {
  return addressIn(islands, place.island, place.offset)
}

/** An offset in an island; an address at or over the limit is none, and becomes the last one. */
export function addressIn(islands: readonly number[], island: number, offset: number): number {
  const address = (islands[island % islands.length] as number) + offset
  return Math.min(Math.max(address, 0), ADDRESS_LIMIT - 1)
}

export function firstMap(world: WorldSpec): RequestMap {
  const places = world.places.map(spec => ({
    spec,
    address: firstAddress(world, spec),
    enabled: true,
    readonly: spec.readonly,
    romd: true,
    targetOffset: spec.targetOffset,
  }))
  return { places, queue: places.reduce<number[]>((queue, _, index) => enqueue(places, queue, index), []) }
}

/** B1: before the first whose priority is the same or lower. */
function enqueue(places: readonly Place[], queue: readonly number[], index: number): number[] {
  const priority = (i: number): number => (places[i] as Place).spec.priority
  const higher = queue.filter(other => priority(other) > priority(index))
  return [...higher, index, ...queue.slice(higher.length)]
}

/** B2: a place that moves goes to the front of its equals; one that changes otherwise stays where it is in the queue. */
export function changedMap(map: RequestMap, { islands }: WorldSpec, change: MapChange): RequestMap {
  const index = change.place % map.places.length
  const place = map.places[index] as Place
  const replace = (fields: Partial<Place>): Place[] => map.places.map((p, i) => (i === index ? { ...p, ...fields } : p))
  if (change.kind === 'enabled') return { ...map, places: replace({ enabled: change.value % 2 === 1 }) }
  if (change.kind === 'readonly') return { ...map, places: replace({ readonly: change.value % 2 === 1 }) }
  if (change.kind === 'romd')
    return place.spec.kind === 'romDevice' ? { ...map, places: replace({ romd: change.value % 2 === 1 }) } : map
  if (change.kind === 'targetOffset') return { ...map, places: replace({ targetOffset: change.value }) }
  const address = addressIn(islands, change.island, change.value)
  if (address === place.address) return map
  const places = replace({ address })
  const others = map.queue.filter(other => other !== index)
  return { places, queue: enqueue(places, others, index) }
}

/** C4, for one address. */
export function seenAt(map: RequestMap, address: number): Seen | undefined {
  if (address >= ADDRESS_LIMIT) return undefined
  for (const index of map.queue) {
    const seen = look(map, index, address - (map.places[index] as Place).address, false)
    if (seen !== undefined) return seen
  }
  return undefined
}

function look(map: RequestMap, index: number, offset: number, readonly: boolean): Seen | undefined {
  const place = map.places[index] as Place
  const { spec } = place
  if (!place.enabled || offset < 0 || offset >= spec.size) return undefined
  const sealed = readonly || place.readonly
  if (spec.kind === 'alias') return look(map, spec.target, offset + place.targetOffset, sealed)
  return { index, place, offset, readonly: sealed }
}

/** C5: how many bytes from `address` on, `most` at most, are one range of the flat view. */
export function rangeBytes(map: RequestMap, address: number, most: number): number {
  const first = seenAt(map, address)
  let count = 1
  while (count < most) {
    const next = seenAt(map, address + count)
    if (next === undefined || first === undefined || next.index !== first.index) break
    if (next.offset !== first.offset + count || next.readonly !== first.readonly) break
    count++
  }
  return count
}
