import { afterEach, describe, expect, test, vi } from 'vitest'
import { Board } from '../../src/threads/board.ts'
import { Grace } from '../../src/threads/grace.ts'
import { Outbox } from '../../src/threads/outbox.ts'
import { Server } from '../../src/threads/server.ts'
import { bundle, type Mutation } from './support/bundle.ts'
import { type Death, goneOwner, killedMembers } from './support/deaths.ts'
import { faultsOf, invariantOf } from './support/invariants.ts'

// The litmus tests find what is wrong: here something is. Each mutant is of a kind that x86 shows, too: what its CPUs never
// do with loads and stores, the explorer has (protocol-model.test.ts).

afterEach(() => void vi.restoreAllMocks())

/** Threads that are at the same place at the same time are luck: they try again so often. */
const MOST_TRIES = 40
/** Where a mutant may hang, that is found, too: what the same program takes where nothing is wrong is a tenth of it. */
const PATIENCE_MS = 3000

/** What a litmus test finds, in the first of several runs in which it finds anything. */
async function found(
  program: string,
  rounds: number,
  mutation?: Mutation,
  { late = 0, hangs = false, most = MOST_TRIES } = {},
): Promise<string[]> {
  const { path, remove } = await bundle('vcpu.ts', mutation)
  try {
    for (let tries = 0; tries < most; tries++) {
      const patience = new Promise<string[]>(resolve => {
        if (hangs) setTimeout(() => resolve(['hangs']), PATIENCE_MS).unref()
      })
      const faults = await faultsOf(invariantOf(program), path, rounds, late, patience)
      if (faults.length > 0) return faults
    }
    return []
  } finally {
    remove()
  }
}

const UNAPPLIED: Mutation = {
  file: 'link.ts',
  from: 'this.#user?.apply(rows)',
  to: 'if (this.#epoch === 0) this.#user?.apply(rows)',
}
const NO_ANSWER: Mutation = { file: 'link.ts', from: 'this.#wait(this.#isAnswered, REPLIES)', to: '' }
const ONLINE_LATE: Mutation = {
  file: 'presence.ts',
  from: `Atomics.store(this.#words, this.#at + ONLINE, 1)
    return Atomics.load(this.#words, EPOCH)`,
  to: `const epoch = Atomics.load(this.#words, EPOCH)
    for (let i = 0; i < 30_000; i++) Atomics.load(this.#words, EPOCH)
    Atomics.store(this.#words, this.#at + ONLINE, 1)
    return epoch`,
}

describe('a member that', () => {
  test.each<[what: string, Mutation, program: string, rounds: number, hangs?: boolean]>([
    ['acknowledges a map that it does not use', UNAPPLIED, 'causal', 200],
    ['goes on with the map that it had before it asked', UNAPPLIED, 'own', 400],
    ['looks at the map before it says that it is online', ONLINE_LATE, 'online', 400],
    ['does not wait for its answer', NO_ANSWER, 'dma', 1000],
    ['goes past its posted stores', NO_ANSWER, 'posted', 10_000],
    [
      'says that an entry is there before it is',
      {
        file: 'link.ts',
        from: `storeRequest(this.#words, this.#ring.place, kind, size, address, low, high, attrs)
    this.#ring.push()`,
        to: `let { place } = this.#ring
    this.#ring.push()
    for (let i = 0; i < 100; i++) place += Atomics.load(this.#words, 0) * 0
    storeRequest(this.#words, place, kind, size, address, low, high, attrs)`,
      },
      'posted',
      5000,
      true,
    ],
    [
      'asks again where the map has changed meanwhile',
      {
        file: 'link.ts',
        from: 'this.#wait(this.#isAnswered, REPLIES)',
        to: `this.#wait(this.#isAnswered, REPLIES)
    if (this.#presence.epoch !== this.#epoch) {
      storeRequest(words, this.#ring.place, kind, size, address, low, high, attrs)
      this.#replies = (this.#replies + 1) | 0
      this.#ring.push()
      this.flush()
      this.#wait(this.#isAnswered, REPLIES)
    }`,
      },
      'counter',
      2000,
    ],
    [
      'takes interrupts by a load and a store',
      {
        file: 'member.ts',
        from: 'return Atomics.exchange(this.#words, this.#at + PENDING, 0)',
        to: `const bits = Atomics.load(this.#words, this.#at + PENDING)
    Atomics.store(this.#words, this.#at + PENDING, 0)
    return bits`,
      },
      'lines',
      1600,
    ],
    [
      'does not look once more before it sleeps',
      { file: 'sleep.ts', from: 'if (done()) return true', to: '' },
      'wakeups',
      500,
    ],
    ['wakes no owner', { file: 'sleep.ts', from: 'Atomics.notify(words, DOORBELL)', to: '' }, 'wakeups', 100, true],
    ['marks no page', { file: 'member-map.ts', from: 'memory.setLog(client, true)', to: '{}' }, 'pages', 192],
    [
      'makes two requests of an atomic access',
      { file: 'forwarder.ts', from: 'atomics(offset, size,', to: 'unused(offset, size,' },
      'mmioAtomics',
      200,
      true,
    ],
    ['fences nothing', { file: 'member.ts', from: 'atomicFence(this.space)', to: '' }, 'fence', 10_000],
  ])('%s', async (_, mutation, program, rounds, hangs = false) => {
    expect(await found(program, rounds, mutation, { hangs })).not.toEqual([])
  })

  test('stores over entries that were not taken', async () => {
    const mutation = { file: 'ring.ts', from: '< RING_ENTRIES', to: '< 1e9' }
    expect(await found('flood', 2000, mutation, { late: 500 })).not.toEqual([])
  })
})

