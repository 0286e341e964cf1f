import type { TraceEvent } from '../trace/trace.ts'
import { drawn } from './elements.ts'
import type { Sight } from './zoom.ts'

const KINDS = ['read', 'write', 'fetch'] as const
type Kind = (typeof KINDS)[number]

/** Marks side by side: 10 columns of the picture each, so that none covers another. */
export const PLACES = 100
const PITCH = 10
/** How long a mark is seen, ms. */
export const SHOWN = 1500
/** Accesses that are remembered, so that they are marked again once other addresses are in sight. */
const REMEMBERED = 4096

/** A mark of the picture: an access of that kind was there, `age` ms ago. */
export interface Mark {
  readonly kind: Kind
  /** 0 to PLACES - 1. */
  readonly place: number
  readonly age: number
}

/** Which addresses of what is in sight were accessed lately. The work is as much as there are accesses, whatever the map. */
export class Lights {
  /** When a place was accessed last, by kind. */
  readonly #times = new Float64Array(KINDS.length * PLACES).fill(Number.NEGATIVE_INFINITY)
  #recent: { readonly event: TraceEvent; readonly time: number }[] = []
  #sight: Sight = { start: 0, end: 1 }
  #space = ''

  /** Other addresses, or another space, are in sight: what was there lately is marked. */
  look(space: string, sight: Sight): void {
    this.#space = space
    this.#sight = sight
    this.#times.fill(Number.NEGATIVE_INFINITY)
    for (const { event, time } of this.#recent) this.#mark(event, time)
  }

  light(events: readonly TraceEvent[], now: number): void {
    for (const event of events) this.#mark(event, now)
    const kept = events.slice(-REMEMBERED).map(event => ({ event, time: now }))
    // Cut now and then, so that few events take little time.
    if (this.#recent.length > 2 * REMEMBERED) this.#recent = this.#recent.slice(-REMEMBERED)
    this.#recent.push(...kept)
  }

  clear(): void {
    this.#recent = []
    this.#times.fill(Number.NEGATIVE_INFINITY)
  }

  marks(now: number): Mark[] {
    const marks: Mark[] = []
    for (const [index, kind] of KINDS.entries())
      for (let place = 0; place < PLACES; place++) {
        const age = now - (this.#times[index * PLACES + place] as number)
        if (age < SHOWN) marks.push({ kind, place, age })
      }
    return marks
  }

  #mark({ kind, address, size, space }: TraceEvent, time: number): void {
    if (space !== this.#space || typeof address !== 'number') return
    const { start, end } = this.#sight
    const behind = address + Math.max(1, size)
    if (behind <= start || address >= end) return
    // All places that show a byte of it: of few bytes in sight, each is many places.
    const scale = (at: number) => ((at - start) * PLACES) / (end - start)
    const base = KINDS.indexOf(kind) * PLACES
    const to = Math.ceil(scale(Math.min(behind, end)))
    for (let place = Math.floor(scale(Math.max(address, start))); place < to; place++) this.#times[base + place] = time
  }
}

/** Apart in shape, in height and in colour. */
const SHAPES: Readonly<Record<Kind, (x: number) => SVGElement>> = {
  read: x => drawn('circle', { cx: x, cy: 32, r: 4, fill: '#fff', stroke: '#0d47a1', 'stroke-width': 2 }),
  write: x => drawn('path', { d: `M${x} 43l5 6 -5 6 -5 -6z`, fill: '#b3261e', stroke: '#fff' }),
  fetch: x => drawn('rect', { x: x - 4, y: 63, width: 8, height: 8, fill: '#1b5e20', stroke: '#fff' }),
}

/** The marks as a part of the picture. @param fades Else each is seen as it is until it goes. */
export function drawMarks(marks: readonly Mark[], fades: boolean): SVGElement {
  const shapes = marks.map(({ kind, place, age }) => {
    const shape = SHAPES[kind]((place + 0.5) * PITCH)
    shape.setAttribute('data-kind', kind)
    shape.setAttribute('data-place', String(place))
    if (fades) shape.setAttribute('opacity', (1 - age / SHOWN).toFixed(2))
    return shape
  })
  return drawn('g', { id: 'lights', 'aria-hidden': 'true' }, ...shapes)
}
