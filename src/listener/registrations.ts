import type { AddressSpace } from '../space/address-space.ts'
import type { IoEventfd, MemoryListener } from './memory-listener.ts'

/** A listener of one space. */
export interface Registration {
  readonly space: AddressSpace
  readonly listener: MemoryListener
  readonly priority: number
}

/** The listeners of one space. Lists are replaced and never changed, so that whoever walks one may go on. */
export interface SpaceListeners {
  readonly space: AddressSpace
  /** In the order of RULES C8. */
  list: readonly Registration[]
  /** What they know of event notifiers: nothing where none of them asks (RULES H3). */
  eventfds: readonly IoEventfd[]
}

let all: readonly Registration[] = []
const bySpace = /* @__PURE__ */ new Map<AddressSpace, SpaceListeners>()

/** The listeners of all spaces, in the order of RULES C8: ascending priority, equals as they were registered. */
export function allListeners(): readonly Registration[] {
  return all
}

export function listenersOf(space: AddressSpace): SpaceListeners | undefined {
  return bySpace.get(space)
}

/** In order of creation. */
export function listenedSpaces(): SpaceListeners[] {
  return [...bySpace.values()].sort((a, b) => a.space.tree.serial - b.space.tree.serial)
}

export function addRegistration(registration: Registration): SpaceListeners {
  const { space } = registration
  let listeners = bySpace.get(space)
  if (listeners === undefined) {
    listeners = { space, list: [], eventfds: [] }
    bySpace.set(space, listeners)
  }
  all = inserted(all, registration)
  listeners.list = inserted(listeners.list, registration)
  return listeners
}

export function removeRegistration(registration: Registration): void {
  const listeners = bySpace.get(registration.space)
  if (listeners === undefined) return
  all = all.filter(each => each !== registration)
  listeners.list = listeners.list.filter(each => each !== registration)
  if (listeners.list.length === 0) bySpace.delete(registration.space)
}

function inserted(list: readonly Registration[], registration: Registration): Registration[] {
  const place = list.findIndex(({ priority }) => priority > registration.priority)
  const at = place === -1 ? list.length : place
  return [...list.slice(0, at), registration, ...list.slice(at)]
}
