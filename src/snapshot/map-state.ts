import { DirtyClient, MemoryRegion, markDirty, resizeRam } from 'guestmem'
import { type Decoder, Malformed } from './decoder.ts'
import { inRange } from './description.ts'
import { Encoder } from './encoder.ts'
import { NONE } from './layout.ts'

/** What of a region changes while the guest runs. */
export interface RegionState {
  readonly region: MemoryRegion
  readonly container: MemoryRegion | undefined
  /** In the container's order of those that it holds. */
  readonly place: number
  readonly address: number
  readonly size: number
  readonly priority: number
  readonly targetOffset: number
  readonly enabled: boolean
  readonly readonly: boolean
  readonly nonvolatile: boolean
  readonly romdMode: boolean
  /** Which DirtyClients log it, and of which of them that is known: while all memory is logged, it isn't of MIGRATION. */
  readonly logs: number
  readonly knownLogs: number
}

const CLIENTS = [DirtyClient.VGA, DirtyClient.CODE, DirtyClient.MIGRATION] as const
const VGA_AND_CODE = 3
const ALL_CLIENTS = 7

const ENABLED = 1
const READONLY = 2
const NONVOLATILE = 4
const ROMD = 8

/** What the map of these regions is now. @param allLogged All memory is logged, by startGlobalDirtyLog. */
export function mapStateOf(regions: readonly MemoryRegion[], allLogged: boolean): RegionState[] {
  const places = new Map<MemoryRegion, number>()
  for (const { subregions } of regions) for (const [place, each] of subregions.entries()) places.set(each, place)
  const knownLogs = allLogged ? VGA_AND_CODE : ALL_CLIENTS
  return regions.map(region => ({
    region,
    container: region.container,
    place: places.get(region) ?? 0,
    address: region.address,
    size: region.size,
    priority: region.priority,
    targetOffset: region.targetOffset,
    enabled: region.enabled,
    readonly: region.readonly,
    nonvolatile: region.nonvolatile,
    romdMode: region.romdMode,
    logs: region.dirtyLogMask & knownLogs,
    knownLogs,
  }))
}

/**
 * Makes the map what it was. Rendered once, at the end; listeners are told then.
 *
 * @throws What a listener, or a resizable RAM's callback, throws; the map is then one or the other, and can be applied anew.
 */
export function applyMapState(states: readonly RegionState[], allLogged: boolean): void {
  // One change alone makes what was there once. Of several, one alone might show a region within itself without end.
  const apart = states.some(isMoved) || !isInOrder(states) || states.filter(isReshaped).length > 1
  MemoryRegion.transaction(() => {
    if (apart) for (const { region } of states) detach(region)
    for (const state of states) applyFields(state, allLogged)
    if (apart) attach(states)
    // Last: a callback that is told of it sees the map as it is to be.
    for (const { region, size } of states) if (region.size !== size) resizeRam(region, size)
  })
}

/** Takes it, and all that it holds, from the tree: what was plugged in since then, too. */
function detach(region: MemoryRegion): void {
  for (const each of region.subregions) region.removeSubregion(each)
  region.container?.removeSubregion(region)
}

/**
 * Has devices get the writes that were buffered for them (coalesced MMIO): they are the guest's of before. The beginning of
 * every transaction does that.
 */
export function flushBuffered(): void {
  MemoryRegion.transaction(() => {})
}

/** Its place in the tree is another one. */
function isMoved({ region, container, address, priority }: RegionState): boolean {
  return region.container !== container || region.address !== address || region.priority !== priority
}

function isReshaped({ region, size, targetOffset, enabled }: RegionState): boolean {
  return region.size !== size || region.targetOffset !== targetOffset || region.enabled !== enabled
}

/** Every container holds what it held, in that order, and nothing else. */
function isInOrder(states: readonly RegionState[]): boolean {
  const counts = new Map<MemoryRegion, number>()
  for (const { region, container, place } of states) {
    if (container === undefined) continue
    if (container.subregions[place] !== region) return false
    counts.set(container, (counts.get(container) ?? 0) + 1)
  }
  return states.every(({ region }) => region.subregions.length === (counts.get(region) ?? 0))
}

