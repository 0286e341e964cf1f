import { AddressSpace, DirtyClient, MemoryRegion, registerMemoryListener } from 'guestmem'
import { describe, expect, test } from 'vitest'
import { block, PAGE, QUIET } from '../support/board.ts'
import { EVENTS, logger, taken } from './support/listener-log.ts'

const io = (name: string, size = 0x10) => MemoryRegion.io(name, QUIET, size)

/** RAM from 0 to 0x1000, registers from 0x2000 on. */
function board() {
  const root = MemoryRegion.container('root', 0x10000)
  const ram = MemoryRegion.ram('ram', block(PAGE))
  const dev = io('dev')
  root.addSubregion(0, ram)
  root.addSubregion(0x2000, dev)
  const space = new AddressSpace('space', root)
  const log: string[] = []
  return { root, ram, dev, space, log }
}

describe('C9 registration', () => {
  test('C9 tells all that is seen, with the masks that are not 0', () => {
    const { root, ram, space, log } = board()
    ram.setLog(DirtyClient.VGA, true)
    root.addSubregion(0x800, io('over'), 1)
    registerMemoryListener(space, logger(log, 'a'))
    expect(taken(log)).toEqual([
      'a begin',
      'a regionAdd 0-800 ram',
      'a logStart 0-800 ram 0 1',
      'a regionAdd 800-810 over',
      'a regionAdd 810-1000 ram+810',
      'a logStart 810-1000 ram+810 0 1',
      'a regionAdd 2000-2010 dev',
      'a commit',
    ])
  })

  test('C9 is told to the one that is registered, and to no other', () => {
    const { space, log } = board()
    registerMemoryListener(space, logger(log, 'a', [...EVENTS, 'regionNop']))
    taken(log)
    registerMemoryListener(space, logger(log, 'b', ['regionAdd']))
    expect(taken(log)).toEqual(['b regionAdd 0-1000 ram', 'b regionAdd 2000-2010 dev'])
  })

  test('C9 within a transaction, tells the view as it is still shown; the changes follow', () => {
    const { root, space, log } = board()
    MemoryRegion.transaction(() => {
      root.addSubregion(0x3000, io('new'))
      registerMemoryListener(space, logger(log, 'a'))
      expect(taken(log)).toEqual(['a begin', 'a regionAdd 0-1000 ram', 'a regionAdd 2000-2010 dev', 'a commit'])
    })
    expect(taken(log)).toEqual(['a begin', 'a regionAdd 3000-3010 new', 'a commit'])
  })

  test('C9 unregistration tells the end of each mask and range; then nothing is told any more', () => {
    const { root, ram, space, log } = board()
    ram.setLog(DirtyClient.VGA, true)
    const unregister = registerMemoryListener(space, logger(log, 'a'))
    taken(log)
    unregister()
    expect(taken(log)).toEqual([
      'a begin',
      'a logStop 0-1000 ram 1 0',
      'a regionDel 0-1000 ram',
      'a regionDel 2000-2010 dev',
      'a commit',
    ])
    unregister()
    root.addSubregion(0x3000, io('new'))
    expect(taken(log)).toEqual([])
  })

  test('C9 one listener may be told of several spaces, and is registered again after it was not', () => {
    const { root, space, log } = board()
    const other = new AddressSpace('other', MemoryRegion.alias('window', root, 0x2000, 0x1000))
    const spaces: string[] = []
    const listener = { regionAdd: ({ space }: { space: AddressSpace }) => void spaces.push(space.name) }
    const unregister = registerMemoryListener(space, listener)
    registerMemoryListener(other, listener)
    expect(taken(spaces)).toEqual(['space', 'space', 'other'])
    unregister()
    registerMemoryListener(space, listener)
    expect([taken(spaces), log]).toEqual([['space', 'space'], []])
  })
})

