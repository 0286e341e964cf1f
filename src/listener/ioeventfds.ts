import { compareRest, eventNotifiersOf, type NotifierEntry } from '../region/device/event-notifier.ts'
import type { AddressSpace } from '../space/address-space.ts'
import type { FlatView } from '../view/flat-view.ts'
import type { IoEventfd } from './memory-listener.ts'

/** The event notifiers that a space shows, in the order of RULES H3: all that intersect a range, whole. */
export function ioeventfdsOf(space: AddressSpace, view: FlatView): IoEventfd[] {
  const found: IoEventfd[] = []
  for (const { start, end, offset, region } of view.ranges) {
    for (const entry of eventNotifiersOf(region)) {
      const address = start + (entry.offset - offset)
      if (intersects(address, entry, start, end)) {
        const { size, data, notify } = entry
        found.push(Object.freeze({ space, address, size, data, notify }))
      }
    }
  }
  return found.sort(compare)
}

/** Calls `removed` for what only the first list has, and `added` for what only the second has. Both are in order. */
export function compareIoeventfds(
  before: readonly IoEventfd[],
  after: readonly IoEventfd[],
  removed: (eventfd: IoEventfd) => void,
  added: (eventfd: IoEventfd) => void,
): void {
  let i = 0
  let j = 0
  for (;;) {
    const was = before[i]
    const is = after[j]
    const order = was === undefined ? 1 : is === undefined ? -1 : compare(was, is)
    if (was !== undefined && order < 0) removed(was)
    else if (is !== undefined && order > 0) added(is)
    if (was === undefined && is === undefined) return
    if (order <= 0) i++
    if (order >= 0) j++
  }
}

function compare(a: IoEventfd, b: IoEventfd): number {
  return a.address - b.address || compareRest(a, b)
}

/** An entry of size 0, which takes writes of every size, stands for the byte at its offset. */
function intersects(address: number, { size }: NotifierEntry, start: number, end: number): boolean {
  return address < end && (address >= start || address + size > start)
}
