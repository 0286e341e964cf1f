/**
 * Pages and their entries: runs of pages that have the same one, ascending. Pages between them have 0, where nothing is
 * mapped. A guest's map has few runs, however large it is.
 */
export class PageRuns {
  readonly #first: number[] = []
  /** Exclusive. */
  readonly #end: number[] = []
  readonly #entry: number[] = []

  /** The number of runs. */
  get length(): number {
    return this.#first.length
  }

  /** Behind all that is there. @param end Exclusive; from `first` on there may be none. @param entry Not 0. */
  add(first: number, end: number, entry: number): void {
    if (first >= end) return
    const last = this.length - 1
    if (this.#end[last] === first && this.#entry[last] === entry) this.#end[last] = end
    else {
      this.#first.push(first)
      this.#end.push(end)
      this.#entry.push(entry)
    }
  }

  /** Behind the last page that has an entry. */
  get end(): number {
    return this.#end[this.length - 1] ?? 0
  }

  /** The entry of a page. */
  at(page: number): number {
    let low = 0
    let high = this.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#first[middle] as number) <= page) low = middle + 1
      else high = middle
    }
    const found = low - 1
    return page < (this.#end[found] ?? 0) ? (this.#entry[found] as number) : 0
  }

  /**
   * Calls `changed` for all runs of pages that have another entry in `after`, ascending.
   *
   * @param changed With the first page, the one behind the last, and their entry in `after`.
   */
  compare(after: PageRuns, changed: (first: number, end: number, entry: number) => void): void {
    let i = 0
    let j = 0
    for (let page = 0; ; ) {
      while ((this.#end[i] ?? Infinity) <= page) i++
      while ((after.#end[j] ?? Infinity) <= page) j++
      const old = this.#first[i] ?? Infinity
      const now = after.#first[j] ?? Infinity
      // Where both change next: a run that has not begun by now ends a stretch of pages without an entry.
      const next = Math.min(old > page ? old : (this.#end[i] as number), now > page ? now : (after.#end[j] as number))
      if (next === Infinity) return
      const before = old > page ? 0 : (this.#entry[i] as number)
      const entry = now > page ? 0 : (after.#entry[j] as number)
      if (before !== entry) changed(page, next, entry)
      page = next
    }
  }
}
