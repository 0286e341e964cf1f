import {
  AddressSpace,
  DirtyClient,
  MemoryRegion,
  registerMemoryListener,
  startGlobalDirtyLog,
  stopGlobalDirtyLog,
} from 'guestmem'
import { afterEach, describe, expect, test } from 'vitest'
import { afterDirtyLogSync, clearDirtyLog, syncDirtyLog } from '../../src/dirty-log/log-listeners.ts'
import { logger, taken } from '../listener/support/listener-log.ts'
import { block, countUpdates, PAGE, QUIET } from '../support/board.ts'

afterEach(stopGlobalDirtyLog)

function board() {
  const root = MemoryRegion.container('root', 0x10000)
  const ram = MemoryRegion.ram('ram', block(PAGE))
  root.addSubregion(0, ram)
  root.addSubregion(0x2000, MemoryRegion.io('dev', QUIET, 16))
  root.addSubregion(0x4000, MemoryRegion.rom('rom', block(PAGE)))
  root.addSubregion(0x8000, MemoryRegion.alias('window', ram, 0x800, 0x100))
  return { root, ram, space: new AddressSpace('space', root), log: [] as string[] }
}

const masks = (space: AddressSpace) => space.view.ranges.map(range => range.dirtyLogMask)
const { VGA, MIGRATION } = DirtyClient

describe('F4 the global dirty log', () => {
  test('F1 sets MIGRATION in the mask of all memory, beside what is there, and in no other', () => {
    const { ram, space } = board()
    const apart = new AddressSpace('apart', MemoryRegion.ram('apart', block(PAGE)))
    ram.setLog(VGA, true)
    startGlobalDirtyLog()
    expect(masks(space)).toEqual([VGA | MIGRATION, 0, MIGRATION, VGA | MIGRATION])
    expect([masks(apart), ram.dirtyLogMask]).toEqual([[MIGRATION], VGA | MIGRATION])
    expect(masks(new AddressSpace('later', apart.root))).toEqual([MIGRATION])
    ram.setLog(VGA, false)
    expect(masks(space)).toEqual([MIGRATION, 0, MIGRATION, MIGRATION])
    stopGlobalDirtyLog()
    expect([masks(space), masks(apart), ram.dirtyLogMask]).toEqual([[0, 0, 0, 0], [0], 0])
  })

  test('F4 asks no space that was destroyed', () => {
    const { space } = board()
    space.destroy()
    const updates = countUpdates(space)
    startGlobalDirtyLog()
    expect([updates.count, space.view.ranges.length]).toEqual([0, 0])
  })

  test('F1 what a client asked for itself stays', () => {
    const { ram, space } = board()
    ram.setLog(MIGRATION, true)
    startGlobalDirtyLog()
    stopGlobalDirtyLog()
    expect(masks(space)).toEqual([MIGRATION, 0, 0, MIGRATION])
  })

  test('F4 start: logGlobalStart forward, then the masks; stop: the masks, then logGlobalStop in reverse', () => {
    const { space, log } = board()
    const names = ['begin', 'commit', 'logStart', 'logStop', 'logGlobalStart', 'logGlobalStop'] as const
    registerMemoryListener(space, logger(log, 'b', names), { priority: 1 })
    registerMemoryListener(space, logger(log, 'a', names))
    taken(log)
    startGlobalDirtyLog()
    const both = (lines: string[], order: string[]) => lines.flatMap(line => order.map(name => `${name} ${line}`))
    const ranges = ['0-1000 ram', '4000-5000 rom ro', '8000-8100 ram+800']
    const forward = ['a', 'b']
    expect(taken(log)).toEqual([
      ...both(['logGlobalStart', 'begin', ...ranges.map(range => `logStart ${range} 0 4`), 'commit'], forward),
    ])
    startGlobalDirtyLog()
    expect(taken(log)).toEqual([])
    stopGlobalDirtyLog()
    expect(taken(log)).toEqual([
      ...both(['begin'], forward),
      ...both(
        ranges.map(range => `logStop ${range} 4 0`),
        ['b', 'a'],
      ),
      ...both(['commit'], forward),
      ...both(['logGlobalStop'], ['b', 'a']),
    ])
    stopGlobalDirtyLog()
    expect(taken(log)).toEqual([])
  })

  test('F4 within a transaction the masks follow at its end, and logGlobalStop after them', () => {
    const { space, log } = board()
    registerMemoryListener(space, logger(log, 'a', ['logStart', 'logStop', 'logGlobalStart', 'logGlobalStop']))
    MemoryRegion.transaction(() => {
      startGlobalDirtyLog()
      expect(taken(log)).toEqual(['a logGlobalStart'])
      expect(masks(space)).toEqual([0, 0, 0, 0])
    })
    expect(taken(log).length).toBe(3)
    MemoryRegion.transaction(() => {
      stopGlobalDirtyLog()
      expect(taken(log)).toEqual([])
    })
    const told = taken(log)
    expect([told.length, told.at(-1)]).toEqual([4, 'a logGlobalStop'])
  })

  test('C9 a listener that is registered while it runs is told so, before the ranges', () => {
    const { space, log } = board()
    startGlobalDirtyLog()
    const unregister = registerMemoryListener(space, logger(log, 'a'))
    expect(taken(log).slice(0, 4)).toEqual([
      'a begin',
      'a logGlobalStart',
      'a regionAdd 0-1000 ram',
      'a logStart 0-1000 ram 0 4',
    ])
    unregister()
    expect(taken(log).slice(0, 3)).toEqual(['a begin', 'a logStop 0-1000 ram 4 0', 'a regionDel 0-1000 ram'])
  })
})

