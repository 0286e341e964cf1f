/** A binary heap of numbers, least first. */
export class MinHeap {
  readonly #items: number[] = []

  get size(): number {
    return this.#items.length
  }

  /** The least number. Not to be asked where `size` is 0. */
  get least(): number {
    return this.#items[0] as number
  }

  push(item: number): void {
    const items = this.#items
    let at = items.push(item) - 1
    while (at > 0) {
      const parent = (at - 1) >>> 1
      const above = items[parent] as number
      if (above <= item) break
      items[at] = above
      at = parent
    }
    items[at] = item
  }

  pop(): void {
    const items = this.#items
    const item = items.pop()
    if (item === undefined || items.length === 0) return
    let at = 0
    for (let child = 1; child < items.length; child = 2 * at + 1) {
      const right = items[child + 1]
      if (right !== undefined && right < (items[child] as number)) child++
      const below = items[child] as number
      if (below >= item) break
      items[at] = below
      at = child
    }
    items[at] = item
  }
}
