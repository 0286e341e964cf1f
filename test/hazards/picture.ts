import type { HazardPicture, Panel, Row, Span } from '../../src/page/hazard-picture.ts'
import type { Hazard } from './hazard.ts'
import { OURS } from './ours.ts'
import { explore, type Run } from './scenario.ts'
import { draw } from './svg.ts'

/** The order of stores of a hazard's first case: the copy that has the hazard on the left, guestmem on the right. */
export function picture(hazard: Hazard): string {
  return draw(pictureOf(hazard))
}

/** The same as data: which accesses, in which order, and what the guest does in between. */
export function pictureOf({
  id,
  title,
  cases,
  picture: { bad, ours, caption, kind = 'store', harm },
}: Hazard): HazardPicture {
  const [{ bad: model, scenario, ours: copiers = OURS }] = cases
  const broken = explore(model, scenario).find(({ problem }) => problem !== undefined)
  const sound = mostSaid(explore(copiers[0] as (typeof copiers)[number], scenario))
  if (broken === undefined) throw new Error(`${id}: nothing breaks in the picture`)
  const origin = kind === 'store' ? scenario.place.dst : scenario.place.src
  const end = Math.max(...scenario.fields.map(({ at, length }) => at + length))
  const shown = (run: Run, harmful: number): Row[] => rows(run, kind, origin, end, harmful)
  const panel = (name: string, run: Run, harmful: number): Panel => ({
    title: name,
    rows: shown(run, harmful),
    end: run.problem === undefined ? 'The guest is not broken.' : sentence(run.problem),
    broken: run.problem !== undefined,
  })
  return {
    title: `${id}: ${title}`,
    caption,
    legend: `Each box is one ${kind}, the first on top. Red: ${broken.faulted ? 'it faults' : 'it breaks the guest'}. Hatched: bytes ${kind === 'load' ? 'loaded' : 'stored'} again.`,
    fields: scenario.fields,
    panels: [panel(bad, broken, harmfulAccess(broken, kind, harm)), panel(ours, sound, -1)],
  }
}

/** The index in the log of the access that is drawn red. */
function harmfulAccess({ log, said }: Run, kind: 'load' | 'store', harm: Hazard['picture']['harm']): number {
  const indexes = log.flatMap((access, index) => (access.kind === kind ? [index] : []))
  const first = said[0]?.gap ?? 0
  const last = said.findLast(({ gap }) => gap < log.length)?.gap ?? 0
  if (harm === 'before') return indexes.findLast(index => index < first) ?? -1
  if (harm === 'after') return indexes.find(index => index >= last) ?? -1
  return indexes.at(-1) ?? -1
}

function rows({ log, said }: Run, kind: 'load' | 'store', origin: number, end: number, harmful: number): Row[] {
  const touched = new Set<number>()
  const made: Row[] = []
  for (let index = 0; index <= log.length; index++) {
    for (const { gap, text } of said) if (gap === index) made.push({ text })
    const access = log[index]
    if (access?.kind !== kind) continue
    const at = access.address - origin
    if (at < 0 || at >= end) continue
    const bytes = Array.from({ length: access.width }, (_, i) => at + i)
    made.push({
      at,
      width: access.width,
      harms: index === harmful,
      again: spans(bytes.filter(byte => touched.has(byte))),
    })
    for (const byte of bytes) touched.add(byte)
  }
  return made
}

/** @param bytes Rising. */
function spans(bytes: readonly number[]): Span[] {
  const made: Span[] = []
  for (const at of bytes) {
    const last = made.at(-1)
    if (last && last.at + last.width === at) made[made.length - 1] = { at: last.at, width: last.width + 1 }
    else made.push({ at, width: 1 })
  }
  return made
}

/** The run that shows most: the longest copy, the guest doing most, and as early as it can. */
function mostSaid(runs: readonly Run[]): Run {
  const gaps = ({ said }: Run): number => said.reduce((sum, { gap }) => sum + gap, 0)
  const [best] = runs.toSorted(
    (a, b) => b.log.length - a.log.length || b.said.length - a.said.length || gaps(a) - gaps(b),
  )
  return best as Run
}

function sentence(text: string): string {
  return `${text[0]?.toUpperCase()}${text.slice(1)}.`
}
