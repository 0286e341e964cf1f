import { Worker } from 'node:worker_threads'
import {
  AddressSpace,
  DirtyClient,
  GuestRam,
  HOST_PROFILES,
  hostProfile,
  MemoryRegion,
  MemTxResult,
  registerMemoryListener,
  SparseRam,
  snapshotAndClearDirty,
} from 'guestmem'
import { Attention, abandonBoard, Board, type BoardHandle, Member } from 'guestmem/threads'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { runs } from '../support/campaign.ts'
import { later } from '../support/later.ts'
import { ADDRESS } from './support/addresses.ts'
import { bundle, type Program } from './support/bundle.ts'
import { machine } from './support/machine.ts'
import { runAll, start, type Vcpu } from './support/run.ts'

let program: Program
let owner: Program
beforeAll(async () => {
  program = await bundle('vcpu.ts')
  owner = await bundle('owner.ts')
})
afterAll(() => {
  program.remove()
  owner.remove()
})

const started: Vcpu[] = []
afterEach(async () => {
  await Promise.all(started.splice(0).map(({ worker }) => worker.terminate()))
})
function vcpu(handle: BoardHandle, data: object): Vcpu {
  const one = start(program.path, handle, { cpus: 2, rounds: 0, ...data })
  started.push(one)
  return one
}
async function until(done: () => boolean): Promise<void> {
  while (!done()) await later(1)
}

describe('what members ask for', () => {
  test('a notifier is rung as an eventfd is: several rings may be one', async () => {
    const { board, seen } = machine()
    const { numRuns } = runs(5000)
    await runAll(program.path, board, 1, { program: 'rings', rounds: numRuns })
    const stop = board.listen()
    await until(() => seen.rung > 0)
    stop()
    board.close()
    expect(seen.errors).toEqual([])
    expect(seen.rung).toBeLessThanOrEqual(numRuns)
  })

  test('posted stores are made within one flush: not each of them asks all listeners', async () => {
    const { board, memory, seen } = machine()
    let flushes = 0
    const unregister = registerMemoryListener(memory, { coalescedIoFlush: () => void flushes++ })
    const one = vcpu(board.handle(), { program: 'flood', rounds: 200 })
    await one.result
    const before = flushes
    const stop = board.listen()
    await until(() => seen.posted === 200)
    expect(flushes - before).toBeLessThan(10)
    stop()
    unregister()
    board.close()
    expect([seen.outOfOrder, seen.errors]).toEqual([0, []])
  })

  test('a handler that throws is an ERROR, and told', async () => {
    const { board, seen } = machine()
    const accesses = [
      ['store32', ADDRESS.config + 0x20, 1],
      ['load32', ADDRESS.bars],
      ['store32', ADDRESS.config + 0x24, 1],
    ]
    const [told] = await runAll(program.path, board, 1, { program: 'accesses', accesses })
    board.close()
    expect((told as unknown[][]).map(each => each.at(-1))).toEqual([
      MemTxResult.ERROR,
      MemTxResult.OK,
      MemTxResult.ERROR,
    ])
    expect(seen.errors.map(String)).toEqual(['Error: no such register', 'Error: no such register'])
  })

  test('a full ring waits, and loses nothing', async () => {
    const { board, seen } = machine()
    const one = vcpu(board.handle(), { program: 'flood', rounds: 2000 })
    await later(300)
    expect(seen.posted).toBe(0)
    const stop = board.listen()
    expect(await one.result).toEqual({ bad: 0, of: 2000 })
    await until(() => seen.posted === 2000)
    stop()
    board.close()
    expect([seen.posted, seen.outOfOrder]).toEqual([2000, 0])
  })
})

