import type { FlatView } from './flat-view.ts'
import { Section, type SpaceSettings } from './section.ts'

/**
 * The sections of one flat view, made as they are first used. A request that is under way keeps the map it began with,
 * whatever its handlers change (RULES E1).
 */
export class SectionMap {
  readonly view: FlatView
  readonly #settings: SpaceSettings
  readonly #sections: (Section | undefined)[]
  /** Where nothing is mapped, by the index of the range below, plus one. */
  readonly #gaps: (Section | undefined)[]

  constructor(view: FlatView, settings: SpaceSettings) {
    this.view = view
    this.#settings = settings
    this.#sections = new Array<Section | undefined>(view.ranges.length)
    this.#gaps = new Array<Section | undefined>(view.ranges.length + 1)
  }

  /** The section that holds `address`. Past 2^53 nothing is mapped. */
  select(address: number): Section {
    const index = this.view.indexAt(address)
    const range = this.view.ranges[index]
    if (range !== undefined && address < range.end) {
      let section = this.#sections[index]
      // More than one RAM block is more than one section: the latest stays.
      if (section === undefined || address < section.start || address >= section.end) {
        section = Section.ofRange(range, address, this.#settings)
        this.#sections[index] = section
      }
      return section
    }
    let gap = this.#gaps[index + 1]
    if (gap === undefined) {
      const end = this.view.ranges[index + 1]?.start ?? Number.POSITIVE_INFINITY
      gap = Section.unassigned(range?.end ?? 0, end, this.#settings)
      this.#gaps[index + 1] = gap
    }
    return gap
  }
}
