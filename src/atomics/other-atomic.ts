import { resolved, resolveSection } from '../dispatch/resolve.ts'
import { loadScalar, reject, storeScalar } from '../dispatch/scalar-access.ts'
import { loadBytes, reachesOver, storeBytes } from '../dispatch/seams.ts'
import type { Section } from '../dispatch/section.ts'
import type { SectionMap } from '../dispatch/section-map.ts'
import type { Value } from '../ram/access/cell-values.ts'
import { exclusively } from '../ram/atomic/exclusive.ts'
import { COMPARE_EXCHANGE, combineValue, type Operation } from '../ram/atomic/operation.ts'
import { type Span, splitAtomic } from '../ram/atomic/split-atomic.ts'
import type { RamBlock } from '../ram/ram-block.ts'
import { completion } from '../region/device/completer.ts'
import type { MemTxAttrs } from '../request/attrs.ts'
import type { MemTxResult } from '../request/result.ts'
import type { AddressSpace } from '../space/address-space.ts'
import { bridgedAtomic } from './bridged-atomic.ts'
import { isAtomic, ramAtomic, ramAtomic64 } from './ram-atomic.ts'

/** An atomic access on its way: what is to be done, and by whom. Values are unsigned, in the target's byte order. */
interface Request {
  readonly operation: Operation
  readonly size: number
  readonly operand: Value
  readonly expected: Value
  readonly big: boolean
  readonly attrs: MemTxAttrs
}

/** Where one byte of an access is loaded, and where it is stored. Where an IOMMU says so, these are two places. */
interface Place {
  readonly from: Section
  readonly to: Section
  /** Bytes from the start of either section. */
  readonly fromAt: number
  readonly toAt: number
  /** Bytes from there on that lie in both, and that an IOMMU leads there. */
  readonly length: number
  /** Bytes from there on that an IOMMU leads there: to the end of its block. */
  readonly translated: number
}

/**
 * An atomic access that is not of aligned RAM (RULES I5): unaligned, behind an IOMMU, over a seam, of a device, of ROM, of
 * nothing. The map that it begins with is the one that it ends with (RULES E1).
 */
export function otherAtomic(
  space: AddressSpace,
  operation: Operation,
  size: number,
  address: number,
  operand: Value,
  expected: Value,
  attrs: MemTxAttrs,
): Value {
  const { sections, settings } = space
  const { big, splitsSeams, onReject } = settings
  const request: Request = { operation, size, operand, expected, big, attrs }
  const section = sections.select(address)
  const over = (write: boolean): boolean => reachesOver(section, sections, address, size, write, attrs)
  // Where the store alone is none that an IOMMU lets through, the load is made as ever, and the store fails.
  const splits =
    splitsSeams && (over(false) || (over(true) && resolveSection(sections, address, true, attrs).region !== undefined))
  const found = splits ? overSeam(sections, address, request) : within(sections, section, address, request)
  const { result } = completion
  space.noteResult(result)
  if (result !== 0 && onReject && !attrs.debug) {
    onReject(address, size, true, attrs, result)
    // It may have made accesses of the space.
    space.noteResult(result)
  }
  return found
}

/** In one piece, as one load and one store of the whole size would be. */
function within(map: SectionMap, section: Section, address: number, request: Request): Value {
  const { operation, size, operand, expected, big, attrs } = request
  const place = placeAt(map, address, attrs)
  const { from, to, fromAt, toAt, length, translated } = place
  if (refusesAtomics(place, attrs)) return reject(to, true, toAt, size, attrs, operand)
  const tapped = to.writeCompleter
  // What goes on behind an IOMMU knows nothing of its block's end: it is rejected as where nothing is tapped.
  if (tapped.atomic && isOne(place) && translated >= size) {
    // Taps are told outside of any lock; in between it is made as where nothing is tapped.
    const perform = (plain: unknown, at: number, given: Value): Value =>
      within(plain as SectionMap, (plain as SectionMap).select(at), at, { ...request, operand: given })
    return tapped.atomic(to.offset + toAt, operand, size, attrs, perform)
  }
  if (isRam(place) && length >= size) {
    const ram = to.base + toAt
    completion.result = 0 as MemTxResult
    if (ram % size !== 0)
      return permits(place, ram, size) ? split([place], request) : reject(to, true, toAt, size, attrs, operand)
    return size === 8
      ? ramAtomic64(to, ram, operation, operand as bigint, expected as bigint, big)
      : ramAtomic(to, ram, operation, operand as number, expected as number, size, big)
  }
  const { atomics } = to.writeCompleter
  if (typeof atomics === 'function' && from === to && fromAt === toAt && length >= size && !attrs.memory)
    return bridgedAtomic(atomics, to.offset + toAt, size, operation, operand, expected, attrs)
  const at = address - section.start
  return loadAndStore(
    [place],
    () => loadScalar(section, at, size, attrs, big),
    value => storeScalar(section, at, value, size, attrs, big),
    request,
  )
}

