import type { AddressSpace } from '../space/address-space.ts'
import type { IoEventfd, MemoryListener } from './memory-listener.ts'
import { compareRegistrations, type Registration } from './registration.ts'
import { RegistrationOrder } from './registration-order.ts'

/** The listeners of one space. */
export class SpaceListeners {
  readonly space: AddressSpace
  /** The event notifiers that they were told of (RULES H3). Empty where none of them has callbacks for these. */
  eventfds: readonly IoEventfd[] = []
  /** By listener: those that are told, and those that will be when the callbacks that are being made have been made. */
  readonly #known = new Map<MemoryListener, Registration>()
  readonly #live = new Set<Registration>()
  #ordered: readonly Registration[] | undefined
  #wantEventfds = 0

  constructor(space: AddressSpace) {
    this.space = space
  }

  /** In the order of RULES C8. A list is replaced and never changed, so that whoever walks one may go on. */
  get list(): readonly Registration[] {
    this.#ordered ??= [...this.#live].sort(compareRegistrations)
    return this.#ordered
  }

  /** No listener is told, or will be. */
  get empty(): boolean {
    return this.#known.size === 0
  }

  /** How many of them ask for event notifiers. */
  get wantEventfds(): number {
    return this.#wantEventfds
  }

  /** False where the listener is, or is to be, registered already. */
  claim(registration: Registration): boolean {
    const { listener } = registration
    if (this.#known.has(listener)) return false
    this.#known.set(listener, registration)
    return true
  }

  /** The listener may be registered again. */
  release(registration: Registration): void {
    if (this.#known.get(registration.listener) === registration) this.#known.delete(registration.listener)
  }

  add(registration: Registration): void {
    this.#live.add(registration)
    this.#ordered = undefined
    if (registration.wantsEventfds) this.#wantEventfds++
  }

  delete(registration: Registration): void {
    this.#live.delete(registration)
    this.#ordered = undefined
    if (registration.wantsEventfds) this.#wantEventfds--
  }
}

/**
 * The listeners of each space. This is all that holds a registration: it goes with its space, when nobody holds the space or
 * its region tree. The lists below hold none.
 */
const bySpace = /* @__PURE__ */ new WeakMap<AddressSpace, SpaceListeners>()
const all = /* @__PURE__ */ new RegistrationOrder()
const askingForAll = /* @__PURE__ */ new RegistrationOrder()
const buffering = /* @__PURE__ */ new RegistrationOrder()

/** The listeners of all spaces, in the order of RULES C8. */
export function allListeners(): readonly Registration[] {
  return all.list()
}

/** Of these, those that want all changes. */
export function listenersOfAllChanges(): readonly Registration[] {
  return askingForAll.list()
}

/** Of these, those that buffer writes. */
export function bufferingListeners(): readonly Registration[] {
  return buffering.list()
}

/** False where no space has a listener. */
export function anyListener(): boolean {
  return !all.empty
}

/** Undefined where it never had any. */
export function listenersOf(space: AddressSpace): SpaceListeners | undefined {
  return bySpace.get(space)
}

export function listenersFor(space: AddressSpace): SpaceListeners {
  let listeners = bySpace.get(space)
  if (listeners === undefined) {
    listeners = new SpaceListeners(space)
    bySpace.set(space, listeners)
  }
  return listeners
}

/** In order of creation. */
export function listenedSpaces(): SpaceListeners[] {
  const spaces = new Set(allListeners().map(({ space }) => space))
  return [...spaces].sort((a, b) => a.tree.serial - b.tree.serial).map(listenersFor)
}

export function addRegistration(registration: Registration): void {
  registration.live = true
  listenersFor(registration.space).add(registration)
  all.add(registration)
  if (registration.wantsAllChanges) askingForAll.add(registration)
  if (registration.buffers) buffering.add(registration)
}

export function removeRegistration(registration: Registration): void {
  const listeners = listenersFor(registration.space)
  listeners.release(registration)
  if (listeners.empty) bySpace.delete(registration.space)
  if (!registration.live) return
  registration.live = false
  listeners.delete(registration)
  all.delete()
  if (registration.wantsAllChanges) askingForAll.delete()
  if (registration.buffers) buffering.delete()
}
