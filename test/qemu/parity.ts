import type { FlatView } from 'guestmem'
import { type QemuMachine, rangeTypeWord } from 'guestmem/qemu'
import type { RecordedMachine } from './corpus.ts'

const LIMIT = 2 ** 53

/** A range as text: from, to, kind, priority, name, offset. What lies past 2^53 is cut off, and `unreachable`. */
function recordedRanges(machine: RecordedMachine, index: number): string[] {
  const view = machine.flatviews[index]
  return (view?.ranges ?? [])
    .filter(({ start }) => Number(start) < LIMIT)
    .map(({ start, end, type, nv, priority, name, offset_in_region }) => {
      const behind = Math.min(LIMIT, Number(BigInt(end) + 1n))
      return line(Number(start), behind, (nv ? 'nv-' : '') + type, priority, name, Number(offset_in_region))
    })
}

function line(start: number, end: number, type: string, priority: number, name: string, offset: number): string {
  return `${start.toString(16)}-${end.toString(16)} (${priority}, ${type}): ${name} @${offset.toString(16)}`
}

function ranges(view: FlatView): string[] {
  return view.ranges.map(range =>
    line(range.start, range.end, rangeTypeWord(range), range.region.priority, range.region.name, range.offset),
  )
}

/** Where a machine differs from what QEMU showed; empty when it does not. */
export function differences(recorded: RecordedMachine, machine: QemuMachine): string[] {
  const found: string[] = []
  const views = new Map<number, FlatView>()
  if (machine.spaces.length !== recorded.address_spaces.length) found.push(`${machine.spaces.length} spaces`)
  for (const [index, { name, flatview }] of recorded.address_spaces.entries()) {
    const space = machine.spaces[index]
    if (space === undefined) continue
    if (space.name !== name) found.push(`space ${index} is ${space.name}, not ${name}`)
    const [ours, theirs] = [ranges(space.view), recordedRanges(recorded, flatview)]
    const at = theirs.findIndex((range, i) => range !== ours[i])
    if (at !== -1 || ours.length !== theirs.length)
      found.push(`space ${name}: ${ours[at === -1 ? theirs.length : at]} in place of ${theirs[at]}`)
    const shared = views.get(flatview)
    if (shared !== undefined && shared !== space.view) found.push(`space ${name} does not share view ${flatview}`)
    views.set(flatview, space.view)
    const past = (recorded.flatviews[flatview]?.ranges ?? []).filter(({ start }) => Number(start) >= LIMIT)
    const told = machine.unreachable.filter(range => range.space === space)
    const high = past.map(({ start, end, name: of, type }) => `${start}-${end} ${of} ${type}`)
    const ourHigh = told.map(
      range => `0x${range.start.toString(16)}-0x${range.end.toString(16)} ${range.name} ${range.type}`,
    )
    if (high.join() !== ourHigh.join()) found.push(`space ${name}: unreachable ${ourHigh} in place of ${high}`)
  }
  if (new Set(views.values()).size !== views.size) found.push('spaces share a view that QEMU kept apart')
  return found
}
