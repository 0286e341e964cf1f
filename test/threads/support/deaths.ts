import { abandonBoard } from 'guestmem/threads'
import { later } from '../../support/later.ts'
import { ADDRESS, FLAG } from './addresses.ts'
import { machine } from './machine.ts'
import { start, type Vcpu } from './run.ts'

// What holds where a thread ends in whatever it was doing. Threads start and end in each round, so that a round takes long:
// 0.1 s where a member is killed; 1 s where the owner dies, as who sleeps then looks once a second. So `npm test` has 12 and 2
// of them, `npm run threads-soak` as many as its minutes hold.

export type Death = (path: string, rounds: number, hangs?: Promise<unknown>) => Promise<string[]>

/**
 * A member is killed at random. What it had posted is made, once and in order; nobody waits for it; the others go on.
 *
 * @param path Of the vCPUs' program.
 * @param hangs Resolves when nobody waits any longer.
 * @returns What is wrong.
 */
export const killedMembers: Death = async (path, rounds, hangs = new Promise(() => {})) => {
  const { board, memory, window, seen } = machine({ members: 64 })
  const faults: string[] = []
  const threads: Vcpu[] = []
  const patience = hangs.then(() => 'hangs')
  const before = async (done: () => boolean, what: string): Promise<boolean> => {
    for (let isOver = false; !done(); ) {
      if (isOver) {
        faults.push(what)
        return false
      }
      isOver = (await Promise.race([later(1), patience])) === 'hangs'
    }
    return true
  }
  let stop = board.listen()
  try {
    const survivor = start(path, board.handle(), { program: 'forever' })
    threads.push(survivor)
    for (let round = 0; round < rounds && faults.length === 0; round++) {
      const handle = board.handle()
      const [flag, device] = [FLAG(handle.id), ADDRESS.posted + 8 * handle.id]
      const first = memory.load32(device)
      const victim = start(path, handle, { program: 'posts', rounds: first })
      threads.push(victim)
      if (!(await before(() => memory.load32(flag) > first, 'a new member does not begin'))) break
      // Half of them while nobody takes what they post: then there is something left, or the ring is full.
      if (round % 2 === 0) stop()
      await later(Math.random() * 8)
      await victim.worker.terminate()
      board.remove(victim.id)
      if (round % 2 === 0) stop = board.listen()
      const told = memory.load32(flag)
      const posted = memory.load32(device)
      // It may have been killed between a posted store and saying so.
      if (posted !== told && posted !== told + 1) faults.push(`${posted} posted stores were made, of ${told}`)
      window.setEnabled(!window.enabled)
      if ((await Promise.race([board.settled, patience])) === 'hangs') faults.push('a dead member is waited for')
      const { sum } = seen
      await before(() => seen.sum > sum, 'the others do not go on')
    }
    if (seen.outOfOrder > 0) faults.push(`${seen.outOfOrder} posted stores are out of order`)
    return [...faults, ...seen.errors.map(String)]
  } finally {
    await Promise.all(threads.map(({ worker }) => worker.terminate()))
    stop()
    board.close()
  }
}

/**
 * The owner dies at random: whoever waits for it, for an answer, for room in its ring, or for attention, has an error thrown.
 *
 * @param path Of the vCPUs' program.
 * @param hangs Resolves when nobody waits any longer.
 * @returns What is wrong.
 */
export const goneOwner: Death = async (path, rounds, hangs = new Promise(() => {})) => {
  const faults: string[] = []
  const patience = hangs.then(() => 'hangs')
  for (let round = 0; round < rounds && faults.length === 0; round++) {
    const { board, memory } = machine({ members: 4 })
    const stop = board.listen()
    const handle = board.handle()
    const threads = ['sleep', 'forever', 'posts'].map(program => start(path, board.handle(), { program, rounds: 0 }))
    const hasCome = ({ id }: Vcpu): boolean => memory.load32(FLAG(id)) > 0
    while (!threads.every(hasCome)) await later(1)
    await later(Math.random() * 8)
    stop()
    // Those that ask fall asleep meanwhile, or have.
    await later(Math.random() * 20)
    abandonBoard(handle)
    const end = ({ result }: Vcpu): Promise<string> => result.then(String, ({ message }) => message)
    for (const [i, ended] of threads.entries()) {
      const how = await Promise.race([end(ended), patience])
      if (!/the board is gone/.test(how)) faults.push(`member ${i} ends so: ${how}`)
    }
    await Promise.all(threads.map(({ worker }) => worker.terminate()))
    board.close()
  }
  return faults
}

export const DEATHS: readonly (readonly [what: string, rounds: number, death: Death])[] = [
  ['a member that is killed at random is waited for by nobody, and what it posted is made', 12, killedMembers],
  ['who waits for an owner that dies has an error thrown', 2, goneOwner],
]
