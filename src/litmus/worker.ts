// The program of a litmus thread: a file of the package, and packed into the package's other files as well.
import { answerTasks } from './answer-tasks.ts'
import type { Observation } from './observation.ts'
import { RaceMemory } from './race-memory.ts'
import { RACES } from './races.ts'
import type { Task } from './task.ts'

answerTasks(task => {
  try {
    return { observation: run(task) }
  } catch (error) {
    return { failure: error instanceof Error ? `${error.name}: ${error.message}` : String(error) }
  }
})

function run({ race: raceName, copy: copyName, role, handle, ms }: Task): Observation {
  const race = RACES.find(({ name }) => name === raceName)
  const kind = race?.kinds.find(({ name }) => name === copyName)
  // The two may come from different versions of the package, where a server keeps an old copy of this file.
  if (race === undefined || kind === undefined) throw new Error('this thread runs another version of guestmem')
  const memory = new RaceMemory(handle)
  if (role === 'guest') {
    memory.sync.startTogether()
    return race.guest(memory)
  }
  const copy = kind.make(memory, race.within)
  memory.sync.startTogether()
  const end = performance.now() + ms
  race.device(memory, copy, () => performance.now() >= end)
  memory.sync.stop()
  return { rounds: 0, caught: 0 }
}
