import type { Place } from '../dispatch/place.ts'
import { resolved } from '../dispatch/resolve.ts'
import { type IommuTranslator, Section } from '../dispatch/section.ts'
import { SectionMap, taps } from '../dispatch/section-map.ts'
import { NO_VIEWS } from '../ram/access/section-views.ts'
import type { MemTxAttrs } from '../request/attrs.ts'
import type { Route } from '../request/route.ts'
import { AddressSpace } from '../space/address-space.ts'
import { type FlatRange, FlatView } from '../view/flat-view.ts'
import type { SetTap } from './set-tap.ts'
import { type Part, type PlainMap, TapCompleter } from './tap-completer.ts'

/** All taps of this thread, in the order in which they were set. */
const set = /* @__PURE__ */ new Set<SetTap>()
/** The map that a space has, and what it was made of. */
interface Made {
  readonly plain: SectionMap
  /** Of `taps`, then. */
  readonly version: number
  readonly map: SectionMap
}

const made = /* @__PURE__ */ new WeakMap<object, Made>()
const OPS: readonly Route[] = ['ops', 'ops', 'ops', 'ops']
/** Sections end at multiples of this many bytes from an address that is a multiple, as entries of the TLB do. */
const GRAIN = 16
/** A single access that begins so many bytes before a range reaches into it. */
const REACH = 7
const MAX_OFFSET = 2 ** 30

export function addTap(tap: SetTap): void {
  set.add(tap)
  taps.version++
  taps.mapOf = mapOf
  taps.refine = refineAlone
}

export function removeTap(tap: SetTap): void {
  set.delete(tap)
  taps.version++
  if (set.size === 0) taps.mapOf = taps.refine = undefined
}

/** The map of a space: the one that it would have, where nothing is tapped that it shows. */
function mapOf(space: object, plain: SectionMap): SectionMap {
  const { version } = taps
  const known = made.get(space)
  if (known !== undefined && known.plain === plain && known.version === version) return known.map
  const map = makeMap(space, plain)
  made.set(space, { plain, version, map })
  return map
}

function makeMap(space: object, plain: SectionMap): SectionMap {
  // The middle of an IOMMU may be another kind of viewer, which has no accesses of its own.
  if (!(space instanceof AddressSpace)) return plain
  const { view } = plain
  const parts: Part[] = []
  for (const range of view.ranges) parts.push(...partsOf(range, space))
  const gaps = gapsOf(view, space)
  parts.push(...gaps)
  if (parts.length === 0) return plain
  const joined = join(parts)
  const ranges = view.ranges.flatMap(range => cut(range, parts))
  const refine = (section: Section): void => {
    plain.refine?.(section)
    refineSection(section, space, plain, joined, 0)
  }
  return new SectionMap(view, plain, new FlatView(view.root, ranges), refine, plain.plain)
}

/** Of a section that somebody holds by itself, whatever the space shows by now. */
function refineAlone(space: object, section: Section, plain: Section): void {
  const { start, end, offset, region } = section
  const parts = join(partsOf({ start, end, offset, region }, space as AddressSpace))
  refineSection(section, space as AddressSpace, { select: () => plain }, parts, 0)
}

/** What is seen from an address on. */
type Shown = Pick<Section, 'start' | 'end' | 'offset' | 'region'>

/** The parts of a range that are tapped. */
function partsOf({ start, end, offset, region }: Shown, space: AddressSpace): Part[] {
  const parts: Part[] = []
  for (const tap of set) {
    const { target, start: from, end: to } = tap.settings
    const shift = target === space ? 0 : target === region ? start - offset : undefined
    if (shift === undefined) continue
    const part = { tap, start: Math.max(start, from + shift), end: Math.min(end, to + shift) }
    if (part.start < part.end) parts.push(part)
  }
  return parts
}

/** Of a space that is tapped where nothing is mapped. Such a section is tapped as a whole: nothing there is quick. */
function gapsOf(view: FlatView, space: AddressSpace): Part[] {
  const parts: Part[] = []
  for (const tap of set) {
    const { target, start: from, end: to } = tap.settings
    if (target !== space) continue
    let at = 0
    for (const { start, end } of [...view.ranges, { start: Number.MAX_SAFE_INTEGER, end: Number.MAX_SAFE_INTEGER }]) {
      const part = { tap, start: Math.max(at, from), end: Math.min(start, to) }
      if (part.start < part.end) parts.push(part)
      at = end
    }
  }
  return parts
}

