import {
  type AddressSpace,
  addCoalescing,
  addEventNotifier,
  clearCoalescing,
  type EventNotifierMatch,
  type FlatView,
  type MemoryRegion,
  type MemoryRegionSection,
  registerMemoryListener,
  removeEventNotifier,
  setCoalescing,
} from 'guestmem'
import { expect } from 'vitest'
import { toBe, toEqual } from '../../support/hold.ts'
import type { Watcher } from '../../view/support/tree-world.ts'
import { Mirror, nameOf, type Told } from './listener-mirror.ts'

interface Ring {
  readonly region: MemoryRegion
  readonly match: EventNotifierMatch
  readonly notify: () => void
}

const NOTIFY = [() => {}, () => {}] as const
const MOST = 10
const SIZES = [0, 1, 2, 4, 8] as const

/** A list of many is compared at once. */
function expectSame(actual: readonly string[], expected: readonly string[]): void {
  if (actual.join('; ') !== expected.join('; ')) expect(actual).toEqual(expected)
}

function rangeText(range: Omit<MemoryRegionSection, 'space' | 'dirtyLogMask'>, mask: number | undefined): string {
  const { region, start, end, offset, readonly, nonvolatile, romd } = range
  return `${start}-${end} ${region.name}+${offset} ${readonly} ${nonvolatile} ${romd} ${mask}`
}

/** Listeners of a tree that is changed: each knows what its space shows at any time, and they are called in order. */
export class ListenerWorld implements Watcher {
  readonly #log: Told[] = []
  readonly #views = new Map<AddressSpace, FlatView>()
  readonly #rings: Ring[] = []
  readonly #coalesced = new Map<MemoryRegion, [start: number, end: number][]>()
  #mirrors: Mirror[] = []
  #made = 0

  opened(space: AddressSpace): void {
    for (const priority of [1, 0]) this.#register(space, priority)
  }

  #register(space: AddressSpace, priority: number): void {
    const mirror = new Mirror(space, priority, this.#log, this.#made++ % 3 === 0)
    mirror.replayed = true
    mirror.unregister = registerMemoryListener(space, mirror, { priority })
    mirror.replayed = false
    mirror.begun = Number.NaN
    const place = this.#mirrors.findIndex(each => each.priority > priority)
    this.#mirrors.splice(place === -1 ? this.#mirrors.length : place, 0, mirror)
    this.#expectOrder()
  }

  aside(at: number, value: number, regions: readonly MemoryRegion[], spaces: readonly AddressSpace[]): void {
    const [what, rest] = [at % 6, Math.floor(at / 6)]
    const handled = regions.filter(({ kind }) => kind === 'io' || kind === 'romDevice')
    const region = handled[rest % Math.max(handled.length, 1)]
    const [offset, more] = [value % 64, Math.floor(value / 64)]
    if (what === 0) this.#unregister(rest)
    else if (what === 1 && spaces.length > 0 && this.#mirrors.length < MOST)
      this.#register(spaces[rest % spaces.length] as AddressSpace, (value % 3) - 1)
    else if (region === undefined) return
    else if (what === 2) this.#add(region, offset, more)
    else if (what === 3) this.#remove(rest)
    else if (what === 4) {
      addCoalescing(region, offset, 1 + more)
      this.#coalesced.set(region, [...(this.#coalesced.get(region) ?? []), [offset, offset + 1 + more]])
    } else if (more % 2 === 0) {
      clearCoalescing(region)
      this.#coalesced.delete(region)
    } else {
      setCoalescing(region)
      this.#coalesced.set(region, [[0, region.size]])
    }
  }

  #unregister(which: number): void {
    const [gone] = this.#mirrors.splice(which % this.#mirrors.length, 1)
    if (gone === undefined) return
    gone.replayed = true
    gone.unregister()
    this.#expectNothing(gone)
    this.#expectOrder()
  }

