import {
  AddressSpace,
  addCoalescing,
  addEventNotifier,
  clearCoalescing,
  DirtyClient,
  type MemoryListener,
  MemoryRegion,
  registerMemoryListener,
  setCoalescing,
  snapshotAndClearDirty,
  startGlobalDirtyLog,
  stopGlobalDirtyLog,
} from 'guestmem'
import { afterEach, describe, expect, test } from 'vitest'
import { block, PAGE, QUIET } from '../support/board.ts'
import { logger, taken } from './support/listener-log.ts'

/** What is to be unregistered after a test: a listener that throws is called for other spaces' transactions, too. */
const registered: (() => void)[] = []
const disarm: (() => void)[] = []
afterEach(() => {
  for (const one of disarm.splice(0)) one()
  for (const one of registered.splice(0)) one()
  stopGlobalDirtyLog()
})

function register(...of: Parameters<typeof registerMemoryListener>): () => void {
  const unregister = registerMemoryListener(...of)
  registered.push(unregister)
  return unregister
}

const io = (name: string) => MemoryRegion.io(name, QUIET, 0x10)
const error = (name: string) => new Error(`from ${name}`)

function board() {
  const root = MemoryRegion.container('root', 0x10000)
  const [ram, dev] = [MemoryRegion.ram('ram', block(PAGE)), io('dev')]
  ram.setLog(DirtyClient.VGA, true)
  root.addSubregion(0, ram)
  root.addSubregion(0x2000, dev)
  return { root, ram, dev, space: new AddressSpace('space', root), log: [] as string[] }
}

/** A listener each of whose callbacks throws an error of its own, once it is armed. */
function thrower(names: readonly (keyof MemoryListener)[]) {
  const errors = new Map(names.map(name => [name, error(name)]))
  const armed = { on: false }
  disarm.push(() => {
    armed.on = false
  })
  const listener: MemoryListener = Object.fromEntries(
    names.map(name => [
      name,
      () => {
        if (armed.on) throw errors.get(name)
      },
    ]),
  )
  return { listener, armed, errors }
}

function catching(body: () => void): unknown {
  try {
    body()
  } catch (thrown) {
    return thrown
  }
  return undefined
}

describe('H4 flushes of several listeners', () => {
  /** Three that buffer; the first and the second throw. */
  function buffers() {
    const on = board()
    const second = new AddressSpace('second', on.root)
    const errors = [error('a'), error('b')]
    const called: string[] = []
    let throws = true
    disarm.push(() => {
      throws = false
    })
    const add = (name: string, space: AddressSpace, priority: number, thrown?: Error) =>
      register(
        space,
        {
          coalescedIoFlush: () => {
            called.push(name)
            if (thrown !== undefined && throws) throw thrown
          },
        },
        { priority },
      )
    add('c', on.space, 3)
    add('b', second, 2, errors[1])
    add('a', on.space, 1, errors[0])
    called.length = 0
    return { ...on, called, errors }
  }

  test('before an access: all are called, the first error is thrown to who made it', () => {
    const { dev, space, called, errors } = buffers()
    expect(catching(() => addCoalescing(dev, 0, 4))).toBe(undefined)
    expect(catching(() => space.store8(0x2008, 1))).toBe(errors[0])
    expect(called).toEqual(['a', 'b', 'c'])
    expect(catching(() => space.read(0x2000, new Uint8Array(4)))).toBe(errors[0])
  })

  test('before a transaction: it is made, and all are called; its end throws the first error', () => {
    const { dev, space, called, errors } = buffers()
    expect(catching(() => dev.setAddress(0x3000))).toBe(errors[0])
    expect([called, space.view.find(0x3000)?.region]).toEqual([['a', 'b', 'c'], dev])
    called.length = 0
    const seen: unknown[] = []
    const thrown = catching(() =>
      MemoryRegion.transaction(() => {
        // Not here, nor in the one within.
        seen.push(catching(() => dev.setAddress(0x4000)))
        seen.push(catching(() => dev.setAddress(0x5000)))
      }),
    )
    expect([thrown, ...seen]).toEqual([errors[0], undefined, undefined])
    expect(called.length).toBe(9)
    expect(space.view.find(0x5000)?.region).toBe(dev)
  })

  test('when ranges are cleared: they are cleared, and listeners told', () => {
    const { dev, space, errors, log } = buffers()
    register(space, logger(log, 'd', ['coalescedIoAdd', 'coalescedIoDel']))
    addCoalescing(dev, 0, 4)
    addCoalescing(dev, 8, 4)
    taken(log)
    expect(catching(() => clearCoalescing(dev))).toBe(errors[0])
    expect(taken(log)).toEqual(['d coalescedIoDel 2000-2010 dev 8192 4', 'd coalescedIoDel 2000-2010 dev 8200 4'])
    expect(catching(() => clearCoalescing(dev))).toBe(undefined)
    addCoalescing(dev, 0, 4)
    taken(log)
    expect(catching(() => setCoalescing(dev))).toBe(errors[0])
    expect(taken(log)).toEqual(['d coalescedIoDel 2000-2010 dev 8192 4', 'd coalescedIoAdd 2000-2010 dev 8192 16'])
  })

  test.each(['a change', 'a transaction'])(
    'the last that there is, unregistered by its own flush: the end of %s throws',
    on => {
      const { space, dev } = board()
      const boom = error('a')
      let gone = false
      const unregister = register(space, {
        coalescedIoFlush: () => {
          if (gone) return
          gone = true
          unregister()
          throw boom
        },
      })
      gone = false
      const change = () => dev.setAddress(0x3000)
      expect(catching(on === 'a change' ? change : () => MemoryRegion.transaction(change))).toBe(boom)
      expect(space.view.find(0x3000)?.region).toBe(dev)
      // It was thrown once, and at nobody else.
      expect(catching(() => register(space, { begin: () => {} })())).toBe(undefined)
    },
  )

  test('one that was unregistered by another is not called, one that was registered is called the next time', () => {
    const { space, root } = board()
    const called: string[] = []
    let unregister = () => {}
    register(space, {
      coalescedIoFlush: () => {
        called.push('a')
        unregister()
        if (called.length === 1) register(space, { coalescedIoFlush: () => called.push('c') })
      },
    })
    unregister = register(space, { coalescedIoFlush: () => called.push('b') })
    called.length = 0
    root.setNonvolatile(true)
    expect(called).toEqual(['a'])
    root.setNonvolatile(false)
    expect(called).toEqual(['a', 'a', 'c'])
  })
})

