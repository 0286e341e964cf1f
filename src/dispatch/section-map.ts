import type { FlatView } from '../view/flat-view.ts'
import { pageSlotCount, pageSlotOf, pageSlotShift } from '../view/page-slots.ts'
import { Section, type SpaceSettings } from './section.ts'

const maps = /* @__PURE__ */ new WeakMap<FlatView, SectionMap[]>()

/** The sections of a view for all spaces of the same settings: a change that hundreds of spaces see makes one. */
export function sectionMapOf(view: FlatView, settings: SpaceSettings): SectionMap {
  const known = maps.get(view) ?? []
  let map = known.find(({ big, directAccess }) => big === settings.big && directAccess === settings.directAccess)
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
  /** For each slot, the section that the latest address of its pages was found in. Empty until one is looked for. */
  #slots: Section[] = []
  readonly #shift: number
  readonly #none: Section
  /** By the index of the range, plus one, twice; one further, where nothing is mapped behind it. */
  #sections: (Section | undefined)[] = []

  constructor(view: FlatView, { big, directAccess }: SpaceSettings) {
    this.view = view
    this.big = big
    this.directAccess = directAccess
    this.#shift = pageSlotShift(view.ranges.length)
    this.#none = Section.unassigned(0, 0, this)
  }

  /** Where the address with these 32 bits may be found: a section that perhaps holds it. */
  near(word: number): Section {
    return this.#slots[pageSlotOf(word, this.#shift)] ?? this.#none
  }

  /** The section that holds `address`. Past 2^53 nothing is mapped. */
  select(address: number): Section {
    const slot = pageSlotOf(address, this.#shift)
    const section = this.#slots[slot]
    if (section !== undefined && address >= section.start && address < section.end) return section
    return this.#search(address, slot)
  }

  #search(address: number, slot: number): Section {
    if (this.#slots.length === 0) {
      this.#sections = new Array<Section | undefined>(2 * this.view.ranges.length + 2)
      this.#slots = new Array<Section>(pageSlotCount(this.#shift)).fill(this.#none)
    }
    const section = this.#sectionAt(address)
    this.#slots[slot] = section
    return section
  }

  #sectionAt(address: number): Section {
    const { ranges } = this.view
    const index = this.view.indexAt(address)
    const range = ranges[index]
    const isMapped = range !== undefined && address < range.end
    const place = 2 * (index + 1) + (isMapped ? 0 : 1)
    let section = this.#sections[place]
    // More than one RAM block is more than one section: the latest stays.
    if (section === undefined || address < section.start || address >= section.end) {
      const gapEnd = (): number => ranges[index + 1]?.start ?? Number.POSITIVE_INFINITY
      section = isMapped ? Section.ofRange(range, address, this) : Section.unassigned(range?.end ?? 0, gapEnd(), this)
      this.#sections[place] = section
    }
    return section
  }
}
