import type { EventNotifier } from 'guestmem'
import type { Layout } from './layout.ts'

/** The owner's side of event notifiers that members ring: a counter each. */
export class NotifierCounts {
  readonly #words: Int32Array
  readonly #layout: Layout
  readonly #ids = new Map<EventNotifier, number>()
  readonly #free: number[]
  /** What was counted that the notifier was called for, by id. */
  readonly #seen: number[] = []

  constructor(words: Int32Array, layout: Layout) {
    this.#words = words
    this.#layout = layout
    this.#free = Array.from({ length: layout.shape.notifiers }, (_, i) => layout.shape.notifiers - 1 - i)
  }

  /** A notifier's number; undefined where there is room for no more. */
  idOf(notify: EventNotifier): number | undefined {
    let id = this.#ids.get(notify)
    if (id === undefined) {
      id = this.#free.pop()
      if (id === undefined) return undefined
      this.#ids.set(notify, id)
      this.#seen[id] = Atomics.load(this.#words, this.#layout.notifier(id))
    }
    return id
  }

  /** Those that are in the map no longer. */
  unused(used: ReadonlySet<EventNotifier>): EventNotifier[] {
    return Array.from(this.#ids.keys()).filter(notify => !used.has(notify))
  }

  /** No member can ring it any more. */
  drop(notify: EventNotifier): void {
    const id = this.#ids.get(notify)
    if (id === undefined) return
    this.#ids.delete(notify)
    this.#free.push(id)
  }

  /** Those that were rung since the last call. Several rings between two calls are one, as of an eventfd. */
  take(): EventNotifier[] | undefined {
    let rung: EventNotifier[] | undefined
    for (const [notify, id] of this.#ids) {
      const count = Atomics.load(this.#words, this.#layout.notifier(id))
      if (count === this.#seen[id]) continue
      this.#seen[id] = count
      rung ??= []
      rung.push(notify)
    }
    return rung
  }
}