/** In accesses of a byte, as a load and a store over a seam are made in a space that splits them. */
function overSeam(map: SectionMap, address: number, request: Request): Value {
  const { size, big, attrs } = request
  const places: Place[] = []
  for (let done = 0; done < size; ) {
    const place = placeAt(map, address + done, attrs)
    if (refusesAtomics(place, attrs)) return reject(place.to, true, place.toAt, size, attrs, request.operand)
    // An IOMMU's block may be longer than what is seen of its region.
    const seen = map.select(address + done).end - (address + done)
    const length = isRam(place) ? Math.min(place.length, seen, size - done) : 1
    places.push({ ...place, length })
    done += length
  }
  completion.result = 0 as MemTxResult
  if (places.every(isRam)) return split(places, request)
  return loadAndStore(
    places,
    () => loadBytes(map, address, size, attrs, big),
    value => storeBytes(map, address, value, size, attrs, big),
    request,
  )
}

/** Of RAM, but no one atomic access of the host. */
function split(places: readonly Place[], { operation, size, operand, expected, big }: Request): Value {
  const spans = places.map(({ to, toAt, length }): Span & { readonly section: Section } => {
    const { elements } = (to.block as RamBlock).ram
    return { section: to, views: elements, address: to.base + toAt, length: Math.min(length, size) }
  })
  const wide = exclusively(
    spans.map(({ section }) => section.logs),
    () => splitAtomic(spans, operation, BigInt(operand), BigInt(expected), size, big),
  )
  const found = size === 8 ? wide : Number(wide)
  if (operation !== COMPARE_EXCHANGE || found === expected)
    for (const { section, address, length } of spans) if (section.logs[0] !== 0) section.mark(address, length)
  return found
}

/**
 * A load and a store. On memory nobody else's atomic access comes in between; no lock is held while a device's handlers run,
 * which are one thread's. Where the load fails, nothing is stored.
 */
function loadAndStore(
  places: readonly Place[],
  load: () => Value,
  store: (value: Value) => void,
  { operation, size, operand, expected }: Request,
): Value {
  const both = (): Value => {
    const found = load()
    if (completion.result === 0) store(combineValue(operation, found, operand, expected, size))
    return found
  }
  // What is told to a tap may access memory itself, and would wait for the lock.
  const isMemory = places.every(({ from, to }) => from.memory && to.memory && !to.writeCompleter.atomic)
  return isMemory ? exclusively(logsOf(places), both) : both()
}

function logsOf(places: readonly Place[]): Int32Array[] {
  return places.flatMap(({ from, to }) => [from.logs, to.logs])
}

function placeAt(map: SectionMap, address: number, attrs: MemTxAttrs): Place {
  const from = resolveSection(map, address, false, attrs)
  const { at: fromAt, length: fromLength, translated: isBehind } = resolved
  // Without an IOMMU a store goes where a load does.
  const to = isBehind ? resolveSection(map, address, true, attrs) : from
  const { at: toAt, length: toLength } = resolved
  const translated = Math.min(fromLength, toLength)
  const length = Math.min(translated, from.room - fromAt, to.room - toAt)
  return { from, to, fromAt, toAt, length, translated }
}

/** The device has no atomic accesses. One that is for memory alone does not get there. */
function refusesAtomics({ to }: Place, attrs: MemTxAttrs): boolean {
  return to.writeCompleter.atomics === 'refuse' && !attrs.memory
}

/** False where this RAM's policy refuses an unaligned load of as many bytes (S6). */
function permits({ to }: Place, ram: number, size: number): boolean {
  return (to.block as RamBlock).ram.cells('normal').permits(ram, size)
}

/** It is loaded from the bytes of RAM that it is stored to. */
function isRam(place: Place): boolean {
  const { from, to } = place
  return isAtomic(from) && isAtomic(to) && isOne(place)
}

function isOne({ from, to, fromAt, toAt }: Place): boolean {
  return (
    (from === to && fromAt === toAt) ||
    (from.block !== undefined && from.block === to.block && from.base + fromAt === to.base + toAt)
  )
}
