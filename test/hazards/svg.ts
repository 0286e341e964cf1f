import type { HazardPicture, Panel, Row } from '../../src/page/hazard-picture.ts'
import type { Field } from './scenario.ts'

const PANEL = 350
const EDGE = 20
const GUTTER = 22
const TOP = 66
const ACCESS = 24
const ACT = 18
const INK = '#222'

/** A picture for light and dark pages: its own white ground, and fonts that everybody has. */
export function draw({ title, caption, legend, fields, panels }: HazardPicture): string {
  const length = Math.max(...fields.map(({ at, length }) => at + length))
  const body = Math.max(...panels.map(({ rows }) => rows.reduce((sum, row) => sum + heightOf(row), 0)))
  const height = TOP + 62 + body + 78
  const width = 2 * PANEL + 3 * EDGE
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="Helvetica, Arial, sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title>`,
    '<defs><pattern id="again" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path d="M0 0V5" stroke="#222" stroke-width="2"/></pattern></defs>',
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    text(EDGE, 28, title, 'font-size="16" font-weight="bold"'),
    text(EDGE, 48, caption),
    ...panels.map((panel, i) => drawPanel(panel, EDGE + i * (PANEL + EDGE), fields, length, height - 52)),
    text(EDGE, height - 14, legend, 'font-size="11"', '#666'),
    '</svg>',
    '',
  ].join('\n')
}

function drawPanel(panel: Panel, left: number, fields: readonly Field[], length: number, bottom: number): string {
  const cell = Math.min(length <= 4 ? 40 : 18, (PANEL - GUTTER) / length)
  const start = left + GUTTER
  const x = (at: number): number => round(start + at * cell)
  const out = [text(left, TOP + 18, panel.title, 'font-weight="bold"')]
  for (const { name, at, length: bytes } of fields) {
    out.push(box(x(at), TOP + 28, bytes * cell, 18, '#eee', '#999'))
    out.push(text(x(at + bytes / 2), TOP + 41, fitting(name, bytes * cell), 'font-size="10" text-anchor="middle"'))
  }
  const ticks = cell >= 12 ? 1 : cell >= 6 ? 4 : 8
  for (let at = 0; at < length; at += ticks)
    out.push(text(x(at + 0.5), TOP + 58, String(at), 'font-size="9" text-anchor="middle"', '#666'))
  let y = TOP + 64
  let order = 0
  for (const row of panel.rows) {
    if ('text' in row) {
      out.push(`<path d="M${start} ${y + 9}h8" stroke="#6a1b9a" stroke-width="2"/>`)
      out.push(text(start + 13, y + 13, row.text, 'font-size="11"', '#6a1b9a'))
    } else {
      const [fill, line] = row.harms ? ['#ffb3ab', '#b71c1c'] : ['#bbdefb', '#1565c0']
      out.push(text(start - 6, y + 16, String(++order), 'font-size="11" text-anchor="end"', '#666'))
      out.push(box(x(row.at), y + 2, row.width * cell, 20, fill, line))
      for (const { at, width } of row.again)
        out.push(
          `<rect x="${x(at)}" y="${y + 2}" width="${round(width * cell)}" height="20" fill="url(#again)" opacity="0.45"/>`,
        )
      out.push(label(x(row.at + row.width / 2), y + 16, row.width, row.width * cell))
    }
    y += heightOf(row)
  }
  out.push(text(left, bottom + 14, panel.end, 'font-weight="bold"', panel.broken ? '#b71c1c' : '#1b5e20'))
  return out.join('\n')
}

function heightOf(row: Row): number {
  return 'text' in row ? ACT : ACCESS
}

/** How many bytes, on a ground of its own, for hatching may lie below. */
function label(x: number, y: number, bytes: number, room: number): string {
  const content = room > 54 ? `${bytes} bytes` : String(bytes)
  const width = content.length * 6.4 + 4
  const ground =
    room > width + 4
      ? `<rect x="${round(x - width / 2)}" y="${y - 11}" width="${round(width)}" height="14" fill="#fff" opacity="0.8"/>`
      : ''
  return ground + text(x, y, content, 'font-size="11" text-anchor="middle"')
}

function fitting(name: string, room: number): string {
  return name.length * 5.4 <= room ? name : ''
}

function box(x: number, y: number, width: number, height: number, fill: string, line: string): string {
  return `<rect x="${x}" y="${y}" width="${round(width)}" height="${height}" fill="${fill}" stroke="${line}"/>`
}

function text(x: number, y: number, content: string, more = '', fill = INK): string {
  return `<text x="${x}" y="${y}" ${more} fill="${fill}">${escaped(content)}</text>`
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
