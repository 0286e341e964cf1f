import {
  AddressSpace,
  codeWrites,
  DirtyClient,
  type DirtySnapshot,
  GuestRam,
  isDirty,
  type MemoryListener,
  MemoryRegion,
  markDirty,
  registerMemoryListener,
  snapshotAndClearDirty,
  startGlobalDirtyLog,
  stopGlobalDirtyLog,
  testAndClearDirty,
} from 'guestmem'
import { afterEach, describe, expect, test } from 'vitest'
import { logger, taken } from '../listener/support/listener-log.ts'
import { PAGE, QUIET } from '../support/board.ts'

const CLIENTS = Object.values(DirtyClient)
const boom = new Error('from a listener')

afterEach(stopGlobalDirtyLog)

/** A region of three blocks, one of them in another guest RAM and one of no whole pages; each is logged for all. */
function board() {
  const [ram, other] = [GuestRam.allocate(90 * PAGE), GuestRam.allocate(90 * PAGE)]
  ram.block('before', 5 * PAGE)
  const blocks = [ram.block('a', 37 * PAGE), other.block('b', 33 * PAGE + 100), ram.block('c', 40 * PAGE)]
  const region = MemoryRegion.ram('ram', blocks)
  for (const client of CLIENTS) region.setLog(client, true)
  const root = MemoryRegion.container('root', 2 ** 30)
  root.addSubregion(0, region)
  const space = new AddressSpace('space', root)
  const marked = [3, 31, 36, 40, 68, 71, 75, 109].map(page => page * PAGE)
  for (const offset of marked) markDirty(region, offset, 1, 7)
  return { blocks, region, root, space, log: [] as string[] }
}

const marksOf = (region: MemoryRegion, client: DirtyClient) =>
  Array.from({ length: Math.ceil(region.size / PAGE) }, (_, page) => page).filter(page =>
    isDirty(region, page * PAGE, Math.min(PAGE, region.size - page * PAGE), client),
  )

const TAKES: readonly (readonly [string, (...of: Parameters<typeof testAndClearDirty>) => DirtySnapshot | boolean])[] =
  [
    ['snapshotAndClearDirty', snapshotAndClearDirty],
    ['testAndClearDirty', testAndClearDirty],
  ]

describe.each(TAKES)('F3 %s', (_name, take) => {
  describe.each(['logSync', 'logSyncGlobal', 'logClear', 'logGlobalAfterSync'] as const)(
    'where %s throws, no mark is lost',
    on => {
      const thrower: MemoryListener = {
        [on]: () => {
          throw boom
        },
      }

      test.each(CLIENTS)('client %i', client => {
        const { region, space, log } = board()
        const before = marksOf(region, client)
        expect(before.length).toBeGreaterThan(7)
        const count = codeWrites(region.block as never)
        const unregister = registerMemoryListener(space, thrower)
        registerMemoryListener(space, logger(log, 'a', ['logSync', 'logClear', 'logGlobalAfterSync']))
        for (const [offset, length] of [
          [0, region.size],
          [2 * PAGE + 5, 40 * PAGE],
          [60 * PAGE, 16 * PAGE],
        ] as const) {
          expect(() => take(region, offset, length, client)).toThrow(boom)
          expect(marksOf(region, client)).toEqual(before)
          // Nobody else is starved by it.
          const told = taken(log)
          expect(told.filter(line => line === 'a logGlobalAfterSync')).toHaveLength(1)
          expect(told[0]).toMatch(/^a logSync /)
          expect(told.some(line => line.startsWith('a logClear'))).toBe(!on.startsWith('logSync'))
        }
        // A JIT that took the bits for its own looks again.
        const looks = codeWrites(region.block as never) !== count
        expect(looks).toBe(client === DirtyClient.CODE && !on.startsWith('logSync'))
        unregister()
        expect(take(region, 0, region.size, client)).toBeTruthy()
        expect(marksOf(region, client)).toEqual([])
        for (const other of CLIENTS) if (other !== client) expect(marksOf(region, other)).toEqual(before)
      })
    },
  )

  test('nor where what a callback changed has another listener throw', () => {
    const { region, root, space } = board()
    const before = marksOf(region, DirtyClient.VGA)
    let armed = false
    registerMemoryListener(space, {
      logClear: () => root.addSubregion(2 ** 29, MemoryRegion.io('late', QUIET, 4)),
      regionAdd: () => {
        if (armed) throw boom
      },
    })
    armed = true
    expect(() => take(region, 0, region.size, DirtyClient.VGA)).toThrow(boom)
    expect(marksOf(region, DirtyClient.VGA)).toEqual(before)
  })

  test('nor where callbacks begin and end logs, or take marks themselves', () => {
    const { blocks, region, space } = board()
    const before = marksOf(region, DirtyClient.MIGRATION)
    const within: DirtySnapshot[] = []
    let throws = true
    registerMemoryListener(space, {
      logSync: () => {
        startGlobalDirtyLog()
        region.setLog(DirtyClient.VGA, false)
      },
      logClear: () => {
        stopGlobalDirtyLog()
        region.setLog(DirtyClient.VGA, true)
        // Of a part: taken by the outer one already, but for the client that it is not of.
        within.push(snapshotAndClearDirty(blocks[0] as never, 0, PAGE, DirtyClient.MIGRATION))
        if (throws) throw boom
      },
    })
    expect(() => take(region, 0, region.size, DirtyClient.MIGRATION)).toThrow(boom)
    expect(marksOf(region, DirtyClient.MIGRATION)).toEqual(before)
    throws = false
    expect(take(region, 0, region.size, DirtyClient.MIGRATION)).toBeTruthy()
    expect(within.flatMap(snapshot => [...snapshot.ranges()])).toEqual([])
    expect(region.dirtyLogMask).toBe(7)
    markDirty(region, 0, 1, DirtyClient.MIGRATION)
    expect(marksOf(region, DirtyClient.MIGRATION)).toEqual([0])
  })
})

test('F3 what is thrown is what was thrown first', () => {
  const { region, space } = board()
  const errors = ['sync', 'clear', 'after'].map(name => new Error(name))
  registerMemoryListener(space, {
    logClear: () => {
      throw errors[1]
    },
    logGlobalAfterSync: () => {
      throw errors[2]
    },
  })
  expect(() => testAndClearDirty(region, 0, PAGE, DirtyClient.VGA)).toThrow(errors[1])
  registerMemoryListener(space, {
    logSync: () => {
      throw errors[0]
    },
  })
  expect(() => testAndClearDirty(region, 0, PAGE, DirtyClient.VGA)).toThrow(errors[0])
})