describe('C2 the end of an outermost transaction', () => {
  test('C2 is told once, however much has changed', () => {
    const { root, dev, space, log } = board()
    registerMemoryListener(space, logger(log, 'a'))
    taken(log)
    MemoryRegion.transaction(() => {
      dev.setAddress(0x4000)
      MemoryRegion.transaction(() => root.addSubregion(0x3000, io('new')))
      expect(log).toEqual([])
    })
    expect(taken(log)).toEqual([
      'a begin',
      'a regionDel 2000-2010 dev',
      'a regionAdd 3000-3010 new',
      'a regionAdd 4000-4010 dev',
      'a commit',
    ])
  })

  test('C2 begins every listener in one order, then changes space by space in order of creation, then commits every one', () => {
    const { root, space, log } = board()
    const second = new AddressSpace('second', root)
    registerMemoryListener(second, logger(log, 'c'), { priority: 5 })
    registerMemoryListener(second, logger(log, 'a'), { priority: -1 })
    registerMemoryListener(space, logger(log, 'b'))
    taken(log)
    root.addSubregion(0x3000, io('new'))
    expect(taken(log)).toEqual([
      'a begin',
      'b begin',
      'c begin',
      'b regionAdd 3000-3010 new',
      'a regionAdd 3000-3010 new',
      'c regionAdd 3000-3010 new',
      'a commit',
      'b commit',
      'c commit',
    ])
  })

  test('C2 with nothing pending, tells nothing', () => {
    const { root, dev, space, log } = board()
    registerMemoryListener(space, logger(log, 'a', [...EVENTS, 'regionNop']))
    taken(log)
    MemoryRegion.transaction(() => dev.setEnabled(true))
    root.setReadonly(false)
    dev.setAddress(0x2000)
    expect(taken(log)).toEqual([])
  })

  test('C2 renders every view before the first callback: what that changes is in none of them', () => {
    const { root, space, log } = board()
    const second = new AddressSpace('second', root)
    const late = io('late')
    let first = true
    const act = (event: string) => {
      if (event === 'regionAdd' && first) {
        first = false
        root.addSubregion(0x4000, late)
      }
    }
    const before = logger(log, 'a', ['regionAdd'], act)
    first = false
    registerMemoryListener(space, before)
    registerMemoryListener(second, logger(log, 'b', ['begin', 'regionAdd', 'commit']))
    taken(log)
    first = true
    root.addSubregion(0x3000, io('new'))
    expect(taken(log)).toEqual([
      'b begin',
      'a regionAdd 3000-3010 new',
      'b regionAdd 3000-3010 new',
      'b commit',
      'b begin',
      'a regionAdd 4000-4010 late',
      'b regionAdd 4000-4010 late',
      'b commit',
    ])
  })

  test('C2 by design, listeners of a view that stays the same are not called at all', () => {
    const { dev, space, log } = board()
    const apart = MemoryRegion.container('apart', 0x100)
    const other = new AddressSpace('other', apart)
    registerMemoryListener(space, logger(log, 'a'))
    registerMemoryListener(other, logger(log, 'b'))
    taken(log)
    const { view } = other
    dev.setEnabled(false)
    expect(taken(log)).toEqual(['a begin', 'a regionDel 2000-2010 dev', 'a commit'])
    expect(other.view).toBe(view)
    MemoryRegion.container('nowhere', 16).addSubregion(0, io('unseen'))
    expect(taken(log)).toEqual([])
  })
})