describe('F3 what a snapshot asks of listeners', () => {
  test('F3 logSync of the ranges of a region that are logged, in every space; logSyncGlobal in place of it', () => {
    const { root, ram, space, log } = board()
    const second = new AddressSpace('second', MemoryRegion.alias('part', root, 0, 0x800))
    registerMemoryListener(space, logger(log, 'a', ['logSync']))
    registerMemoryListener(second, logger(log, 'b', ['logSync']))
    registerMemoryListener(second, logger(log, 'c', ['logSyncGlobal']))
    registerMemoryListener(second, logger(log, 'd', ['regionNop']))
    syncDirtyLog(ram)
    expect(taken(log)).toEqual(['c logSyncGlobal'])
    ram.setLog(VGA, true)
    taken(log)
    syncDirtyLog(ram)
    const ofRam = ['a logSync 0-1000 ram', 'a logSync 8000-8100 ram+800', 'b logSync 0-800 ram', 'c logSyncGlobal']
    expect(taken(log)).toEqual(ofRam)
    startGlobalDirtyLog()
    taken(log)
    syncDirtyLog()
    expect(taken(log)).toEqual([ofRam[0], 'a logSync 4000-5000 rom ro', ...ofRam.slice(1)])
  })

  test('F3 logClear of each range the part that is cleared', () => {
    const { ram, space, log } = board()
    registerMemoryListener(space, logger(log, 'a', ['logClear']))
    clearDirtyLog(ram, 0, PAGE)
    expect(taken(log)).toEqual([])
    ram.setLog(VGA, true)
    clearDirtyLog(ram, 0x880, 0x400)
    expect(taken(log)).toEqual(['a logClear 880-c80 ram+880', 'a logClear 8080-8100 ram+880'])
    clearDirtyLog(ram, 0x900, 0x100)
    expect(taken(log)).toEqual(['a logClear 900-a00 ram+900'])
    clearDirtyLog(MemoryRegion.ram('other', block(PAGE)), 0, PAGE)
    expect(taken(log)).toEqual([])
  })

  test('F3 logGlobalAfterSync goes to every listener, in order', () => {
    const { space, log } = board()
    registerMemoryListener(space, logger(log, 'b', ['logGlobalAfterSync']), { priority: 1 })
    registerMemoryListener(space, logger(log, 'a', ['logGlobalAfterSync']))
    afterDirtyLogSync()
    expect(taken(log)).toEqual(['a logGlobalAfterSync', 'b logGlobalAfterSync'])
  })

  test('F3 what is changed meanwhile is rendered after, and what is thrown is thrown after all were asked', () => {
    const { root, ram, space, log } = board()
    ram.setLog(VGA, true)
    const boom = new Error('from logSync')
    registerMemoryListener(space, {
      logSync: () => {
        root.setEnabled(false)
        expect(space.view.ranges.length).toBe(4)
        throw boom
      },
    })
    registerMemoryListener(space, logger(log, 'a', ['logSync']))
    expect(() => syncDirtyLog()).toThrow(boom)
    expect(taken(log)).toEqual(['a logSync 0-1000 ram', 'a logSync 8000-8100 ram+800'])
    expect(space.view.ranges.length).toBe(0)
  })
})
