import { backingIndexAt } from '../region/backing.ts'
import type { SpaceSettings } from '../request/space-settings.ts'
import type { FlatRange, FlatView } from '../view/flat-view.ts'
import { pageSlotCount, pageSlotOf, pageSlotShift } from '../view/page-slots.ts'
import { Section } from './section.ts'

/** While something is tapped: what makes a space's own of the map that it would have, and of a section, beside the plain one. */
export const taps: {
  mapOf: ((space: object, map: SectionMap) => SectionMap) | undefined
  refine: ((space: object, section: Section, plain: Section) => void) | undefined
  /** Grows with each change of what is tapped or counted. */
  version: number
} = { mapOf: undefined, refine: undefined, version: 0 }

/** What becomes of a section as it is made: of what is tapped, another. */
export type Refine = (section: Section) => void

const maps = /* @__PURE__ */ new WeakMap<FlatView, SectionMap[]>()

/** The sections of a view for all spaces of the same settings: a change that hundreds of spaces see makes one. */
export function sectionMapOf(view: FlatView, settings: SpaceSettings): SectionMap {
  const known = maps.get(view) ?? []
  let map = known.find(
    ({ big, directAccess, ordering }) =>
      big === settings.big && directAccess === settings.directAccess && ordering === settings.ordering,
  )
  if (map === undefined) {
    map = new SectionMap(view, settings)
    maps.set(view, [...known, map])
  }
  return map
}

/**
 * The sections of one flat view, made as they are first used. A request that is under way keeps the map it began with,
 * whatever its handlers change (RULES E1).
 */
export class SectionMap implements SpaceSettings {
  readonly view: FlatView
  readonly big: boolean
  readonly directAccess: SpaceSettings['directAccess']
  readonly ordering: SpaceSettings['ordering']
  /** What debug accesses go by: this map, or where something is tapped, the one that it was made of. */
  readonly plain: SectionMap
  /** The sections of normal memory that the latest copy went to, and that the latest copy came from (latest-copy.ts). */
  copiedTo: Section
  copiedFrom: Section
  /**
   * First the gaps between ranges: each at the index of the range before it, plus one. Behind them the sections of the
   * ranges, in ascending order.
   */
  list: (Section | undefined)[]
  /** For each slot, the section that the latest address of its pages was found in. Empty until one is looked for. */
  #slots: Section[] = []
  #shift = 31
  readonly #none: Section
  /** The view; where something is tapped, cut at the ends of that. */
  readonly #cut: FlatView
  readonly refine: Refine | undefined
  /** For each range, how many sections all ranges before it have. A range has one for each RAM block that it shows. */
  #counts: Float64Array = new Float64Array(0)

  constructor(
    view: FlatView,
    { big, directAccess, ordering }: SpaceSettings,
    cut: FlatView = view,
    refine?: Refine,
    plain?: SectionMap,
  ) {
    this.view = view
    this.plain = plain ?? this
    this.#cut = cut
    this.refine = refine
    this.big = big
    this.directAccess = directAccess
    this.ordering = ordering
    this.#none = Section.unassigned(0, 0, this)
    this.copiedTo = this.#none
    this.copiedFrom = this.#none
    this.list = []
  }

  /** The section that holds `address`. Past 2^53 nothing is mapped. */
  select(address: number): Section {
    const section = this.#slots[pageSlotOf(address, this.#shift)]
    if (section !== undefined && address >= section.start && address < section.end) return section
    return this.#search(address)
  }

  #search(address: number): Section {
    if (this.#slots.length === 0) this.#prepare()
    const section = this.#sectionAt(address)
    if (!isMadeBefore(section)) this.#slots[pageSlotOf(address, this.#shift)] = section
    return section
  }

  #prepare(): void {
    const { ranges } = this.#cut
    let count = 0
    this.#counts = Float64Array.from(ranges, range => {
      const before = count
      count += 1 + blocksBefore(range, range.end - 1)
      return before
    })
    this.#shift = pageSlotShift(count)
    this.list = new Array<Section | undefined>(ranges.length + 1 + count)
    this.#slots = new Array<Section>(pageSlotCount(this.#shift)).fill(this.#none)
  }

  #sectionAt(address: number): Section {
    const { ranges } = this.#cut
    const index = this.#cut.indexAt(address)
    const range = ranges[index]
    const isMapped = range !== undefined && address < range.end
    const place = isMapped
      ? ranges.length + 1 + (this.#counts[index] as number) + blocksBefore(range, address)
      : index + 1
    let section = this.list[place]
    // A section that was made before its memory was allocated is made again once it is.
    if (section === undefined || (isMadeBefore(section) && !section.isUnallocated)) {
      section = isMapped
        ? Section.ofRange(range, address, this, place)
        : Section.unassigned(range?.end ?? 0, ranges[index + 1]?.start ?? Number.POSITIVE_INFINITY, this, place)
      this.refine?.(section)
      this.list[place] = section
    }
    return section
  }
}

/** The section was made before its memory was allocated. */
function isMadeBefore({ lane, block }: Section): boolean {
  return lane === undefined && block !== undefined
}

/** How many RAM blocks a range shows before the one that an address of it is in. */
function blocksBefore({ region, start, offset }: FlatRange, address: number): number {
  const { backing } = region
  if (backing.length < 2) return 0
  return backingIndexAt(backing, offset + (address - start)) - backingIndexAt(backing, offset)
}
