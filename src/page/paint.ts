import { rangeTypeWord } from '../qemu/qemu.ts'
import { drawn } from './elements.ts'
import type { Space } from './machine-text.ts'
import { bytesText, counted, hexText } from './text.ts'
import type { Sight } from './zoom.ts'

type View = Space['view']
export type Range = View['ranges'][number]

const WIDTH = 1000
const HEIGHT = 110
const BAR = { y: 22, height: 54 }
const TICKS = 4

/** Dark enough for black letters, and apart in lightness, for those who see no colours. */
const COLOURS: Readonly<Record<string, string>> = { ram: '#9fd3a8', rom: '#f3d58a', romd: '#f0b27f', ramd: '#a9c6f2' }
const DEVICE = '#b9b3d9'

const colourOf = (range: Range): string => COLOURS[rangeTypeWord(range).replace(/^nv-/, '')] ?? DEVICE

/** Columns of the picture that show one range. */
interface Run {
  readonly range: Range
  readonly from: number
  readonly to: number
}

/**
 * What is in sight, column by column: a range that is narrower than a column is seen all the same. The work is as much as
 * there are columns, whatever the map.
 */
export function runsOf(view: View, { start, end }: Sight): Run[] {
  const runs: Run[] = []
  const size = end - start
  for (let column = 0; column < WIDTH; column++) {
    const first = start + (size * column) / WIDTH
    const behind = start + (size * (column + 1)) / WIDTH
    // A column of less than a byte shows the byte that it is in.
    const at = view.find(Math.floor(first)) ?? view.ranges[view.indexAt(first) + 1]
    if (at === undefined || at.start >= behind) continue
    const last = runs.at(-1)
    if (last !== undefined && last.range === at && last.to === column)
      runs[runs.length - 1] = { ...last, to: column + 1 }
    else runs.push({ range: at, from: column, to: column + 1 })
  }
  return runs
}

/** A picture of what is in sight, with the chosen address marked. */
export function paint(view: View, sight: Sight, chosen: bigint | undefined): SVGElement {
  const { start, end } = sight
  const size = end - start
  const xOf = (address: number): number => ((address - start) / size) * WIDTH
  const parts: SVGElement[] = []
  for (const { range, from, to } of runsOf(view, sight)) {
    const { y, height } = BAR
    parts.push(
      drawn('rect', {
        x: from,
        y,
        width: to - from,
        height,
        fill: colourOf(range),
        stroke: '#333',
        'stroke-width': 0.5,
      }),
    )
    const name = range.region.name.slice(0, Math.floor((to - from) / 8))
    if (to - from > 24) parts.push(drawn('text', { x: from + 4, y: y + 32, 'font-size': 13, fill: '#000' }, name))
  }
  for (let tick = 0; tick <= TICKS; tick++) {
    const x = (WIDTH * tick) / TICKS
    const anchor = tick === 0 ? 'start' : tick === TICKS ? 'end' : 'middle'
    const label = hexText(Math.floor(start + (size * tick) / TICKS) - (tick === TICKS ? 1 : 0))
    parts.push(drawn('line', { x1: x, x2: x, y1: 76, y2: 84, stroke: '#333' }))
    parts.push(drawn('text', { x, y: 98, 'font-size': 12, 'text-anchor': anchor, fill: '#000' }, label))
  }
  if (chosen !== undefined && chosen >= start && chosen < end) {
    const x = xOf(Number(chosen))
    parts.push(drawn('path', { d: `M${x} 20l-7 -12h14z`, fill: '#b3261e' }))
    parts.push(drawn('line', { x1: x, x2: x, y1: 20, y2: 78, stroke: '#b3261e', 'stroke-width': 1.5 }))
  }
  return drawn(
    'svg',
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': tellSight(view, sight) },
    ...parts,
  )
}

/** What is in sight, for those who do not see it. */
export function tellSight(view: View, { start, end }: Sight): string {
  return `${hexText(start)} to ${hexText(end - 1)}, ${bytesText(end - start)}: ${counted(rangesIn(view, { start, end }).count, 'range')}`
}

/** The ranges that are in sight, the first ones of very many. */
export function rangesIn(view: View, { start, end }: Sight, most = 100): { shown: readonly Range[]; count: number } {
  const below = view.indexAt(start)
  const holds = below >= 0 && (view.ranges[below] as Range).end > start
  const from = holds ? below : below + 1
  const to = view.indexAt(end - 1) + 1
  return { shown: view.ranges.slice(from, Math.min(to, from + most)), count: Math.max(0, to - from) }
}

/** The address at a place of the picture, from 0, its left edge, to 1. */
export function addressAt({ start, end }: Sight, place: number): number {
  return Math.min(end - 1, Math.max(start, Math.floor(start + (end - start) * place)))
}