describe('which error is thrown', () => {
  test.each(['coalescedIoAdd', 'coalescedIoDel'] as const)(
    'H4 %s, of several ranges and listeners: all are told, the first is thrown',
    on => {
      const { dev, space, log } = board()
      const bad = thrower([on])
      register(space, bad.listener, { priority: on === 'coalescedIoAdd' ? -1 : 1 })
      register(space, logger(log, 'a', ['coalescedIoAdd', 'coalescedIoDel']))
      bad.armed.on = true
      const thrown = [
        catching(() => addCoalescing(dev, 0, 4)),
        catching(() => addCoalescing(dev, 8, 4)),
        catching(() => clearCoalescing(dev)),
      ]
      const boom = bad.errors.get(on)
      expect(thrown).toEqual(on === 'coalescedIoAdd' ? [boom, boom, undefined] : [undefined, undefined, boom])
      expect(taken(log).length).toBe(4)
    },
  )

  test('C2 the first of a commit, whatever comes after it, also in what callbacks changed', () => {
    const { root, dev, space } = board()
    const names = ['begin', 'regionDel', 'regionAdd', 'commit'] as const
    for (const [i, first] of names.entries()) {
      const bad = thrower(names.slice(i))
      const unregister = register(space, bad.listener)
      bad.armed.on = true
      expect(catching(() => dev.setAddress(0x3000 + 0x1000 * i))).toBe(bad.errors.get(first))
      bad.armed.on = false
      unregister()
    }
    expect(root.subregions).toHaveLength(2)
  })

  test('F4 of a log that begins or ends', () => {
    const { space } = board()
    const bad = thrower(['logGlobalStart', 'logStart', 'logStop', 'logGlobalStop'])
    register(space, bad.listener)
    bad.armed.on = true
    expect(catching(startGlobalDirtyLog)).toBe(bad.errors.get('logGlobalStart'))
    expect(catching(stopGlobalDirtyLog)).toBe(bad.errors.get('logStop'))
    expect([catching(startGlobalDirtyLog), catching(stopGlobalDirtyLog)]).toEqual([
      bad.errors.get('logGlobalStart'),
      bad.errors.get('logStop'),
    ])
    expect(space.view.ranges[0]?.dirtyLogMask).toBe(DirtyClient.VGA)
  })

  test('C7 none leaks into a callback that runs inside, nor is lost there', () => {
    const { root, ram, dev, space, log } = board()
    const bad = thrower(['begin', 'regionDel'])
    register(space, bad.listener)
    const heard: unknown[] = []
    let armed = false
    register(space, {
      regionAdd: () => {
        if (!armed) return
        armed = false
        // Each makes callbacks at once, or would throw what waits.
        heard.push(
          catching(() => snapshotAndClearDirty(ram, 0, PAGE, DirtyClient.VGA)),
          catching(() => MemoryRegion.transaction(() => root.addSubregion(0x7000, io('late')))),
          catching(() => register(space, logger(log, 'new', ['regionAdd']))),
          catching(startGlobalDirtyLog),
          catching(() => addCoalescing(dev, 0, 4)),
        )
      },
    })
    bad.armed.on = true
    armed = true
    expect(catching(() => dev.setAddress(0x3000))).toBe(bad.errors.get('begin'))
    expect(heard).toEqual([undefined, undefined, undefined, undefined, undefined])
    expect(taken(log)).toEqual([
      'new regionAdd 0-1000 ram',
      'new regionAdd 3000-3010 dev',
      'new regionAdd 7000-7010 late',
    ])
    bad.armed.on = false
    expect(catching(() => dev.setAddress(0x4000))).toBe(undefined)
  })

  test('C7 what is thrown inside a callback is thrown there, and nowhere else where it is caught', () => {
    const { root, ram, dev, space } = board()
    const bad = thrower(['logSync', 'logClear'])
    register(space, bad.listener)
    const heard: unknown[] = []
    register(space, {
      regionDel: () => void heard.push(catching(() => snapshotAndClearDirty(ram, 0, PAGE, DirtyClient.VGA))),
    })
    bad.armed.on = true
    expect(catching(() => dev.setAddress(0x3000))).toBe(undefined)
    expect(heard).toEqual([bad.errors.get('logSync')])
    expect(catching(() => MemoryRegion.transaction(() => root.setReadonly(true)))).toBe(undefined)
  })
})

