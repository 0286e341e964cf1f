import {
  AddressSpace,
  addCoalescing,
  addEventNotifier,
  type MemoryListener,
  MemoryRegion,
  registerMemoryListener,
} from 'guestmem'
import { describe, expect, test } from 'vitest'
import { startGlobalDirtyLog, stopGlobalDirtyLog } from '../../src/dirty-log/log-listeners.ts'
import { block, PAGE, QUIET } from '../support/board.ts'
import { EVENTS, logger, taken } from './support/listener-log.ts'

const io = (name: string) => MemoryRegion.io(name, QUIET, 0x10)

function board() {
  const root = MemoryRegion.container('root', 0x10000)
  const [ram, dev] = [MemoryRegion.ram('ram', block(PAGE)), io('dev')]
  root.addSubregion(0, ram)
  root.addSubregion(0x2000, dev)
  return { root, ram, dev, space: new AddressSpace('space', root), log: [] as string[] }
}

/** A listener that does `act` at its first `on` from when it is armed. */
function actor(log: string[], on: string, act: () => void): { listener: MemoryListener; arm(): void } {
  let armed = false
  const listener = logger(log, 'actor', EVENTS, event => {
    if (!armed || event !== on) return
    armed = false
    act()
  })
  const arm = () => {
    armed = true
  }
  return { listener, arm }
}

describe('C7 what a callback changes', () => {
  test.each(['begin', 'regionDel', 'regionAdd', 'commit'])('C7 in %s is rendered and told after the commit', on => {
    const { root, dev, space, log } = board()
    const { listener, arm } = actor(log, on, () => {
      const { view } = space
      root.addSubregion(0x5000, io('late'))
      expect(space.view, 'not yet').toBe(view)
    })
    registerMemoryListener(space, listener)
    taken(log)
    arm()
    dev.setAddress(0x3000)
    expect(taken(log)).toEqual([
      'actor begin',
      'actor regionDel 2000-2010 dev',
      'actor regionAdd 3000-3010 dev',
      'actor commit',
      'actor begin',
      'actor regionAdd 5000-5010 late',
      'actor commit',
    ])
    expect(space.view.find(0x5000)?.region.name).toBe('late')
  })

  test('C7 while a listener is registered is rendered after it, and told', () => {
    const { root, space, log } = board()
    const { listener, arm } = actor(log, 'regionAdd', () => root.addSubregion(0x5000, io('late')))
    arm()
    registerMemoryListener(space, listener)
    const registered = ['begin', 'regionAdd 0-1000 ram', 'regionAdd 2000-2010 dev', 'commit']
    const after = ['begin', 'regionAdd 5000-5010 late', 'commit']
    expect(taken(log)).toEqual([...registered, ...after].map(line => `actor ${line}`))
  })

  test('C7 a space that is destroyed in a callback tells its deletions after', () => {
    const { dev, space, log } = board()
    const { listener, arm } = actor(log, 'regionDel', () => space.destroy())
    registerMemoryListener(space, listener)
    taken(log)
    arm()
    dev.setEnabled(false)
    const first = ['begin', 'regionDel 2000-2010 dev', 'commit']
    expect(taken(log)).toEqual([...first, 'begin', 'regionDel 0-1000 ram', 'commit'].map(line => `actor ${line}`))
  })

  test('C9 listeners that it registers or unregisters are told after the commit, and after what it changed', () => {
    const { root, dev, space, log } = board()
    const unregister = registerMemoryListener(space, logger(log, 'old'))
    const { listener, arm } = actor(log, 'begin', () => {
      unregister()
      registerMemoryListener(space, logger(log, 'new', ['regionAdd']))
      registerMemoryListener(space, logger(log, 'brief', ['regionAdd', 'regionDel']))()
      root.addSubregion(0x5000, io('late'))
    })
    registerMemoryListener(space, listener)
    taken(log)
    arm()
    dev.setEnabled(false)
    const told = taken(log)
    expect(told.filter(line => line.startsWith('old'))).toEqual([
      'old begin',
      'old regionDel 2000-2010 dev',
      'old commit',
      'old begin',
      'old regionAdd 5000-5010 late',
      'old commit',
      'old begin',
      'old regionDel 0-1000 ram',
      'old regionDel 5000-5010 late',
      'old commit',
    ])
    expect(told.slice(-6)).toEqual([
      'new regionAdd 0-1000 ram',
      'new regionAdd 5000-5010 late',
      'brief regionAdd 0-1000 ram',
      'brief regionAdd 5000-5010 late',
      'brief regionDel 0-1000 ram',
      'brief regionDel 5000-5010 late',
    ])
  })

  test('H4, H3 coalesced ranges and event notifiers that it adds are told once', () => {
    const { dev, space, log } = board()
    const { listener, arm } = actor(log, 'regionDel', () => {
      addCoalescing(dev, 0, 4)
      addEventNotifier(dev, { offset: 8, size: 4 }, () => {})
    })
    registerMemoryListener(space, listener)
    taken(log)
    arm()
    dev.setAddress(0x3000)
    expect(taken(log)).toEqual(
      ['begin', 'regionDel 2000-2010 dev', 'regionAdd 3000-3010 dev', 'eventfdAdd 3008/4', 'commit']
        .concat('coalescedIoAdd 3000-3010 dev 12288 4')
        .map(line => `actor ${line}`),
    )
  })

  test('F4 the global log that it starts or stops follows', () => {
    const { dev, ram, space, log } = board()
    const { listener, arm } = actor(log, 'begin', () => {
      startGlobalDirtyLog()
      stopGlobalDirtyLog()
      expect(ram.dirtyLogMask).toBe(0)
    })
    registerMemoryListener(space, listener)
    taken(log)
    arm()
    dev.setEnabled(false)
    expect(taken(log).slice(3)).toEqual(
      ['logGlobalStart', 'begin', 'logStart 0-1000 ram 0 4', 'commit']
        .concat('begin', 'logStop 0-1000 ram 4 0', 'commit', 'logGlobalStop')
        .map(line => `actor ${line}`),
    )
  })
})

