import type { AddressSpace } from 'guestmem'
import { checkSpace } from './check-spaces.ts'
import { hex16 } from './hex.ts'
import { type ShownRange, shownRanges } from './shown-ranges.ts'
import { rangeTypeWord } from './type-word.ts'
import { visibleName } from './visible-name.ts'

/**
 * The ranges of a space as QEMU's monitor prints them (`info mtree -f`), a line for each. Ranges that lie past 2^53 are
 * among them, as are the ends of those that reach past it. Characters of a name that would not be seen, or would end the
 * line, are printed as `\x0a`.
 *
 * @throws TypeError where `space` is no AddressSpace.
 */
export function formatFlatView(space: AddressSpace): string {
  const ranges = shownRanges(checkSpace(space, 'space'))
  return ranges.length === 0 ? '  No rendered FlatView' : ranges.map(formatRange).join('\n')
}

function formatRange(range: ShownRange): string {
  const { region, start, end, offset } = range
  const at = offset === 0n ? '' : ` @${hex16(offset)}`
  const name = visibleName(region.name)
  return `  ${hex16(start)}-${hex16(end - 1n)} (prio ${region.priority}, ${rangeTypeWord(range)}): ${name}${at}`
}
