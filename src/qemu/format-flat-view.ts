import type { AddressSpace } from 'guestmem'
import { hex16 } from './hex.ts'
import { rangeTypeWord, type SeenThrough } from './type-word.ts'
import { isRest, wideView } from './wide-view.ts'

/**
 * The ranges of a space as QEMU's monitor prints them (`info mtree -f`), a line for each. Ranges that lie past 2^53 are
 * among them, as are the ends of those that reach past it.
 */
export function formatFlatView(space: AddressSpace): string {
  const high = wideView(space.root)
  const lines = space.view.ranges.map((range, index, all) => {
    const rest = index === all.length - 1 && high[0] !== undefined && isRest(high[0], range) ? high.shift() : undefined
    return formatRange(range, BigInt(range.start), rest?.end ?? BigInt(range.end), BigInt(range.offset))
  })
  for (const range of high) lines.push(formatRange(range, range.start, range.end, range.offset))
  return lines.length === 0 ? '  No rendered FlatView' : lines.join('\n')
}

function formatRange(range: SeenThrough, start: bigint, end: bigint, offset: bigint): string {
  const { name, priority } = range.region
  const at = offset === 0n ? '' : ` @${hex16(offset)}`
  return `  ${hex16(start)}-${hex16(end - 1n)} (prio ${priority}, ${rangeTypeWord(range)}): ${name}${at}`
}
