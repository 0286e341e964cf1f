import type { Pending } from '../region/tree/transaction.ts'
import type { AddressSpace } from '../space/address-space.ts'
import { sectionOf } from '../space/memory-region-section.ts'
import type { SpaceTree } from '../space/space-tree.ts'
import type { FlatView } from '../view/flat-view.ts'
import { compareViews } from '../view/view-changes.ts'
import { eachCoalesced } from './coalesced-sections.ts'
import { compareIoeventfds, ioeventfdsOf } from './ioeventfds.ts'
import { callForward, callReverse } from './listener-calls.ts'
import {
  allListeners,
  listenersOf,
  type Registration,
  removeRegistration,
  type SpaceListeners,
} from './registrations.ts'

/** Carries out what is pending (RULES C2): all views are rendered before the first callback is made. */
export function commitViews({ map, notifiers, viewers }: Pending): void {
  // A viewer is an address space.
  const next = new Map((viewers as readonly SpaceTree<AddressSpace>[]).map(tree => [tree.space, tree.nextView()]))
  const concerned = map ? allListeners().filter(each => isConcerned(each, next)) : []
  for (const { space } of notifiers ? allListeners() : concerned) if (!next.has(space)) next.set(space, space.view)
  callForward(concerned, ({ listener, space }) => listener.begin?.(space))
  for (const [space, view] of [...next].sort(([a], [b]) => a.tree.serial - b.tree.serial)) {
    const listeners = listenersOf(space)
    const changes = view !== space.view
    if (listeners !== undefined && map) tellRanges(listeners, view)
    space.tree.update(view)
    if (listeners !== undefined && (changes || notifiers)) updateIoeventfds(listeners)
  }
  callForward(concerned, ({ listener, space }) => listener.commit?.(space))
  for (const each of allListeners())
    if (each.space.destroyed && next.get(each.space)?.root === undefined) removeRegistration(each)
}

/** Its space's view changes, or it asked to be told where it does not. */
function isConcerned({ listener, space }: Registration, next: ReadonlyMap<AddressSpace, FlatView>): boolean {
  return listener.regionNop !== undefined || (next.get(space) ?? space.view) !== space.view
}

/** The two passes of RULES C6: all that goes, before what comes. */
function tellRanges({ space, list }: SpaceListeners, view: FlatView): void {
  const nops = list.filter(({ listener }) => listener.regionNop !== undefined)
  if (view === space.view && nops.length === 0) return
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
  const { space, list } = listeners
  if (!list.some(wantsIoeventfds)) return
  const before = listeners.eventfds
  listeners.eventfds = ioeventfdsOf(space, space.view)
  compareIoeventfds(
    before,
    listeners.eventfds,
    gone => callForward(list, ({ listener }) => listener.eventfdDel?.(gone)),
    come => callReverse(list, ({ listener }) => listener.eventfdAdd?.(come)),
  )
}

export function wantsIoeventfds({ listener }: Registration): boolean {
  return listener.eventfdAdd !== undefined || listener.eventfdDel !== undefined
}
