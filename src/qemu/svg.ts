import type { AddressSpace, FlatRange } from 'guestmem'
import { checkSpace } from './check-spaces.ts'
import { rangeTypeWord } from './type-word.ts'
import { visibleName } from './visible-name.ts'

// Lengths in px, which the picture keeps when it is shown at its own size.
const ROW = 20
const GAP = 12
const TOP = 56
const BAR_LEFT = 306
const BAR_WIDTH = 150
const NAME_LEFT = BAR_LEFT + BAR_WIDTH + 12
const SIZE_LEFT = BAR_LEFT + 6
const LETTER = 7.3
/** 2^40 bytes and more fill the bar; 1 byte is a sliver. */
const MAX_BITS = 40

/** Dark enough for their letters on white, and apart in lightness, for those who see no colours. */
const COLOURS: ReadonlyMap<string, readonly [fill: string, stroke: string]> = /* @__PURE__ */ new Map([
  ['ram', ['#9fd3a8', '#1e6b30']],
  ['rom', ['#f3d58a', '#7a5a00']],
  ['romd', ['#f0b27f', '#8a3f00']],
  ['ramd', ['#a9c6f2', '#1c4c94']],
])
const DEVICE_COLOURS = ['#d5d2e6', '#4b4577'] as const

/**
 * What a space shows as a picture: a row for each flat range in ascending order, with its addresses, its size, its
 * type and its name. Rows are equally high, so that 4 bytes are as legible as 128 GiB; the bar behind a size is as long
 * as the size has bits. Between ranges that do not meet, a row says how much is not mapped.
 *
 * Characters of a name that would not be seen, or that XML does not have, are shown as `\x0a`.
 *
 * @returns An SVG document.
 * @throws TypeError where `space` is no AddressSpace.
 */
export function flatViewToSvg(space: AddressSpace): string {
  const { view, name } = checkSpace(space, 'space')
  const { ranges } = view
  const rows: string[] = []
  let y = TOP
  let address = 0
  let longest = 30
  for (const range of ranges) {
    if (range.start > address) {
      rows.push(gapRow(range.start - address, y))
      y += GAP
    }
    const label = labelOf(range)
    longest = Math.max(longest, label.length)
    rows.push(rangeRow(range, label, y))
    y += ROW
    address = range.end
  }
  if (ranges.length === 0) rows.push(`<text x="12" y="${TOP + 12}">nothing is mapped</text>`)
  const width = Math.ceil(NAME_LEFT + 60 + LETTER * longest)
  const height = y + 16
  const title = escaped(visibleName(name))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="ui-monospace, Consolas, monospace" font-size="12">`,
    `<title>${title}: ${ranges.length} ranges</title>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="12" y="22" font-size="15" font-weight="bold">${title}</text>`,
    `<text x="12" y="42" fill="#555">first and last address</text>`,
    `<text x="${SIZE_LEFT}" y="42" fill="#555">size (bar: bits)</text>`,
    `<text x="${NAME_LEFT}" y="42" fill="#555">type, region</text>`,
    rows.join('\n'),
    '</svg>',
    '',
  ].join('\n')
}

function rangeRow(range: FlatRange, label: string, y: number): string {
  const size = range.end - range.start
  const type = rangeTypeWord(range)
  const [fill, stroke] = COLOURS.get(type.startsWith('nv-') ? type.slice(3) : type) ?? DEVICE_COLOURS
  const bar = Math.max(2, Math.round((BAR_WIDTH * Math.min(MAX_BITS, Math.log2(size))) / MAX_BITS))
  const text = y + 14
  const name = escaped(label)
  return [
    `<g><title>${hex(range.start)} to ${hex(range.end - 1)}, ${name}</title>`,
    `<rect x="${BAR_LEFT}" y="${y + 1}" width="${bar}" height="${ROW - 2}" fill="${fill}" stroke="${stroke}" stroke-width=".6"/>`,
    `<text x="${BAR_LEFT - 8}" y="${text}" text-anchor="end">${hex(range.start)} - ${hex(range.end - 1)}</text>`,
    `<text x="${SIZE_LEFT}" y="${text}">${bytes(size)}</text>`,
    `<text x="${NAME_LEFT}" y="${text}"><tspan fill="${stroke}" font-weight="bold">${type}</tspan> ${name}</text></g>`,
  ].join('')
}

function gapRow(size: number, y: number): string {
  const line = y + GAP / 2
  return [
    `<g fill="#777" font-size="9"><line x1="${BAR_LEFT}" x2="${BAR_LEFT + BAR_WIDTH}" y1="${line}" y2="${line}" stroke="#bbb" stroke-dasharray="2 3"/>`,
    `<text x="${NAME_LEFT}" y="${line + 3}">${bytes(size)} not mapped</text></g>`,
  ].join('')
}

function labelOf({ region, offset }: FlatRange): string {
  const name = visibleName(region.name)
  return offset === 0 ? name : `${name} from ${hex(offset)}`
}

/** At least eight digits, in groups of four. */
function hex(value: number): string {
  const digits = value.toString(16)
  const groups = Math.max(2, Math.ceil(digits.length / 4))
  const padded = digits.padStart(4 * groups, '0')
  return `0x${Array.from({ length: groups }, (_, group) => padded.slice(4 * group, 4 * group + 4)).join('_')}`
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

/** In the largest unit that leaves no fraction, or one digit of it where there would be many digits. */
function bytes(size: number): string {
  const unit = Math.min(UNITS.length - 1, Math.floor(Math.log2(size) / 10))
  for (let at = unit; at >= 0; at--) {
    const value = size / 1024 ** at
    if (Number.isInteger(value) && value < 10_000) return `${value} ${UNITS[at]}`
  }
  return `${(size / 1024 ** unit).toFixed(1)} ${UNITS[unit]}`
}

/** As the text of an element. A `>` would end nothing but a CDATA section, and is escaped for that. */
function escaped(text: string): string {
  return text.replace(/[<>&"]/g, letter => `&#${letter.charCodeAt(0)};`)
}