describe('C9 registerMemoryListener that throws has registered nothing', () => {
  const names = ['begin', 'regionAdd', 'logStart', 'logGlobalStart', 'coalescedIoAdd', 'eventfdAdd', 'commit'] as const

  test.each(names)('its own %s', on => {
    const { root, dev, space } = board()
    startGlobalDirtyLog()
    addCoalescing(dev, 0, 4)
    addEventNotifier(dev, { offset: 8, size: 4 }, () => {})
    const calls: string[] = []
    const bad = thrower([on])
    const listener = { ...logger(calls, 'a'), ...bad.listener }
    bad.armed.on = true
    expect(catching(() => register(space, listener))).toBe(bad.errors.get(on))
    taken(calls)
    root.addSubregion(0x6000, io('more'))
    stopGlobalDirtyLog()
    expect(taken(calls)).toEqual([])
    bad.armed.on = false
    register(space, listener)()
  })

  test('that of another listener, which it led to: what it was told is taken back', () => {
    const { root, space, log } = board()
    const bad = thrower(['regionAdd'])
    register(space, bad.listener)
    bad.armed.on = true
    let first = true
    const listener = logger(log, 'a', ['regionAdd', 'regionDel'], event => {
      if (event !== 'regionAdd' || !first) return
      first = false
      root.addSubregion(0x6000, io('more'))
    })
    expect(catching(() => register(space, listener))).toBe(bad.errors.get('regionAdd'))
    const known = new Set<string>()
    for (const line of taken(log)) {
      const [, event, ...what] = line.split(' ')
      if (event === 'regionAdd') known.add(what.join(' '))
      else known.delete(what.join(' '))
    }
    expect([...known]).toEqual([])
    bad.armed.on = false
    root.addSubregion(0x7000, io('last'))
    expect(taken(log)).toEqual([])
    register(space, listener)
  })

  test('one that is deferred: who ends the transaction hears of it', () => {
    const { root, dev, space, log } = board()
    const bad = thrower(['regionAdd'])
    bad.armed.on = true
    const late = { ...logger(log, 'late'), ...bad.listener }
    let unregister = () => {}
    let armed = true
    register(space, {
      regionDel: () => {
        if (armed) unregister = register(space, late)
        armed = false
      },
    })
    expect(catching(() => dev.setAddress(0x3000))).toBe(bad.errors.get('regionAdd'))
    taken(log)
    root.addSubregion(0x6000, io('more'))
    unregister()
    expect(taken(log)).toEqual([])
    bad.armed.on = false
    register(space, late)
  })

  test('one that is to be registered when the callbacks are made is refused a second time', () => {
    const { dev, space, log } = board()
    const late = logger(log, 'late', ['regionAdd', 'regionDel'])
    const heard: unknown[] = []
    let armed = true
    register(space, {
      regionDel: () => {
        if (!armed) return
        armed = false
        const unregister = register(space, late)
        heard.push(catching(() => register(space, late)))
        unregister()
        // It was taken back: again is the first time.
        heard.push(catching(() => register(space, late)))
        heard.push(catching(() => register(space, late)))
      },
    })
    dev.setAddress(0x3000)
    expect(heard.map(thrown => (thrown as Error | undefined)?.constructor)).toEqual([TypeError, undefined, TypeError])
    const all = ['0-1000 ram', '3000-3010 dev']
    expect(taken(log)).toEqual([
      ...all.map(range => `late regionAdd ${range}`),
      ...all.map(range => `late regionDel ${range}`),
      ...all.map(range => `late regionAdd ${range}`),
    ])
  })
})