  #add(region: MemoryRegion, offset: number, more: number): void {
    const size = SIZES[more % SIZES.length] as (typeof SIZES)[number]
    const match = more % 2 === 0 ? { offset, size } : { offset, size, data: more % 3 }
    const notify = NOTIFY[more % 2] as () => void
    addEventNotifier(region, match, notify)
    this.#rings.push({ region, match, notify })
  }

  #remove(which: number): void {
    const [ring] = this.#rings.splice(which % Math.max(this.#rings.length, 1), 1)
    if (ring !== undefined) removeEventNotifier(ring.region, ring.match, ring.notify)
  }

  compared(spaces: readonly AddressSpace[]): void {
    this.#expectOrder()
    for (const mirror of this.#mirrors) {
      if (spaces.includes(mirror.space)) this.#expectKnows(mirror)
      else this.#expectNothing(mirror)
    }
    this.#mirrors = this.#mirrors.filter(({ space }) => spaces.includes(space))
    for (const space of spaces) this.#views.set(space, space.view)
  }

  /** Takes every listener back. */
  close(): void {
    while (this.#mirrors.length > 0) this.#unregister(0)
  }

  #expectKnows(mirror: Mirror): void {
    const { space } = mirror
    const known = [...mirror.ranges.values()].sort((a, b) => a.start - b.start)
    const told = known.map(section => rangeText(section, mirror.masks.get(section.start)))
    expectSame(
      told,
      space.view.ranges.map(range => rangeText(range, range.dirtyLogMask)),
    )
    expectSame(mirror.eventfds.map(nameOf).sort(), this.#eventfds(space).sort())
    expectSame([...mirror.coalesced].sort(), this.#clipped(space).sort())
    const changed = this.#views.get(space) !== space.view
    if (mirror.regionNop === undefined && !Number.isNaN(mirror.begun))
      toBe(mirror.begun > 0, changed, 'called if the view is another one')
    mirror.begun = 0
  }

  /** H3, byte by byte. */
  #eventfds(space: AddressSpace): string[] {
    return space.view.ranges.flatMap(range =>
      this.#rings
        .filter(({ region, match: { offset, size } }) => {
          const bytes = Array.from({ length: Math.max(size, 1) }, (_, i) => offset + i)
          const [low, high] = [range.offset, range.offset + range.end - range.start]
          return region === range.region && bytes.some(byte => byte >= low && byte < high)
        })
        .map(({ match, notify }) => {
          const data = match.data === undefined ? undefined : BigInt(match.data)
          return nameOf({ address: range.start - range.offset + match.offset, size: match.size, data, notify })
        }),
    )
  }

  /** H4. */
  #clipped(space: AddressSpace): string[] {
    return space.view.ranges.flatMap(({ region, start, end, offset }) =>
      (this.#coalesced.get(region) ?? []).flatMap(([low, high]) => {
        const seen = Array.from({ length: end - start }, (_, i) => i).filter(
          i => offset + i >= low && offset + i < high,
        )
        return seen.length === 0 ? [] : [`${start + (seen[0] as number)}+${seen.length}`]
      }),
    )
  }

  #expectNothing({ ranges, masks, eventfds, coalesced }: Mirror): void {
    toEqual([ranges.size, masks.size, eventfds.length, coalesced.length], [0, 0, 0, 0])
  }

  /** C6, C8: what goes goes before what comes, each ascending; of one section, listeners in their order or its reverse. */
  #expectOrder(): void {
    const log = this.#log.splice(0)
    const rank = (mirror: Mirror) => this.#mirrors.indexOf(mirror)
    for (const mirror of new Set(log.map(told => told.mirror))) {
      if (mirror.replayed || rank(mirror) === -1) continue
      let [pass, at] = [0, -1]
      for (const { event, section } of log.filter(told => told.mirror === mirror)) {
        if (section === undefined) [pass, at] = [0, -1]
        else {
          const now = event === 'del' ? 1 : 2
          if (now < pass) expect.fail(`${event} after what comes`)
          if (now > pass) at = -1
          if (section.start < at) expect.fail(`${event} of ${section.start} after ${at}`)
          ;[pass, at] = [now, section.start]
        }
      }
    }
    log.forEach((told, i) => {
      const next = log[i + 1]
      if (next === undefined || next.section !== told.section || next.event !== told.event) return
      const step = rank(next.mirror) - rank(told.mirror)
      if (rank(next.mirror) === -1 || rank(told.mirror) === -1) return
      const reverse = told.event === 'del' || told.event === 'logStop'
      if (reverse ? step >= 0 : step <= 0) expect.fail(`${told.event} in the wrong order of listeners`)
    })
  }
}
