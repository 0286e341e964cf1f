import { checkEvents } from './check-events.ts'
import type { TraceEvent } from './trace-event.ts'

// Lengths in px, which the picture keeps when it is shown at its own size.
const ROW = 26
const TOP = 52
const LEFT = 12
const WIDTH = 720
const COLUMNS = 180
const NAME_LEFT = LEFT + WIDTH + 12
const LETTER = 7.3
/** Regions with the most accesses; the others are one row. */
const MAX_ROWS = 60
const READS = '#1e6b30'
const WRITES = '#8a3f00'

interface Row {
  readonly name: string
  readonly reads: Float64Array
  readonly writes: Float64Array
  total: number
}

/**
 * A trace as a picture: a row for each region, the one with the most accesses first, and along it, from the first event to the
 * last, how many reads (up) and writes (down) there were. Along runs the time, or where no clock was asked, the count of accesses.
 * A bar's height is the logarithm of its count, so that one access is seen beside a million.
 *
 * @returns An SVG document.
 * @throws TypeError where `events` are none.
 */
export function traceToSvg(events: Iterable<TraceEvent>): string {
  const list = checkEvents(events)
  const hasTime = list.some(({ time }) => time !== 0)
  const placeOf = ({ time, sequence }: TraceEvent) => (hasTime ? time : sequence)
  let first = Number.POSITIVE_INFINITY
  let last = Number.NEGATIVE_INFINITY
  for (const event of list) {
    first = Math.min(first, placeOf(event))
    last = Math.max(last, placeOf(event))
  }
  const span = Math.max(last - first, Number.MIN_VALUE)
  const rows = new Map<string, Row>()
  for (const event of list) {
    const name = event.region || '(not mapped)'
    const row = rows.get(name) ?? emptyRow(name)
    rows.set(name, row)
    const column = Math.min(COLUMNS - 1, Math.floor(((placeOf(event) - first) / span) * COLUMNS))
    const counts = event.kind === 'write' ? row.writes : row.reads
    counts[column] = (counts[column] as number) + 1
    row.total++
  }
  const sorted = [...rows.values()].sort((a, b) => b.total - a.total)
  const shown =
    sorted.length > MAX_ROWS ? [...sorted.slice(0, MAX_ROWS - 1), joined(sorted.slice(MAX_ROWS - 1))] : sorted
  return drawn(shown, list.length, hasTime ? `${(last - first).toFixed(1)} ms` : 'in order')
}

function emptyRow(name: string): Row {
  return { name, reads: new Float64Array(COLUMNS), writes: new Float64Array(COLUMNS), total: 0 }
}

function joined(rows: readonly Row[]): Row {
  const all = emptyRow(`${rows.length} others`)
  for (const { reads, writes, total } of rows) {
    reads.forEach((each, i) => {
      all.reads[i] = (all.reads[i] as number) + each
    })
    writes.forEach((each, i) => {
      all.writes[i] = (all.writes[i] as number) + each
    })
    all.total += total
  }
  return all
}

function drawn(rows: readonly Row[], total: number, along: string): string {
  let most = 1
  let longest = 20
  for (const { reads, writes, name } of rows) {
    for (const each of [...reads, ...writes]) most = Math.max(most, each)
    longest = Math.max(longest, name.length + 14)
  }
  const width = Math.ceil(NAME_LEFT + LETTER * longest)
  const height = TOP + ROW * Math.max(rows.length, 1) + 12
  const heightOf = (each: number) =>
    each === 0 ? 0 : 1 + (Math.log2(each) / Math.max(1, Math.log2(most))) * (ROW / 2 - 3)
  const title = `${total} accesses, ${along}`
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="ui-monospace, Consolas, monospace" font-size="12">`,
    `<title>${title}</title>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="${LEFT}" y="20">${title}</text>`,
    `<text x="${LEFT}" y="40" fill="${READS}">reads up</text>`,
    `<text x="${LEFT + 90}" y="40" fill="${WRITES}">writes down</text>`,
  ]
  rows.forEach(({ name, reads, writes, total: count }, index) => {
    const middle = TOP + index * ROW + ROW / 2
    lines.push(`<path d="M${LEFT} ${middle}h${WIDTH}" stroke="#ccc" stroke-width="0.5"/>`)
    lines.push(bars(reads, middle, -1, heightOf, READS), bars(writes, middle, 1, heightOf, WRITES))
    lines.push(`<text x="${NAME_LEFT}" y="${middle + 4}">${escaped(name)} (${count})</text>`)
  })
  if (rows.length === 0) lines.push(`<text x="${LEFT}" y="${TOP + 14}">there are no events</text>`)
  return `${lines.filter(line => line !== '').join('\n')}\n</svg>\n`
}

function bars(
  counts: Float64Array,
  middle: number,
  sign: number,
  heightOf: (n: number) => number,
  fill: string,
): string {
  const step = WIDTH / COLUMNS
  let path = ''
  counts.forEach((count, column) => {
    if (count > 0)
      path += `M${LEFT + column * step} ${middle}h${step - 0.5}v${(sign * heightOf(count)).toFixed(1)}h${0.5 - step}z`
  })
  return path === '' ? '' : `<path d="${path}" fill="${fill}"/>`
}

/** As text of XML; what that has no characters for is shown as `\x01`. */
function escaped(text: string): string {
  let shown = ''
  for (const letter of text) {
    const code = letter.codePointAt(0) as number
    const isOdd =
      code < 32 ||
      (code >= 0x7f && code < 0xa0) ||
      (code >= 0xd800 && code < 0xe000) ||
      code === 0xfffe ||
      code === 0xffff
    if (isOdd) shown += `\\x${code.toString(16).padStart(2, '0')}`
    else shown += letter === '&' ? '&#38;' : letter === '<' ? '&#60;' : letter === '>' ? '&#62;' : letter
  }
  return shown
}