describe('memory', () => {
  const load = (address: number): readonly [string, number] => ['load32', address]

  test('blocks that are cut later, other guest RAMs, sparse ones, and private ones', async () => {
    const other = GuestRam.allocate(2 ** 20)
    const { board, ram, system, memory } = machine({ rams: [other] })
    const handle = board.handle()
    const sparse = new SparseRam({ memoryBytes: 2 ** 20 })
    const blocks = [
      ram.block('late', 8192),
      other.block('other', 4096),
      GuestRam.allocate(4096, { shared: false }).block('private', 4096),
      GuestRam.allocate(4096).block('unknown', 4096),
    ]
    const regions = [
      ...blocks.map(block => MemoryRegion.ram('ram', block)),
      MemoryRegion.ram('sparse', sparse.blocks('sparse', 2 ** 21)),
    ]
    regions.forEach((region, i) => {
      const at = 0x4000_0000 + i * 0x100_0000
      system.addSubregion(at, region)
      memory.store32(at, i + 1)
      memory.store32(at + region.size - 4, i + 11)
    })
    const at = regions.flatMap(({ address, size }) => [address, address + size - 4])
    const accesses = [...at.map(load), ...at.map(each => ['store32', each, each / 4]), ...at.map(load)]
    const stop = board.listen()
    const told = (await vcpu(handle, { program: 'accesses', accesses }).result) as unknown[][]
    stop()
    board.close()
    expect(told.slice(0, at.length).map(each => each[2])).toEqual([1, 11, 2, 12, 3, 13, 4, 14, 5, 15])
    expect(told.slice(-at.length).map(each => each[2])).toEqual(at.map(each => each / 4))
    expect(at.map(each => memory.load32(each))).toEqual(at.map(each => each / 4))
  })

  test('more ranges than there is room for are forwarded', async () => {
    const { board, system, ram, memory } = machine({ ranges: 4 })
    const block = ram.block('striped', 2 ** 16)
    const memoryOf = MemoryRegion.ram('striped', block)
    const at = Array.from({ length: 8 }, (_, i) => 0x4000_0000 + i * 0x2000)
    at.forEach((address, i) => {
      system.addSubregion(address, MemoryRegion.alias('stripe', memoryOf, i * 4096, 4096))
      memory.store32(address, i + 1)
    })
    const [told] = await runAll(program.path, board, 1, { program: 'accesses', accesses: at.map(load) })
    board.close()
    expect((told as unknown[][]).map(each => each[2])).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  })

  test('a dirty log that is turned on while members store loses nothing from `settled` on', async () => {
    const { board, main } = machine()
    const stop = board.listen()
    const one = vcpu(board.handle(), { program: 'forever' })
    await later(50)
    main.setLog(DirtyClient.VGA, true)
    await board.settled
    stop()
    await one.worker.terminate()
    board.remove(one.id)
    const accesses = [0x100, 0x5004, 0x9008].map(address => ['store32', address, 7])
    const [told] = await runAll(program.path, board, 1, { program: 'accesses', accesses })
    expect(told).toHaveLength(3)
    const dirty = snapshotAndClearDirty(main, 0, main.size, DirtyClient.VGA)
    expect(Array.from(dirty.ranges(), ({ offset }) => offset)).toEqual([0, 0x5000, 0x9000])
    main.setLog(DirtyClient.VGA, false)
    await runAll(program.path, board, 1, { program: 'accesses', accesses })
    expect(Array.from(snapshotAndClearDirty(main, 0, main.size, DirtyClient.VGA).ranges())).toEqual([])
    board.close()
  })
})