function attach(states: readonly RegionState[]): void {
  const inOrder = [...states].sort((a, b) => a.place - b.place)
  for (const { region, container, address, priority } of inOrder) {
    if (container !== undefined) container.addSubregion(address, region, priority)
    else if (region.address !== address || region.priority !== priority) {
      // What is in no container has the address and the priority that it had in its last one (RULES B3).
      const last = MemoryRegion.container('unmapped', 1)
      last.addSubregion(address, region, priority)
      last.removeSubregion(region)
    }
  }
}

function applyFields(state: RegionState, allLogged: boolean): void {
  const { region, size, targetOffset } = state
  if (region.size !== size && !isResizable(region)) region.setSize(size)
  if (region.targetOffset !== targetOffset) region.setAliasOffset(targetOffset)
  region.setEnabled(state.enabled)
  region.setReadonly(state.readonly)
  region.setNonvolatile(state.nonvolatile)
  if (region.romdMode !== state.romdMode) region.setRomdMode(state.romdMode)
  if (region.block === undefined) return
  const known = state.knownLogs & (allLogged ? VGA_AND_CODE : ALL_CLIENTS)
  for (const client of CLIENTS) {
    if ((known & client) === 0) continue
    const on = (state.logs & client) !== 0
    const begins = on && (region.dirtyLogMask & client) === 0
    region.setLog(client, on)
    // Who logs it from now on has seen none of these bytes.
    if (begins) markDirty(region, 0, Math.min(region.size, size), client)
  }
}

/** Of resizableRam: any other region is refused. To give one the size that it has changes nothing. */
export function isResizable(region: MemoryRegion): boolean {
  if (region.kind !== 'ram' || region.backing.length !== 1) return false
  try {
    resizeRam(region, region.size)
    return true
  } catch {
    return false
  }
}

export function encodeMapState(states: readonly RegionState[], indexOf: ReadonlyMap<MemoryRegion, number>): Uint8Array {
  const to = new Encoder()
  to.u32(states.length)
  for (const state of states) {
    to.u32(state.container === undefined ? NONE : (indexOf.get(state.container) as number))
    to.u32(state.place)
    to.f64(state.address)
    to.f64(state.size)
    to.f64(state.targetOffset)
    to.u32(state.priority)
    to.u8(
      (state.enabled ? ENABLED : 0) |
        (state.readonly ? READONLY : 0) |
        (state.nonvolatile ? NONVOLATILE : 0) |
        (state.romdMode ? ROMD : 0),
    )
    to.u8(state.logs)
    to.u8(state.knownLogs)
  }
  return to.bytes
}

/** @param regions The file's, as they are here. @throws Malformed */
export function decodeMapState(from: Decoder, regions: readonly MemoryRegion[]): RegionState[] {
  const count = inRange(from.u32(), regions.length, regions.length)
  const states: RegionState[] = []
  for (let index = 0; index < count; index++) {
    const region = regions[index] as MemoryRegion
    const holder = from.u32()
    const place = from.u32()
    const address = inRange(from.f64(), 0, Number.MAX_SAFE_INTEGER)
    const size = inRange(from.f64(), 1, 2 ** 64)
    const targetOffset = inRange(from.f64(), 0, Number.MAX_SAFE_INTEGER)
    const priority = from.u32() | 0
    const flags = from.u8()
    const container = holder === NONE ? undefined : regions[inRange(holder, 0, regions.length - 1)]
    if (region.target === undefined && targetOffset !== 0)
      throw new Malformed('a region that is no alias has an offset')
    if (container?.kind === 'alias') throw new Malformed('an alias of it holds regions')
    states.push({
      region,
      container,
      place,
      address,
      size,
      targetOffset,
      priority,
      enabled: (flags & ENABLED) !== 0,
      readonly: (flags & READONLY) !== 0,
      nonvolatile: (flags & NONVOLATILE) !== 0,
      romdMode: (flags & ROMD) !== 0,
      logs: inRange(from.u8(), 0, ALL_CLIENTS),
      knownLogs: inRange(from.u8(), 0, ALL_CLIENTS),
    })
  }
  from.end()
  return states
}
