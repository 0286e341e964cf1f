import type { AddressSpace } from '../space/address-space.ts'
import type { MemoryListener } from './memory-listener.ts'

let lastSerial = 0

/** A listener of one space. */
export class Registration {
  readonly space: AddressSpace
  readonly listener: MemoryListener
  readonly priority: number
  /** Ascending in the order in which they were made. */
  readonly serial: number
  readonly ref: WeakRef<Registration>
  /** Its listener has callbacks for event notifiers. */
  readonly wantsEventfds: boolean
  /** Its listener has `regionNop`: it is told of every change of a map, of whatever space. */
  readonly wantsAllChanges: boolean
  /** Its listener has `coalescedIoFlush`: it buffers writes. */
  readonly buffers: boolean
  /** It is told of changes: from when it is added until it is removed. */
  live = false

  constructor(space: AddressSpace, listener: MemoryListener, priority: number) {
    this.space = space
    this.listener = listener
    this.priority = priority
    this.serial = lastSerial++
    this.ref = new WeakRef(this)
    this.wantsEventfds = listener.eventfdAdd !== undefined || listener.eventfdDel !== undefined
    this.wantsAllChanges = listener.regionNop !== undefined
    this.buffers = listener.coalescedIoFlush !== undefined
  }
}

/** The order of RULES C8: ascending priority, equals as they were registered. */
export function compareRegistrations(a: Registration, b: Registration): number {
  return a.priority - b.priority || a.serial - b.serial
}
