import { checkInteger, checkKeys, checkObject, show } from '../check.ts'
import { globalDirtyLog } from '../ram/dirty/global-dirty-log.ts'
import { AddressSpace } from '../space/address-space.ts'
import { sectionOf } from '../space/memory-region-section.ts'
import { eachCoalesced } from './coalesced-sections.ts'
import { callOrDefer, observeTransactions } from './commit-cycle.ts'
import { wantsIoeventfds } from './commit-views.ts'
import { ioeventfdsOf } from './ioeventfds.ts'
import { callForward } from './listener-calls.ts'
import { checkListener, type MemoryListener } from './memory-listener.ts'
import { addRegistration, allListeners, listenersOf, type Registration, removeRegistration } from './registrations.ts'

export interface MemoryListenerOptions {
  /**
   * A signed 32-bit integer, 0 unless said. Additions are told in ascending order, deletions in descending order; equals
   * in the order in which they were registered, and the reverse of it (RULES C8).
   */
  readonly priority?: number
}

/**
 * Tells `listener` what `space` shows: at once all that it shows now, as additions, and from here on every change
 * (RULES C9). From within a callback of a listener, it is done when the running commit has ended.
 *
 * One listener may listen to several spaces.
 *
 * @returns What unregisters it: all that the space shows is told as deletions. A second call does nothing.
 * @throws TypeError or RangeError naming what is wrong; and what a callback throws meanwhile: then it is not registered.
 */
export function registerMemoryListener(
  space: AddressSpace,
  listener: MemoryListener,
  options: MemoryListenerOptions = {},
): () => void {
  if (!(space instanceof AddressSpace)) throw new TypeError(`space must be an AddressSpace, got ${show(space)}`)
  if (space.destroyed) throw new TypeError(`space must be there, and ${show(space.name)} was destroyed`)
  checkListener(listener)
  checkKeys(checkObject(options, 'options'), ['priority'], 'options')
  const priority = checkInteger(options.priority ?? 0, 'options.priority', -(2 ** 31), 2 ** 31 - 1)
  if (listenersOf(space)?.list.some(each => each.listener === listener))
    throw new TypeError(`listener is already registered on ${show(space.name)}`)
  const registration: Registration = { space, listener, priority }
  observeTransactions()
  callOrDefer(() => register(registration))
  return () => callOrDefer(() => unregister(registration))
}

function register(registration: Registration): void {
  const { space, listener } = registration
  if (space.destroyed) return
  const listeners = addRegistration(registration)
  try {
    listener.begin?.(space)
    if (globalDirtyLog.on) listener.logGlobalStart?.(space)
    for (const range of space.view.ranges) {
      const section = sectionOf(space, range)
      listener.regionAdd?.(section)
      eachCoalesced(section, (address, length) => listener.coalescedIoAdd?.(section, address, length))
      if (range.dirtyLogMask !== 0) listener.logStart?.(section, 0, range.dirtyLogMask)
    }
    if (wantsIoeventfds(registration)) {
      // The first that asks: nobody kept the list until now.
      if (listeners.list.filter(wantsIoeventfds).length === 1) listeners.eventfds = ioeventfdsOf(space, space.view)
      for (const eventfd of listeners.eventfds) listener.eventfdAdd?.(eventfd)
    }
    listener.commit?.(space)
  } catch (error) {
    removeRegistration(registration)
    throw error
  }
}

/** The reverse for a listener that keeps what it was told, also of what QEMU leaves out here. */
function unregister(registration: Registration): void {
  if (!allListeners().includes(registration)) return
  const { space, listener } = registration
  const eventfds = listenersOf(space)?.eventfds ?? []
  removeRegistration(registration)
  // Each call on its own, so that one that throws stops no other.
  const call = (callback: () => void) => callForward([registration], callback)
  call(() => listener.begin?.(space))
  for (const range of space.view.ranges) {
    const section = sectionOf(space, range)
    eachCoalesced(section, (address, length) => call(() => listener.coalescedIoDel?.(section, address, length)))
    if (range.dirtyLogMask !== 0) call(() => listener.logStop?.(section, range.dirtyLogMask, 0))
    call(() => listener.regionDel?.(section))
  }
  if (wantsIoeventfds(registration)) for (const eventfd of eventfds) call(() => listener.eventfdDel?.(eventfd))
  call(() => listener.commit?.(space))
}
