import { checkInteger, checkOptions, show } from '../check.ts'
import { globalDirtyLog } from '../ram/dirty/global-dirty-log.ts'
import { AddressSpace } from '../space/address-space.ts'
import { sectionOf } from '../space/memory-region-section.ts'
import { eachCoalesced } from './coalesced-sections.ts'
import { callOrDefer, observeTransactions } from './commit-cycle.ts'
import { ioeventfdsOf } from './ioeventfds.ts'
import { attempt } from './listener-calls.ts'
import { checkListener, type MemoryListener } from './memory-listener.ts'
import { Registration } from './registration.ts'
import { addRegistration, listenersFor, listenersOf, removeRegistration } from './registrations.ts'

/** What `registerMemoryListener` may be told. */
export interface MemoryListenerOptions {
  /**
   * A signed 32-bit integer, 0 unless said. Additions are told in ascending order, deletions in descending order; equals
   * in the order in which they were registered, and the reverse of it (RULES C8).
   */
  readonly priority?: number | undefined
}

/**
 * Tells `listener` what `space` shows: at once all that it shows now, as additions, and from here on every change
 * (RULES C9). From within a callback of a listener, it is done when the running commit has ended.
 *
 * One listener may listen to several spaces. It is kept as long as its space is: by the space alone, which goes with its
 * region tree when nobody holds that.
 *
 * @returns What unregisters it: all that the space shows is told as deletions. A second call does nothing.
 * @throws TypeError or RangeError naming what is wrong; and what a callback throws meanwhile, its own or another
 *   listener's: then it is not registered.
 */
export function registerMemoryListener(
  space: AddressSpace,
  listener: MemoryListener,
  options: MemoryListenerOptions = {},
): () => void {
  if (!(space instanceof AddressSpace))
    throw new TypeError(
      `space must be an AddressSpace (of a region, make one: new AddressSpace(name, region)), got ${show(space)}`,
    )
  if (space.destroyed)
    throw new TypeError(`space must be one that is there (register before destroy): ${show(space.name)} was destroyed`)
  checkListener(listener)
  const { priority = 0 } = checkOptions<MemoryListenerOptions>(options, ['priority'])
  checkInteger(priority, 'options.priority', -(2 ** 31), 2 ** 31 - 1)
  const registration = new Registration(space, listener, priority)
  if (!listenersFor(space).claim(registration))
    throw new TypeError(
      `listener must not be registered twice (call what registerMemoryListener returned first): it is on ${show(space.name)}`,
    )
  observeTransactions()
  try {
    callOrDefer(() => register(registration))
  } catch (error) {
    takeBack(registration)
    throw error
  }
  return unregistering(registration.ref)
}

/**
 * The caller may keep this for as long as it likes: it keeps no space alive. Made here, as a function keeps all that the
 * functions beside it use.
 */
function unregistering(ref: WeakRef<Registration>): () => void {
  return () => {
    const registration = ref.deref()
    if (registration !== undefined) unregisterSoon(registration)
  }
}

/**
 * Unregisters at once, or when the callbacks that are being made have been made. The listener may be registered again at
 * once in both cases: that is done after it.
 */
function unregisterSoon(registration: Registration): void {
  listenersOf(registration.space)?.release(registration)
  callOrDefer(() => unregister(registration))
}

/**
 * After a registration that threw. Where the listener's own callback threw, it is registered no longer, and nothing is
 * done. Where another listener's did, in what the registration led to, it is told deletions of what it was told.
 */
function takeBack(registration: Registration): void {
  try {
    unregisterSoon(registration)
  } catch {
    // The caller hears of what was thrown before.
  }
}

function register(registration: Registration): void {
  const { space, listener } = registration
  if (space.destroyed) return
  addRegistration(registration)
  try {
    listener.begin?.(space)
    if (globalDirtyLog.on) listener.logGlobalStart?.(space)
    for (const range of space.view.ranges) {
      const section = sectionOf(space, range)
      listener.regionAdd?.(section)
      eachCoalesced(section, (address, length) => listener.coalescedIoAdd?.(section, address, length))
      if (range.dirtyLogMask !== 0) listener.logStart?.(section, 0, range.dirtyLogMask)
    }
    if (registration.wantsEventfds) {
      const listeners = listenersFor(space)
      // The list is kept only while some listener of the space has callbacks for it: this is the first one.
      if (listeners.wantEventfds === 1) listeners.eventfds = ioeventfdsOf(space, space.view)
      for (const eventfd of listeners.eventfds) listener.eventfdAdd?.(eventfd)
    }
    listener.commit?.(space)
  } catch (error) {
    removeRegistration(registration)
    throw error
  }
}

/** Tells the reverse of all that the listener was told, also of coalesced ranges and event notifiers, as QEMU does not. */
function unregister(registration: Registration): void {
  if (!registration.live) return
  const { space, listener } = registration
  const { eventfds } = listenersFor(space)
  removeRegistration(registration)
  attempt(() => listener.begin?.(space))
  for (const range of space.view.ranges) {
    const section = sectionOf(space, range)
    eachCoalesced(section, (address, length) => attempt(() => listener.coalescedIoDel?.(section, address, length)))
    if (range.dirtyLogMask !== 0) attempt(() => listener.logStop?.(section, range.dirtyLogMask, 0))
    attempt(() => listener.regionDel?.(section))
  }
  if (registration.wantsEventfds) for (const eventfd of eventfds) attempt(() => listener.eventfdDel?.(eventfd))
  attempt(() => listener.commit?.(space))
}