describe('life and death', () => {
  test('`settled` waits for a member that runs, and not for one that halts; `onStall` names who does not poll', async () => {
    const { board, seen, window } = machine({ stallMs: 50 })
    const stop = board.listen()
    const idle = vcpu(board.handle(), { program: 'sleep' })
    window.setEnabled(false)
    await board.settled
    const busy = vcpu(board.handle(), { program: 'stall', rounds: 1500 })
    await later(700)
    let isSettled = false
    window.setEnabled(true)
    board.settled.then(() => {
      isSettled = true
    })
    await until(() => seen.stalled.length > 0)
    expect([seen.stalled, isSettled]).toEqual([[busy.id], false])
    expect(await busy.result).toBe('done')
    await board.settled
    expect([seen.stalled, isSettled]).toEqual([[busy.id], true])
    board.stop(idle.id)
    expect(await idle.result).toBeGreaterThan(0)
    stop()
    board.close()
  })

  test('members that are killed at any moment are waited for no longer, and their places are free', async () => {
    const { board, seen, window } = machine({ members: 2 })
    const stop = board.listen()
    for (let i = 0; i < 8; i++) {
      const one = vcpu(board.handle(), { program: 'forever' })
      const before = seen.sum
      await until(() => seen.sum > before)
      await later(i * 3)
      await one.worker.terminate()
      window.setEnabled(i % 2 === 0)
      board.remove(one.id)
      await board.settled
    }
    const [verdict] = await Promise.all([vcpu(board.handle(), { program: 'own', rounds: 50 }).result])
    expect(verdict).toEqual({ bad: 0, of: 50 })
    stop()
    board.close()
    expect(seen.errors).toEqual([])
  })

  test.each([
    ['closed', ({ board }: { board: Board }) => board.close()],
    ['abandoned', (_: unknown, handle: BoardHandle) => abandonBoard(handle)],
  ] as const)('a board that is %s throws in who waits for it', async (_, end) => {
    const { board } = machine()
    const handle = board.handle()
    // Nobody serves: one waits for an answer, one sleeps.
    const one = vcpu(handle, { program: 'counter', rounds: 1 })
    const other = vcpu(board.handle(), { program: 'sleep' })
    await later(300)
    end({ board }, handle)
    await expect(one.result).rejects.toThrow(/the board is gone/)
    await expect(other.result).rejects.toThrow(/the board is gone/)
  })

  test('64 members', async () => {
    const { board, seen } = machine({ members: 64 })
    const stop = board.listen()
    const all = Array.from({ length: 64 }, () => vcpu(board.handle(), { program: 'counter', rounds: 20 }))
    await Promise.all(all.map(({ result }) => result))
    stop()
    board.close()
    expect(seen.sum).toBe(64 * 20)
    expect(() => board.handle()).toThrow(/^the board was closed$/)
  })

  test('an owner in a worker of its own, which blocks', async () => {
    const worker = new Worker(owner.path)
    const handles = await new Promise<BoardHandle[]>(resolve => worker.once('message', resolve))
    const told = new Promise(resolve => worker.once('message', resolve))
    const results = handles.map(handle => vcpu(handle, { program: 'counter', rounds: 100 }).result)
    await Promise.all(results)
    expect(await told).toEqual({ sum: 200, isDone: true })
    await worker.terminate()
  })
})

