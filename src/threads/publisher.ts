import { type AddressSpace, type IoEventfd, registerMemoryListener } from 'guestmem'
import { Attention } from './attention.ts'
import type { Client } from './client.ts'
import type { Grace } from './grace.ts'
import { ATTENTION, type Layout } from './layout.ts'
import { isSameRow, type MapRow } from './map-row.ts'
import { writeMap } from './map-table.ts'
import type { NotifierCounts } from './notifier-counts.ts'
import type { RamList } from './ram-list.ts'
import { memoryRows, notifierRows, type PostedRange, postedRange, postedRows } from './space-rows.ts'

/** Publishes what a space shows, as far as members touch it themselves. A device that moves is published to nobody. */
export class Publisher {
  readonly #words: Int32Array
  readonly #layout: Layout
  readonly #space: AddressSpace
  readonly #rams: RamList
  readonly #notifiers: NotifierCounts
  readonly #grace: Grace
  readonly #clients: ReadonlyMap<number, Client>
  readonly #posted: PostedRange[] = []
  readonly #eventfds: IoEventfd[] = []
  readonly #unregister: () => void
  #rows: readonly MapRow[] = []
  /** The space has changed since its rows were looked at. */
  #isStale = true

  /**
   * @param clients Members by id.
   * @param changed Called when there may be something to publish.
   * @param flush Makes the stores that members have posted.
   */
  constructor(
    words: Int32Array,
    layout: Layout,
    space: AddressSpace,
    rams: RamList,
    notifiers: NotifierCounts,
    grace: Grace,
    clients: ReadonlyMap<number, Client>,
    changed: () => void,
    flush: () => void,
  ) {
    this.#words = words
    this.#layout = layout
    this.#space = space
    this.#rams = rams
    this.#notifiers = notifiers
    this.#grace = grace
    this.#clients = clients
    const stale = (): void => {
      this.#isStale = true
      changed()
    }
    // Coalesced ranges and notifiers come without `commit`, and while callbacks run the space still shows its former view.
    this.#unregister = registerMemoryListener(space, {
      commit: stale,
      coalescedIoAdd: (section, address, length) => {
        const range = postedRange(section, address, length)
        if (range !== undefined) this.#posted.push(range)
        stale()
      },
      coalescedIoDel: (_, address, length) => {
        const index = this.#posted.findIndex(each => each.address === address && each.length === length)
        if (index >= 0) this.#posted.splice(index, 1)
        stale()
      },
      coalescedIoFlush: flush,
      eventfdAdd: eventfd => {
        this.#eventfds.push(eventfd)
        stale()
      },
      eventfdDel: ({ address, size, data, notify }) => {
        const index = this.#eventfds.findIndex(
          each => each.address === address && each.size === size && each.data === data && each.notify === notify,
        )
        if (index >= 0) this.#eventfds.splice(index, 1)
        stale()
      },
    })
  }

  /** Publishes what has changed. @returns The notifiers that are gone, where something was published. */
  publish(): (() => void)[] | undefined {
    if (!this.#isStale) return undefined
    this.#isStale = false
    this.#rams.addAll(this.#space)
    const used = new Set(this.#eventfds.map(({ notify }) => notify))
    const rows = [
      ...memoryRows(this.#space, block => this.#rams.indexOf(block)),
      ...postedRows(this.#posted),
      ...notifierRows(this.#space, this.#sortedEventfds(), notify => this.#notifiers.idOf(notify)),
      // What there is no room for is forwarded.
    ].slice(0, this.#layout.shape.ranges)
    const isSame = rows.length === this.#rows.length && rows.every((row, i) => isSameRow(row, this.#rows[i] as MapRow))
    if (isSame && this.#grace.epoch !== 0) return undefined
    this.#rows = rows
    writeMap(this.#words, this.#layout, this.#grace.nextEpoch, rows)
    this.#grace.begin()
    for (const { at } of this.#clients.values()) Atomics.or(this.#words, at + ATTENTION, Attention.MAP)
    return this.#notifiers.unused(used)
  }

  close(): void {
    this.#unregister()
  }

  /** In the order of RULES H2, as far as it can be told: without data before those with. Others keep their order. */
  #sortedEventfds(): IoEventfd[] {
    return [...this.#eventfds].sort(
      (a, b) => a.address - b.address || a.size - b.size || Number(a.data !== undefined) - Number(b.data !== undefined),
    )
  }
}
