import type { AddressSpace } from 'guestmem'
import { checkSpace } from './check-spaces.ts'
import { hex16 } from './hex.ts'
import { rangeTypeWord, type ShownRegion } from './type-word.ts'
import { visibleName } from './visible-name.ts'
import { continuesAbove, WideRenderer } from './wide-view.ts'

/**
 * The ranges of a space as QEMU's monitor prints them (`info mtree -f`), a line for each. Ranges that lie past 2^53 are
 * among them, as are the ends of those that reach past it. Characters of a name that would not be seen, or would end the
 * line, are printed as `\x0a`.
 *
 * @throws TypeError where `space` is no AddressSpace.
 */
export function formatFlatView(space: AddressSpace): string {
  const { root, view } = checkSpace(space, 'space')
  const above = new WideRenderer().ranges(root)
  const [first] = above
  const last = view.ranges.at(-1)
  const continued = first !== undefined && last !== undefined && continuesAbove(last, first) ? first : undefined
  const lines = view.ranges.map(range => {
    const end = range === last && continued !== undefined ? continued.end : BigInt(range.end)
    return formatRange(range, BigInt(range.start), end, BigInt(range.offset))
  })
  for (const range of above)
    if (range !== continued) lines.push(formatRange(range, range.start, range.end, range.offset))
  return lines.length === 0 ? '  No rendered FlatView' : lines.join('\n')
}

function formatRange(range: ShownRegion, start: bigint, end: bigint, offset: bigint): string {
  const { name, priority } = range.region
  const at = offset === 0n ? '' : ` @${hex16(offset)}`
  return `  ${hex16(start)}-${hex16(end - 1n)} (prio ${priority}, ${rangeTypeWord(range)}): ${visibleName(name)}${at}`
}
