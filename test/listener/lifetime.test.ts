import {
  AddressSpace,
  DirtyClient,
  type MemoryListener,
  MemoryRegion,
  registerMemoryListener,
  snapshotAndClearDirty,
} from 'guestmem'
import { describe, expect, test } from 'vitest'
import { block, PAGE, QUIET } from '../support/board.ts'
import { collect } from '../support/collect.ts'
import { logger, taken } from './support/listener-log.ts'

const io = (name: string) => MemoryRegion.io(name, QUIET, 0x10)

/** Spaces on roots of their own. */
function boards(count: number) {
  return Array.from({ length: count }, (_, i) => {
    const root = MemoryRegion.container(`root ${i}`, 0x10000)
    root.addSubregion(0, io('dev'))
    return { root, space: new AddressSpace(`space ${i}`, root) }
  })
}

describe('C10 a space that is destroyed in a callback of another', () => {
  // Where the other's commit has something to tell of it, and where it has not; created before it, and after.
  const cases = [0, 2].flatMap(doomed => [true, false].map(concerned => [doomed, concerned] as const))

  test.each(cases)('tells its deletions: space %i, concerned by the commit: %s', (which, concerned) => {
    const all = boards(3)
    const { root, space } = all[1] as (typeof all)[number]
    const doomed = all[which] as (typeof all)[number]
    const log: string[] = []
    for (const on of ['begin', 'regionDel', 'regionAdd', 'commit']) {
      let armed = false
      const more = io('more')
      const victim = new AddressSpace('victim', doomed.root)
      const act = (event: string) => {
        if (!armed || event !== on) return
        armed = false
        victim.destroy()
      }
      const removed = io('removed')
      root.addSubregion(0x3000, removed)
      const unregister = registerMemoryListener(space, logger([], 'a', [on as keyof MemoryListener], act))
      registerMemoryListener(victim, logger(log, 'victim'))
      taken(log)
      armed = true
      MemoryRegion.transaction(() => {
        removed.setAddress(0x4000)
        if (concerned) doomed.root.addSubregion(0x100, more)
      })
      const told = taken(log)
      const first = ['begin', 'regionAdd 100-110 more', 'commit']
      const rest = concerned ? ['regionDel 0-10 dev', 'regionDel 100-110 more'] : ['regionDel 0-10 dev']
      expect(told).toEqual([...(concerned ? first : []), 'begin', ...rest, 'commit'].map(line => `victim ${line}`))
      doomed.root.setEnabled(false)
      doomed.root.setEnabled(true)
      expect(taken(log)).toEqual([])
      unregister()
      root.removeSubregion(removed)
      if (concerned) doomed.root.removeSubregion(more)
    }
  })
})

describe('C7, F3 a space that nobody looked at', () => {
  test.each(['logSync', 'logClear', 'logGlobalAfterSync', 'begin', 'regionAdd', 'commit'] as const)(
    'shows in %s the map as it was before the transaction',
    on => {
      const root = MemoryRegion.container('root', 0x10000)
      const ram = MemoryRegion.ram('ram', block(PAGE))
      ram.setLog(DirtyClient.VGA, true)
      root.addSubregion(0, ram)
      const space = new AddressSpace('space', root)
      const older = new AddressSpace('older', root)
      const seen: (number | undefined)[] = []
      let armed = false
      const listener: MemoryListener = {
        [on]: () => {
          if (!armed) return
          armed = false
          root.addSubregion(0x2000, io('late'))
          for (const one of [younger, older]) seen.push(one.view.ranges.length)
        },
      }
      registerMemoryListener(space, listener)
      const younger = new AddressSpace('younger', root)
      armed = true
      if (on.startsWith('log')) snapshotAndClearDirty(ram, 0, PAGE, DirtyClient.VGA)
      else root.addSubregion(0x3000, io('first'))
      // By the time of a commit callback, all spaces show what they have been told of.
      expect(seen).toEqual(on === 'commit' ? [2, 2] : [1, 1])
    },
  )
})

describe('what is kept alive', () => {
  test('a listener keeps no space that nobody else holds', async () => {
    const listener = { regionAdd() {}, regionNop() {}, coalescedIoFlush() {} }
    const kept: (() => void)[] = []
    const dropped = boards(300).flatMap(({ root, space }, i) => {
      kept.push(registerMemoryListener(space, i % 2 === 0 ? listener : { begin() {} }, { priority: -i % 7 }))
      return [new WeakRef<object>(space), new WeakRef<object>(root)]
    })
    expect(await collect(dropped)).toBe(0)
    for (const unregister of kept) unregister()
  })

  test('a space that somebody holds, or whose root somebody holds, keeps its listener', async () => {
    const told: string[] = []
    const root = MemoryRegion.container('root', 256)
    let space: AddressSpace | undefined = new AddressSpace('space', root)
    registerMemoryListener(space, { regionAdd: ({ region }) => void told.push(region.name) })
    const ref = new WeakRef(space)
    space = undefined
    expect(await collect([ref])).toBe(1)
    root.addSubregion(0, io('dev'))
    expect(told).toEqual(['dev'])
  })
})
