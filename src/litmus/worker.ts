import type { GuestRamHandle } from 'guestmem'
import { Arena } from './arena.ts'
import { raceNamed } from './races.ts'
import type { Seen } from './seen.ts'
import { inThread } from './threads.ts'

/** What a thread is asked to do. */
export interface Task {
  readonly race: string
  readonly kind: string
  readonly role: 'device' | 'guest'
  readonly handle: GuestRamHandle
  readonly ms: number
}

/** What comes back; the device has seen nothing. */
export interface Answer {
  readonly seen?: Seen
  readonly failure?: string
}

inThread<Task, Answer>(task => {
  try {
    return { seen: run(task) }
  } catch (error) {
    return { failure: error instanceof Error ? `${error.name}: ${error.message}` : String(error) }
  }
})

function run({ race: name, kind: kindName, role, handle, ms }: Task): Seen {
  const race = raceNamed(name)
  const arena = new Arena(handle)
  if (role === 'guest') {
    arena.meet()
    return race.guest(arena)
  }
  const kind = race.kinds.find(one => one.name === kindName)
  if (kind === undefined) throw new Error(`${name} has no ${kindName}`)
  const copy = kind.make(arena, race.within)
  arena.meet()
  const end = performance.now() + ms
  race.device(arena, copy, () => performance.now() >= end)
  arena.stop()
  return { rounds: 0, caught: 0 }
}