describe('C6 the two passes', () => {
  test('C6 all deletions come before all additions, each in ascending order; deletions in reverse order of listeners', () => {
    const { root, dev, ram, space, log } = board()
    registerMemoryListener(space, logger(log, 'b', EVENTS), { priority: 1 })
    registerMemoryListener(space, logger(log, 'a', EVENTS))
    registerMemoryListener(space, logger(log, 'c', EVENTS), { priority: 1 })
    taken(log)
    MemoryRegion.transaction(() => {
      ram.setAddress(0x8000)
      dev.setSize(8)
      root.addSubregion(0x100, io('new'))
    })
    const told = taken(log)
    expect(told.slice(0, 3)).toEqual(['a begin', 'b begin', 'c begin'])
    expect(told.slice(3, -3)).toEqual([
      'c regionDel 0-1000 ram',
      'b regionDel 0-1000 ram',
      'a regionDel 0-1000 ram',
      'c regionDel 2000-2010 dev',
      'b regionDel 2000-2010 dev',
      'a regionDel 2000-2010 dev',
      'a regionAdd 100-110 new',
      'b regionAdd 100-110 new',
      'c regionAdd 100-110 new',
      'a regionAdd 2000-2008 dev',
      'b regionAdd 2000-2008 dev',
      'c regionAdd 2000-2008 dev',
      'a regionAdd 8000-9000 ram',
      'b regionAdd 8000-9000 ram',
      'c regionAdd 8000-9000 ram',
    ])
    expect(told.slice(-3)).toEqual(['a commit', 'b commit', 'c commit'])
  })

  test.each<[string, (region: MemoryRegion) => void, string, string]>([
    ['romd mode', region => region.setRomdMode(false), 'flash romd', 'flash'],
    ['readonly', region => region.setReadonly(true), 'flash romd', 'flash ro romd'],
    ['nonvolatile', region => region.setNonvolatile(true), 'flash romd', 'flash nv romd'],
  ])('C6 a range that differs in %s goes and comes', (_what, change, before, after) => {
    const flash = MemoryRegion.romDevice('flash', QUIET, block(PAGE))
    const log: string[] = []
    registerMemoryListener(new AddressSpace('space', flash), logger(log, 'a', [...EVENTS, 'regionNop']))
    taken(log)
    change(flash)
    expect(taken(log)).toEqual(['a begin', `a regionDel 0-1000 ${before}`, `a regionAdd 0-1000 ${after}`, 'a commit'])
  })

  test('C6 a range whose offset in its region differs goes and comes', () => {
    const { root, ram, log } = board()
    const window = MemoryRegion.alias('window', ram, 0x100, 0x200)
    root.addSubregion(0x5000, window)
    const space = new AddressSpace('space', root)
    registerMemoryListener(space, logger(log, 'a'))
    taken(log)
    window.setAliasOffset(0x180)
    expect(taken(log)).toEqual([
      'a begin',
      'a regionDel 5000-5200 ram+100',
      'a regionAdd 5000-5200 ram+180',
      'a commit',
    ])
  })

  test('C6 masks are not compared: a change of them is logStart, forward, or logStop, in reverse, and after both a nop', () => {
    const { ram, space, log } = board()
    registerMemoryListener(space, logger(log, 'a', ['regionAdd', 'regionDel', 'regionNop', 'logStart', 'logStop']))
    registerMemoryListener(space, logger(log, 'b', ['logStart', 'logStop']))
    taken(log)
    ram.setLog(DirtyClient.CODE, true)
    const nops = ['a regionNop 0-1000 ram', 'a regionNop 2000-2010 dev']
    expect(taken(log)).toEqual([nops[0], 'a logStart 0-1000 ram 0 2', 'b logStart 0-1000 ram 0 2', nops[1]])
    MemoryRegion.transaction(() => {
      ram.setLog(DirtyClient.CODE, false)
      ram.setLog(DirtyClient.VGA, true)
    })
    expect(taken(log)).toEqual([
      nops[0],
      'a logStart 0-1000 ram 2 1',
      'b logStart 0-1000 ram 2 1',
      'b logStop 0-1000 ram 2 1',
      'a logStop 0-1000 ram 2 1',
      nops[1],
    ])
  })

  test('C6 bits that stay are no reason for logStart', () => {
    const { ram, space, log } = board()
    ram.setLog(DirtyClient.VGA, true)
    ram.setLog(DirtyClient.CODE, true)
    registerMemoryListener(space, logger(log, 'a', ['logStart', 'logStop']))
    taken(log)
    ram.setLog(DirtyClient.CODE, false)
    expect(taken(log)).toEqual(['a logStop 0-1000 ram 3 1'])
  })

  test('C6 a range that is added has its mask with it, and no logStart', () => {
    const { ram, space, log } = board()
    const masks: number[] = []
    registerMemoryListener(space, {
      ...logger(log, 'a', ['logStart', 'logStop']),
      regionAdd: ({ dirtyLogMask }) => void masks.push(dirtyLogMask),
    })
    masks.splice(0)
    MemoryRegion.transaction(() => {
      ram.setLog(DirtyClient.VGA, true)
      ram.setAddress(0x4000)
    })
    expect([masks, log]).toEqual([[DirtyClient.VGA], []])
  })

  test('C6 regionNop is asked for by having it: as QEMU, for every range that stays, at every commit with a pending change', () => {
    const { root, dev, space, log } = board()
    registerMemoryListener(space, logger(log, 'a', ['begin', 'commit', 'regionNop', 'regionDel']))
    registerMemoryListener(space, logger(log, 'b', ['begin', 'commit', 'regionDel']))
    taken(log)
    MemoryRegion.container('nowhere', 16).addSubregion(0, io('unseen'))
    expect(taken(log)).toEqual(['a begin', 'a regionNop 0-1000 ram', 'a regionNop 2000-2010 dev', 'a commit'])
    root.removeSubregion(dev)
    expect(taken(log)).toEqual([
      'a begin',
      'b begin',
      'b regionDel 2000-2010 dev',
      'a regionDel 2000-2010 dev',
      'a regionNop 0-1000 ram',
      'a commit',
      'b commit',
    ])
  })

  test('C2 a space that is only told what stays has its turn in order of creation', () => {
    const apart = MemoryRegion.container('apart', 0x100)
    apart.addSubregion(0, io('first', 0x20))
    const first = new AddressSpace('first', apart)
    const { dev, space, log } = board()
    registerMemoryListener(space, logger(log, 'b', ['regionDel', 'regionNop']))
    registerMemoryListener(first, logger(log, 'a', ['regionNop']))
    taken(log)
    dev.setEnabled(false)
    expect(taken(log)).toEqual(['a regionNop 0-20 first', 'b regionDel 2000-2010 dev', 'b regionNop 0-1000 ram'])
  })

  test('C6 what is told of is immutable', () => {
    const { space } = board()
    const sections: object[] = []
    registerMemoryListener(space, { regionAdd: section => void sections.push(section) })
    expect(sections.length).toBe(2)
    expect(sections.every(Object.isFrozen)).toBe(true)
    expect(sections[0]).toMatchObject({ space, start: 0, end: PAGE, offset: 0, dirtyLogMask: 0 })
  })
})