describe('misuse is refused by name', () => {
  const region = MemoryRegion.container('system', 2 ** 32)
  const space = new AddressSpace('memory', region)
  const ram = GuestRam.allocate(2 ** 21)

  test.each<[string, () => unknown, RegExp]>([
    ['space', () => new Board(region as never, ram), /^space must be an AddressSpace, got an object$/],
    ['ram', () => new Board(space, ram.handle as never), /^ram must be a GuestRam, got an object$/],
    [
      'private ram',
      () => new Board(space, GuestRam.allocate(4096, { shared: false })),
      /^ram must be shared: no other thread can have the bytes of private guest RAM$/,
    ],
    [
      'members',
      () => new Board(space, ram, { members: 65 }),
      /^options\.members must be an integer from 1 to 64, got 65$/,
    ],
    [
      'ranges',
      () => new Board(space, ram, { ranges: 0 }),
      /^options\.ranges must be an integer from 1 to 65536, got 0$/,
    ],
    [
      'rams',
      () => new Board(space, ram, { rams: ram as never }),
      /^options\.rams must be an array of GuestRams, got an object$/,
    ],
    ['a ram', () => new Board(space, ram, { rams: [1 as never] }), /^options\.rams\[0\] must be a GuestRam, got 1$/],
    ['spin', () => new Board(space, ram, { spinMs: -1 }), /^options\.spinMs must be from 0 to 1000, got -1$/],
    [
      'a misspelt one',
      () => new Board(space, ram, { member: 1 } as never),
      /^options must have keys among members, .*, got "member"$/,
    ],
    ['onError', () => new Board(space, ram, { onError: 1 as never }), /^options\.onError must be a function, got 1$/],
    [
      'a board',
      () => new Member(new Board(space, ram) as never),
      /^handle must be what board\.handle\(\) gives, got a Board: post its handle\(\)$/,
    ],
    [
      'a handle',
      () => new Member(ram.handle as never),
      /^handle\.rams must be guest RAM handles, got undefined: post what board\.handle\(\) gives$/,
    ],
    [
      'endian',
      () => new Member(new Board(space, ram).handle(), { space: { endian: 'big' } as never }),
      /^options\.space\.endian must be left out: it is the board's, got "big"$/,
    ],
  ])('%s', (_, act, message) => {
    expect(act).toThrow(message)
  })

  test('and leaves no space behind: nobody would destroy it', () => {
    const serial = () => new AddressSpace('next', space.root).tree.serial
    const before = serial()
    expect(() => new Board(space, ram, { members: 0 })).toThrow(RangeError)
    expect(() => new Board(space, {} as never)).toThrow(TypeError)
    expect(serial()).toBe(before + 1)
  })

  test('of a board and a member', () => {
    const board = new Board(space, ram, { members: 1 })
    const handle = board.handle()
    expect(() => board.handle()).toThrow(/^options\.members must be more than 1: all places are taken/)
    expect(() => board.raise(1, 1)).toThrow(/^id must be a member's, as in its handle, got 1$/)
    expect(() => board.raise(0, 2 ** 32)).toThrow(/^bits must be an integer from -2147483648 to 4294967295/)
    expect(() => board.remove(-1)).toThrow(/^id must be a member's/)
    expect(() => board.serve(1 as never)).toThrow(/^done must be a function, got 1$/)
    const stop = board.listen()
    expect(() => board.listen()).toThrow(/^listen must not be called while the board is served already$/)
    stop()
    const member = new Member(handle)
    expect(() => member.run(async () => {})).toThrow(/^body must not be async/)
    expect(() => member.run(1 as never)).toThrow(/^body must be a function, got 1$/)
    expect(() => member.halt(-1)).toThrow(/^milliseconds must be from 0 to Infinity, got -1$/)
    board.close()
    expect(() => board.listen()).toThrow(/^the board was closed$/)
  })
})

describe('what is posted', () => {
  const system = MemoryRegion.container('system', 2 ** 32)
  const ram = GuestRam.allocate(2 ** 21)
  const block = ram.block('ram', 4096)
  system.addSubregion(0, MemoryRegion.ram('ram', block))
  const board = new Board(new AddressSpace('memory', system), ram)
  const member = new Member(board.handle())
  const posted: [string, object, RegExp][] = [
    ['a board', board, /post board\.handle\(\)/],
    ['a member', member, /post board\.handle\(\)/],
    ['its space', member.space, /post ram\.handle/],
    ['its root', member.root, /post ram\.handle/],
    ['a region', system, /post ram\.handle/],
    ['a space', board.space, /post ram\.handle/],
    ['guest RAM', ram, /post ram\.handle/],
    ['a block', block, /post ram\.handle/],
  ]

  test.each(posted)('%s is refused, and the error says what to post', (_, one, text) => {
    const { port1, port2 } = new MessageChannel()
    for (const post of [() => structuredClone(one), () => port1.postMessage({ in: [one] })]) {
      expect(post).toThrow(text)
      expect(post).toThrow(expect.objectContaining({ name: 'DataCloneError' }))
    }
    port1.close()
    port2.close()
  })

  test('a handle goes across', () => {
    const handle = board.handle()
    expect(structuredClone(handle)).toMatchObject({ id: handle.id, shape: handle.shape, control: handle.control })
  })
})

describe('callbacks that throw', () => {
  function parts(options: object = {}) {
    const made = machine(options)
    const member = new Member(made.board.handle())
    return { ...made, member }
  }

  test('a listener of a member: the map has changed all the same, and goes on changing', () => {
    const { board, member, window } = parts()
    let isAngry = false
    const angry = registerMemoryListener(member.space, {
      commit() {
        if (isAngry) throw new Error('angry')
      },
    })
    isAngry = true
    const isSeen = (): boolean => member.space.view.find(ADDRESS.window)?.region.kind === 'ram'
    expect(() => member.run(() => 1)).toThrow('angry')
    expect(isSeen()).toBe(true)
    isAngry = false
    angry()
    for (const on of [false, true, false]) {
      window.setEnabled(on)
      board.afterSettled(() => {})
      member.run(() => 1)
      expect(isSeen()).toBe(on)
    }
    board.close()
  })

  test('`onError` and `onStall`: the members are served all the same', async () => {
    const thrown: unknown[] = []
    const microtasks = vi.spyOn(globalThis, 'queueMicrotask').mockImplementation(act => {
      try {
        act()
      } catch (error) {
        thrown.push(String(error))
      }
    })
    const angry = (what: unknown): never => {
      throw new Error(`angry of ${what}`)
    }
    const { board, window } = machine({ onError: angry, onStall: angry, stallMs: 20 })
    const stop = board.listen()
    const [told] = await Promise.all([
      vcpu(board.handle(), { program: 'accesses', accesses: [['store32', ADDRESS.config + 0x20, 1]] }).result,
    ])
    expect(told).toEqual([['store32', ADDRESS.config + 0x20, 1, undefined, MemTxResult.ERROR]])
    const busy = vcpu(board.handle(), { program: 'stall', rounds: 2000 })
    while (thrown.length < 2) {
      window.setEnabled(!window.enabled)
      await later(200)
    }
    expect(thrown).toEqual(['Error: angry of Error: no such register', `Error: angry of ${busy.id}`])
    expect(await busy.result).toBe('done')
    stop()
    board.close()
    microtasks.mockRestore()
  })
})

test('a device that moves is published to nobody; RAM that moves is', () => {
  const { board, bar, window } = machine()
  const member = new Member(board.handle())
  let changes = 0
  const follower = new Member(board.handle(), { onMap: () => changes++ })
  const polled = (): number => member.run(() => member.poll()) | follower.run(() => follower.poll())
  polled()
  const before = changes
  for (let i = 1; i <= 10; i++) {
    bar.setAddress(ADDRESS.bars + i * 0x1_0000)
    board.afterSettled(() => {})
    expect([polled(), changes]).toEqual([0, before])
  }
  window.setEnabled(false)
  board.afterSettled(() => {})
  expect([polled(), changes]).toEqual([Attention.MAP, before + 1])
  board.close()
})

describe.each(['the RAM of the board', 'another one'])('of %s', which => {
  test.each([
    { order: 'language', unaligned: 'refuse' },
    {
      order: 'host',
      unaligned: 'refuse',
      host: hostProfile({ base: 'aarch64', access: { normal: { unaligned: false } } }),
    },
    { order: 'language', unaligned: 'split', host: HOST_PROFILES.aarch64 },
    { order: 'host', unaligned: 'split', host: HOST_PROFILES['x86-64'] },
  ] as const)("$order, $unaligned: order, host and unaligned are a member's too", options => {
    const own = GuestRam.allocate(2 ** 20, which === 'another one' ? {} : options)
    const ram = which === 'another one' ? GuestRam.allocate(2 ** 16, options) : own
    const root = MemoryRegion.container('root', 2 ** 16)
    root.addSubregion(0, MemoryRegion.ram('ram', ram.block('ram', 4096)))
    const board = new Board(new AddressSpace('space', root), own)
    const member = new Member(structuredClone(board.handle()))
    member.run(() => {
      const spaces = [board.space, member.space]
      const [owner, other] = spaces.map(({ view }) => view.ranges[0]?.region.backing[0]?.block.ram) as [
        GuestRam,
        GuestRam,
      ]
      expect(other).not.toBe(owner)
      expect([other.order, other.host]).toEqual([owner.order, owner.host])
      const results = spaces.map(space =>
        [1, 2, 4].flatMap(at => [
          space.load16(at),
          space.result,
          space.load32(at),
          space.result,
          space.load64(at),
          space.result,
        ]),
      )
      expect(results[1]).toEqual(results[0])
      expect(results[0]?.some(result => Number(result) !== 0)).toBe(options.unaligned === 'refuse')
    })
    board.close()
  })
})
