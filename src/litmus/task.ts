import type { GuestRamHandle } from 'guestmem'
import type { Observation } from './observation.ts'

/** What a thread of a race is asked to do. */
export interface Task {
  /** The names of a race, and of a kind of copy that races in it. */
  readonly race: string
  readonly copy: string
  readonly role: 'device' | 'guest'
  /** Of the memory that both threads of the race share. */
  readonly handle: GuestRamHandle
  /** How long the race takes. */
  readonly ms: number
}

/** What the thread answers: one of the two. The device has observed nothing, and says so with zeros. */
export interface Answer {
  readonly observation?: Observation
  /** Why there is none, as text: an Error of some engines does not survive postMessage. */
  readonly failure?: string
}

/** What a thread sends when it has started and can take a task. Whatever else it sends before is ignored. */
export const READY = 'guestmem litmus thread is ready'