describe('a callback that throws', () => {
  const boom = new Error('from a callback')
  const thrower = (on: keyof MemoryListener): MemoryListener & { armed: boolean } => {
    const listener = {
      armed: false,
      [on]: () => {
        if (listener.armed) throw boom
      },
    }
    return listener
  }

  test.each(['begin', 'regionDel', 'regionAdd', 'commit'] as const)(
    'C2 in %s stops no other and no change; its error ends the transaction',
    on => {
      const { root, dev, space, log } = board()
      const second = new AddressSpace('second', root)
      const bad = thrower(on)
      registerMemoryListener(space, bad)
      registerMemoryListener(space, logger(log, 'a'))
      registerMemoryListener(second, logger(log, 'b'))
      taken(log)
      bad.armed = true
      expect(() => dev.setAddress(0x3000)).toThrow(boom)
      const told = ['begin', 'regionDel 2000-2010 dev', 'regionAdd 3000-3010 dev', 'commit']
      const lines = taken(log)
      for (const name of ['a', 'b'])
        expect(lines.filter(line => line.startsWith(name))).toEqual(told.map(line => `${name} ${line}`))
      expect([space, second].map(each => each.view.find(0x3000)?.region)).toEqual([dev, dev])
      bad.armed = false
      dev.setAddress(0x4000)
      expect(space.view.find(0x4000)?.region).toBe(dev)
    },
  )

  test('C2 the first error is the one that is thrown; what was changed meanwhile is rendered', () => {
    const { root, dev, space } = board()
    let armed = false
    registerMemoryListener(space, {
      regionDel: () => {
        root.addSubregion(0x5000, io('late'))
        throw boom
      },
      regionAdd: () => {
        if (armed) throw new Error('a later one')
      },
    })
    armed = true
    expect(() => dev.setAddress(0x3000)).toThrow(boom)
    expect(space.view.find(0x5000)?.region.name).toBe('late')
    armed = false
    root.addSubregion(0x6000, io('next'))
  })

  test('C9 while it is registered, is not registered', () => {
    const { dev, space, log } = board()
    const bad = thrower('regionAdd')
    bad.armed = true
    expect(() => registerMemoryListener(space, { ...logger(log, 'a'), ...bad })).toThrow(boom)
    expect(taken(log)).toEqual(['a begin'])
    dev.setEnabled(false)
    expect(taken(log)).toEqual([])
    bad.armed = false
    registerMemoryListener(space, bad)
  })

  test('C9 while it is unregistered, is told the rest, and is unregistered', () => {
    const { dev, space, log } = board()
    const bad = thrower('begin')
    const unregister = registerMemoryListener(space, { ...logger(log, 'a'), ...bad, begin: () => bad.begin?.(space) })
    taken(log)
    bad.armed = true
    expect(unregister).toThrow(boom)
    expect(taken(log)).toEqual(['a regionDel 0-1000 ram', 'a regionDel 2000-2010 dev', 'a commit'])
    dev.setEnabled(false)
    expect(taken(log)).toEqual([])
  })

  test('C9 within a transaction reaches whoever registers it, there', () => {
    const { space } = board()
    const bad = thrower('commit')
    bad.armed = true
    MemoryRegion.transaction(() => {
      expect(() => registerMemoryListener(space, bad)).toThrow(boom)
    })
  })
})
