import { element, made, onClick } from './elements.ts'
import type { HazardPicture, Panel, Row } from './hazard-picture.ts'
import { PICTURES } from './hazard-pictures.ts'

/** How long a step is shown while it plays, ms. */
const PACE = 900

let picture: HazardPicture = PICTURES[0] as HazardPicture
/** How many rows of each copy have been. */
let done = 0
let timer: ReturnType<typeof setInterval> | undefined

const lastStep = (): number => Math.max(...picture.panels.map(({ rows }) => rows.length))

/** The panel in which stores land one by one, with the guest that they break. */
export function startStores(): void {
  const list = element<HTMLSelectElement>('hazard')
  list.replaceChildren(...PICTURES.map(({ title }, index) => made('option', { value: String(index) }, title)))
  list.addEventListener('change', () => {
    picture = PICTURES[Number(list.value)] as HazardPicture
    stop()
    go(0)
  })
  onClick('first', () => go(0))
  onClick('back', () => go(done - 1))
  onClick('step', () => go(done + 1))
  onClick('play', () => {
    if (timer !== undefined) return stop()
    if (done >= lastStep()) go(0)
    element('play').setAttribute('aria-pressed', 'true')
    timer = setInterval(() => {
      go(done + 1)
      if (done >= lastStep()) stop()
    }, PACE)
  })
  go(0)
}

function stop(): void {
  clearInterval(timer)
  timer = undefined
  element('play').setAttribute('aria-pressed', 'false')
}

function go(step: number): void {
  done = Math.max(0, Math.min(lastStep(), step))
  element('caption').textContent = picture.caption
  element('copies').replaceChildren(...picture.panels.map(panel => copyElement(panel, picture)))
}

function copyElement({ title, rows, end, broken }: Panel, { fields }: HazardPicture): HTMLElement {
  const seen = rows.slice(0, done)
  const isOver = done >= rows.length
  const log = made('ol', {
    class: 'log',
    'aria-live': 'polite',
    'aria-label': `${title}: what has happened`,
    tabindex: '0',
  })
  log.append(...seen.map(row => made('li', 'text' in row ? { class: 'act' } : {}, rowText(row))))
  const verdict = isOver ? end : `step ${seen.length} of ${rows.length}`
  return made(
    'section',
    { 'aria-label': title },
    made('h2', {}, title),
    cells(seen, fields),
    log,
    made('p', { role: 'status', class: isOver && broken ? 'error' : '' }, verdict),
  )
}

function rowText(row: Row): string {
  if ('text' in row) return `The guest: ${row.text}`
  const { at, width, harms, again } = row
  const bytes = width === 1 ? `byte ${at}` : `bytes ${at} to ${at + width - 1} at once`
  const twice = again.length > 0 ? ', some of them again' : ''
  return `${bytes}${twice}${harms ? ': this breaks the guest' : ''}`
}

/** The bytes of the destination, and how often each was accessed: the latest access stands out. */
function cells(seen: readonly Row[], fields: HazardPicture['fields']): HTMLElement {
  const length = Math.max(...fields.map(({ at, length }) => at + length))
  const counts: number[] = new Array(length).fill(0)
  let latest: Row | undefined
  for (const row of seen) {
    latest = row
    if ('text' in row) continue
    for (let at = row.at; at < row.at + row.width && at < length; at++) counts[at] = (counts[at] ?? 0) + 1
  }
  const now = latest === undefined || 'text' in latest ? undefined : latest
  const isNow = (at: number): boolean => now !== undefined && at >= now.at && at < now.at + now.width
  const classOf = (at: number, count: number): string =>
    [isNow(at) ? (now?.harms ? 'harms' : 'now') : count > 0 ? 'stored' : '', count > 1 ? 'again' : ''].join(' ').trim()
  const perRow = 16
  const lines: HTMLElement[] = []
  for (let from = 0; from < length; from += perRow) {
    const ats = Array.from({ length: Math.min(perRow, length - from) }, (_, i) => from + i)
    lines.push(made('tr', {}, ...ats.map(at => made('th', { scope: 'col' }, String(at)))))
    lines.push(
      made('tr', {}, ...ats.map(at => made('td', { class: classOf(at, counts[at] ?? 0) }, String(counts[at] || '·')))),
    )
  }
  const names = fields.map(
    ({ name, at, length: bytes }) => `${name}: ${bytes === 1 ? at : `${at} to ${at + bytes - 1}`}`,
  )
  return made(
    'div',
    {},
    made('p', {}, names.join(', ')),
    made(
      'table',
      { class: 'cells' },
      made('caption', {}, 'how often each byte was accessed'),
      made('tbody', {}, ...lines),
    ),
  )
}