describe('C7, C8, C10', () => {
  test('C7 during the callbacks the space shows the old view, and so do loads', () => {
    const { dev, ram, space } = board()
    const { view } = space
    const seen: unknown[] = []
    const note = () => void seen.push(space.view === view, space.load8(0))
    registerMemoryListener(space, { regionDel: note, regionAdd: note })
    seen.splice(0)
    space.store8(0, 7)
    MemoryRegion.transaction(() => {
      ram.setAddress(0x4000)
      dev.setAddress(0)
    })
    expect(seen).toEqual([true, 7, true, 7, true, 7, true, 7])
    expect(space.view).not.toBe(view)
    expect(space.load8(0x4000)).toBe(7)
  })

  test('C7 at commit it shows the new one', () => {
    const { dev, space } = board()
    let found: unknown
    registerMemoryListener(space, {
      commit: () => {
        found = space.view.find(0x3000)?.region
      },
    })
    dev.setAddress(0x3000)
    expect(found).toBe(dev)
  })

  test('C8 priorities ascend, equal ones are in the order of registration, over all spaces', () => {
    const { root, space, log } = board()
    const second = new AddressSpace('second', root)
    const order = [3, -7, 0, 3, -7, 2 ** 31 - 1, -(2 ** 31)]
    order.forEach((priority, index) => {
      registerMemoryListener(index % 2 ? second : space, logger(log, `${index}`, ['begin', 'regionDel']), { priority })
    })
    taken(log)
    root.setEnabled(false)
    const told = taken(log)
    expect(told.filter(line => line.endsWith('begin')).join()).toBe([6, 1, 4, 2, 0, 3, 5].map(i => `${i} begin`).join())
    // Each space's own list, from its end: those of the first space, and then those of the second.
    const deletions = told.filter(line => line.endsWith('dev')).map(line => Number(line.split(' ')[0]))
    expect(deletions).toEqual([0, 2, 4, 6, 5, 3, 1])
  })

  test('C10 a space that is destroyed twice lets go of its root once', () => {
    const target = MemoryRegion.container('target', 0x100)
    const window = MemoryRegion.alias('window', target, 0, 0x80)
    const space = new AddressSpace('space', window)
    space.destroy()
    space.destroy()
    const next = new AddressSpace('next', window)
    target.addSubregion(0, io('seen'))
    expect(next.view.ranges.length).toBe(1)
  })

  test('C10 a space that is destroyed tells its deletions, and nothing after', () => {
    const { root, space, log } = board()
    const unregister = registerMemoryListener(space, logger(log, 'a', [...EVENTS, 'regionNop']))
    taken(log)
    MemoryRegion.transaction(() => {
      space.destroy()
      space.destroy()
      expect([log.length, space.view.ranges.length]).toEqual([0, 2])
    })
    expect(taken(log)).toEqual(['a begin', 'a regionDel 0-1000 ram', 'a regionDel 2000-2010 dev', 'a commit'])
    expect(space.view.ranges).toEqual([])
    root.addSubregion(0x3000, io('new'))
    unregister()
    expect(taken(log)).toEqual([])
  })
})