describe('a guest that', () => {
  test.each<[what: string, from: string, to: string, program: string]>([
    [
      'stores its descriptor behind the doorbell',
      `space.store32(ADDRESS.descriptor, i)
      space.store32(ADDRESS.doorbell, i)`,
      `space.store32(ADDRESS.doorbell, i)
      space.store32(ADDRESS.descriptor, i)`,
      'descriptor',
    ],
    [
      'does so where a notifier takes it',
      `space.store32(ADDRESS.descriptor, i)
      space.store32(ADDRESS.doorbell + 4, 1)`,
      `space.store32(ADDRESS.doorbell + 4, 1)
      space.store32(ADDRESS.descriptor, i)`,
      'notifier',
    ],
    [
      'adds by a load and a store',
      'atomicAdd32(space, FLAG(0), 1)',
      'const sum = space.load32(FLAG(0)); poll(); space.store32(FLAG(0), sum + 1)',
      'atomics',
    ],
  ])('%s', async (_, from, to, program) => {
    expect(await found(program, 1000, { file: 'vcpu.ts', from, to })).not.toEqual([])
  })
})

describe('an owner that', () => {
  test.each(['causal', 'told', 'pages'])('tells of a change before all use it: %s', async program => {
    vi.spyOn(Grace.prototype, 'isSettled').mockReturnValue(true)
    expect(await found(program, program === 'pages' ? 640 : 200)).not.toEqual([])
  })

  test('raises interrupts past what waits', async () => {
    vi.spyOn(Outbox.prototype, 'tell').mockImplementation(send => send())
    expect(await found('told', 200)).not.toEqual([])
  })

  test.each([
    ['others posted', 'pushes'],
    ['was posted before a notifier was rung', 'postedNotifier'],
  ])('leaves what %s for later', async (_, program) => {
    vi.spyOn(Server.prototype, 'drain').mockImplementation(() => {})
    expect(await found(program, 500, undefined, { hangs: true })).not.toEqual([])
  })
})

describe('where a thread ends', () => {
  /** Who sleeps looks once a second. */
  const PATIENCE_OF_SLEEPERS_MS = 2500
  async function faultsWhere(death: Death, rounds: number, mutation?: Mutation): Promise<string[]> {
    const { path, remove } = await bundle('vcpu.ts', mutation)
    try {
      return await death(
        path,
        rounds,
        new Promise(resolve => void setTimeout(resolve, PATIENCE_OF_SLEEPERS_MS).unref()),
      )
    } finally {
      remove()
    }
  }

  test('what a member had posted is not made', async () => {
    vi.spyOn(Server.prototype, 'bury').mockImplementation(() => {})
    expect(await faultsWhere(killedMembers, 20)).toEqual([expect.stringMatching(/posted stores were made, of/)])
  })

  test('a member is waited for that is dead', async () => {
    const { remove } = Board.prototype
    vi.spyOn(Board.prototype, 'remove').mockImplementation(function (this: Board, id) {
      const forget = vi.spyOn(Map.prototype, 'delete').mockReturnValue(true)
      remove.call(this, id)
      forget.mockRestore()
    })
    expect(await faultsWhere(killedMembers, 30)).toContain('a dead member is waited for')
  })

  test.each([
    ['does not see', 'if (Atomics.load(this.#words, GONE) !== 0) throw', 'if (false) throw'],
    ['does not look', 'Math.min(left, LOOK_MS)', 'left'],
  ])('a member that waits %s that its owner is gone', async (_, from, to) => {
    expect(await faultsWhere(goneOwner, 1, { file: 'link.ts', from, to })).toContain('member 0 ends so: hangs')
  })
})

test('and where nothing is, nothing', async () => {
  expect(await found('causal', 200, undefined, { most: 1 })).toEqual([])
})