/** Parts of a tap that meet as one: an access that reaches from one into the other is told once. */
function join(parts: readonly Part[]): Part[] {
  const joined: Part[] = []
  for (const { tap, start, end } of [...parts].sort((a, b) => a.start - b.start)) {
    const before = joined.findIndex(each => each.tap === tap && each.end === start)
    if (before < 0) joined.push({ tap, start, end })
    else joined[before] = { tap, start: (joined[before] as Part).start, end }
  }
  return joined
}

/** The addresses at which what leads to a part begins and ends: what begins elsewhere doesn't reach it. */
function spanOf({ start, end }: Part): [start: number, end: number] {
  const from = Math.max(0, start - REACH)
  return [from - (from % GRAIN), end + ((GRAIN - (end % GRAIN)) % GRAIN)]
}

/** A range of memory in pieces, that end where what leads to a part begins or ends. A device stays whole. */
function cut(range: FlatRange, parts: readonly Part[]): FlatRange[] {
  const { start, end, region } = range
  if (region.block === undefined) return [range]
  const seams = new Set([start, end])
  for (const part of parts) for (const at of spanOf(part)) if (at > start && at < end) seams.add(at)
  const sorted = [...seams].sort((a, b) => a - b)
  return sorted.slice(1).map((to, index) => {
    const from = sorted[index] as number
    return { ...range, start: from, end: to, offset: range.offset + (from - start) }
  })
}

type Changing = { -readonly [Key in keyof Section]: Section[Key] }

/**
 * Makes a section one that tells taps, where some are to be told of accesses that begin in it.
 *
 * @param plain What accesses go by.
 * @param shift What an address of the section is less than what taps are told, and than those of `parts` are.
 */
function refineSection(
  section: Section,
  space: AddressSpace,
  plain: PlainMap,
  parts: readonly Part[],
  shift: number,
): void {
  const changing = section as Changing
  const { start, end, readCompleter, writeCompleter, translator } = section
  changing.room = plain.select(start).end - start
  const near = parts
    .map(({ tap, start: from, end: to }) => ({ tap, start: from - shift, end: to - shift }))
    .filter(part => {
      const [from, to] = spanOf(part)
      return from < end && to > start
    })
  if (near.length === 0) return
  changing.readCompleter = new TapCompleter(section, readCompleter, plain, shift, space, near, false)
  changing.writeCompleter = new TapCompleter(section, writeCompleter, plain, shift, space, near, true)
  changing.callable = section.offset < MAX_OFFSET
  if (translator !== undefined)
    changing.translator = new TapTranslator(translator, section, space, parts) as unknown as IommuTranslator
  if (section.block === undefined) return
  // One that reaches over the end of memory is rejected there, and told. Where those are split, they have to be found out here.
  if (!space.settings.splitsSeams) changing.room = Number.POSITIVE_INFINITY
  changing.routes = OPS
  changing.readable = false
  changing.writable = false
  changing.views = NO_VIEWS
  changing.reads = undefined
  changing.writes = undefined
}

/** Where a tapped IOMMU leads to: a section like the one there, which tells taps of the addresses before the IOMMU. */
class TapTranslator implements Pick<IommuTranslator, 'translate' | 'lookUp'> {
  readonly #inner: IommuTranslator
  readonly #section: Section
  readonly #space: AddressSpace
  readonly #parts: readonly Part[]

  constructor(inner: IommuTranslator, section: Section, space: AddressSpace, parts: readonly Part[]) {
    this.#inner = inner
    this.#section = section
    this.#space = space
    this.#parts = parts
  }

  translate(offset: number, write: boolean, attrs: MemTxAttrs): Section {
    const there = this.#inner.translate(offset, write, attrs)
    if (attrs.debug) return there
    const { start, offset: first } = this.#section
    const like = Object.assign(Section.unassigned(0, 0, this.#space.settings), there)
    const shift = start + (offset - first) - (there.start + resolved.at)
    refineSection(like, this.#space, { select: () => there }, this.#parts, shift)
    return like
  }

  lookUp(offset: number, left: number, write: boolean, attrs: MemTxAttrs): Place {
    return this.#inner.lookUp(offset, left, write, attrs)
  }
}
