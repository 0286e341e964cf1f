import type { Pending } from '../region/tree/transaction.ts'
import type { AddressSpace } from '../space/address-space.ts'
import { sectionOf } from '../space/memory-region-section.ts'
import type { SpaceTree } from '../space/space-tree.ts'
import type { FlatView } from '../view/flat-view.ts'
import { compareViews } from '../view/view-changes.ts'
import { eachCoalesced } from './coalesced-sections.ts'
import { compareIoeventfds, ioeventfdsOf } from './ioeventfds.ts'
import { attempt, callForward, callReverse } from './listener-calls.ts'
import { compareRegistrations, type Registration } from './registration.ts'
import {
  listenedSpaces,
  listenersOf,
  listenersOfAllChanges,
  removeRegistration,
  type SpaceListeners,
} from './registrations.ts'

/** What a space showed, and what it shows next. */
interface Change {
  readonly space: AddressSpace
  readonly view: FlatView
  /** It was destroyed by now: what it showed goes, and its listeners with it. */
  readonly ends: boolean
}

/** Carries out what is pending (RULES C2): all views are rendered before the first callback is made. */
export function commitViews({ map, notifiers, viewers }: Pending): void {
  const changes: Change[] = []
  // A viewer is an address space's. One that can't be rendered stays as it was, and whoever ended the transaction hears of
  // it.
  for (const tree of viewers as readonly SpaceTree<AddressSpace>[])
    attempt(() => changes.push({ space: tree.space, view: tree.nextView(), ends: tree.destroyed }))
  const concerned = map ? concernedListeners(changes) : []
  const others = new Set(concerned.map(({ space }) => space))
  if (notifiers) for (const { space } of listenedSpaces()) others.add(space)
  for (const { space } of changes) others.delete(space)
  for (const space of others) changes.push({ space, view: space.view, ends: false })
  callForward(concerned, ({ listener, space }) => listener.begin?.(space))
  for (const { space, view } of changes.sort((a, b) => a.space.tree.serial - b.space.tree.serial)) {
    const listeners = listenersOf(space)
    const changed = view !== space.view
    if (map && listeners !== undefined) tellRanges(listeners, view)
    space.tree.update(view)
    if (listeners !== undefined && (changed || notifiers)) updateIoeventfds(listeners)
  }
  callForward(concerned, ({ listener, space }) => listener.commit?.(space))
  for (const { space, ends } of changes) if (ends) listenersOf(space)?.list.forEach(removeRegistration)
}

/** Those whose space shows something else, and those who want to be told where it does not, too. */
function concernedListeners(changes: readonly Change[]): Registration[] {
  const concerned = new Set(listenersOfAllChanges())
  for (const { space, view } of changes)
    if (view !== space.view) for (const each of listenersOf(space)?.list ?? []) concerned.add(each)
  return [...concerned].sort(compareRegistrations)
}

/** The two passes of RULES C6: all that goes, before what comes. */
function tellRanges({ space, list }: SpaceListeners, view: FlatView): void {
  const nops = list.filter(each => each.wantsAllChanges)
  if (list.length === 0 || (view === space.view && nops.length === 0)) return
  const before = space.view
  compareViews(before, view, {
    removed: range => {
      const section = sectionOf(space, range)
      eachCoalesced(section, (address, length) =>
        callReverse(list, ({ listener }) => listener.coalescedIoDel?.(section, address, length)),
      )
      callReverse(list, ({ listener }) => listener.regionDel?.(section))
    },
  })
  compareViews(before, view, {
    kept: (range, was) => {
      const [old, now] = [was.dirtyLogMask, range.dirtyLogMask]
      if (nops.length === 0 && old === now) return
      const section = sectionOf(space, range)
      callForward(nops, ({ listener }) => listener.regionNop?.(section))
      if ((now & ~old) !== 0) callForward(list, ({ listener }) => listener.logStart?.(section, old, now))
      if ((old & ~now) !== 0) callReverse(list, ({ listener }) => listener.logStop?.(section, old, now))
    },
    added: range => {
      const section = sectionOf(space, range)
      callForward(list, ({ listener }) => listener.regionAdd?.(section))
      eachCoalesced(section, (address, length) =>
        callForward(list, ({ listener }) => listener.coalescedIoAdd?.(section, address, length)),
      )
    },
  })
}

/** RULES H3, with the quirk of C8: additions go in reverse order, removals forward. */
function updateIoeventfds(listeners: SpaceListeners): void {
  if (listeners.wantEventfds === 0) return
  const { space, list } = listeners
  const before = listeners.eventfds
  listeners.eventfds = ioeventfdsOf(space, space.view)
  compareIoeventfds(
    before,
    listeners.eventfds,
    gone => callForward(list, ({ listener }) => listener.eventfdDel?.(gone)),
    come => callReverse(list, ({ listener }) => listener.eventfdAdd?.(come)),
  )
}
