import type { MapRow } from './map-row.ts'

/** Which stores the event notifiers of a map take: matched by the member, who counts them, and nobody is waited for. */
export class NotifierMatch {
  /**
   * By the low 32 bits of the address; of one address in the order in which they are asked. Small integers are found without
   * a call, which a number of more bits takes.
   */
  readonly #places = new Map<number, MapRow[]>()

  constructor(rows: readonly MapRow[]) {
    for (const row of rows) {
      const place = this.#places.get(row[0] | 0)
      if (place === undefined) this.#places.set(row[0] | 0, [row])
      else place.push(row)
    }
  }

  get isEmpty(): boolean {
    return this.#places.size === 0
  }

  /** @returns The id of the notifier that takes a store; undefined where none does. */
  find(address: number, size: number, low: number, high: number): number | undefined {
    const place = this.#places.get(address | 0)
    if (place === undefined) return undefined
    for (const row of place)
      if (
        row[0] === address &&
        row[4] === size &&
        (row[5] === 0 || ((row[6] | 0) === (low | 0) && (row[7] | 0) === (high | 0)))
      )
        return row[3]
    return undefined
  }
}
