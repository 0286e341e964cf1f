import {
  AddressSpace,
  addEventNotifier,
  type EventNotifierMatch,
  type IoEventfd,
  MemoryRegion,
  registerMemoryListener,
  removeEventNotifier,
} from 'guestmem'
import { expect, test } from 'vitest'
import { QUIET } from '../support/board.ts'
import { logger, taken } from './support/listener-log.ts'

const NAMES = ['begin', 'regionAdd', 'regionDel', 'eventfdAdd', 'eventfdDel', 'commit'] as const
const notify = () => {}

function board() {
  const root = MemoryRegion.container('root', 0x1000)
  const dev = MemoryRegion.io('dev', QUIET, 0x20)
  root.addSubregion(0x100, dev)
  const space = new AddressSpace('space', root)
  const log: string[] = []
  const add = (match: EventNotifierMatch) => addEventNotifier(dev, match, notify)
  const remove = (match: EventNotifierMatch) => removeEventNotifier(dev, match, notify)
  return { root, dev, space, log, add, remove }
}

test('C2, H3 only event notifiers pending: no begin, no commit', () => {
  const { space, log, add, remove } = board()
  registerMemoryListener(space, logger(log, 'a', [...NAMES, 'regionNop']))
  taken(log)
  add({ offset: 8, size: 4, data: 7 })
  expect(taken(log)).toEqual(['a eventfdAdd 108/4 =7'])
  remove({ offset: 8, size: 4, data: 7 })
  expect(taken(log)).toEqual(['a eventfdDel 108/4 =7'])
})

test('C2, H3 with a change of the map, after the ranges of the space and before commit; in the new view', () => {
  const { dev, space, log, add } = board()
  const views: unknown[] = []
  add({ offset: 8, size: 4 })
  registerMemoryListener(space, logger(log, 'a', NAMES))
  registerMemoryListener(space, { eventfdAdd: ({ address }) => views.push(space.view.find(address)?.region) })
  taken(log)
  MemoryRegion.transaction(() => {
    dev.setAddress(0x200)
    add({ offset: 0, size: 0 })
    expect(log).toEqual([])
  })
  expect(taken(log)).toEqual([
    'a begin',
    'a regionDel 100-120 dev',
    'a regionAdd 200-220 dev',
    'a eventfdDel 108/4',
    'a eventfdAdd 200/0',
    'a eventfdAdd 208/4',
    'a commit',
  ])
  expect(views).toEqual([dev, dev, dev])
})

test('H3 what is seen in part is told whole, what is not seen is not', () => {
  const { root, dev, space, log, add } = board()
  root.addSubregion(0x800, MemoryRegion.alias('window', dev, 6, 8))
  for (const offset of [0, 4, 6, 12, 14]) add({ offset, size: 4 })
  add({ offset: 13, size: 0 })
  add({ offset: 14, size: 0 })
  root.setEnabled(false)
  registerMemoryListener(space, logger(log, 'a', ['eventfdAdd']))
  root.removeSubregion(dev)
  root.setEnabled(true)
  expect(taken(log)).toEqual(['a eventfdAdd 7fe/4', 'a eventfdAdd 800/4', 'a eventfdAdd 806/4', 'a eventfdAdd 807/0'])
})

test('H3 what reaches into two ranges is told for each, in order of address', () => {
  const { root, dev, space, log, add, remove } = board()
  root.addSubregion(0x800, MemoryRegion.alias('low', dev, 0, 8))
  root.addSubregion(0x808, MemoryRegion.alias('high', dev, 6, 8))
  root.removeSubregion(dev)
  registerMemoryListener(space, logger(log, 'a', ['eventfdAdd', 'eventfdDel']))
  MemoryRegion.transaction(() => {
    add({ offset: 4, size: 4 })
    add({ offset: 5, size: 1 })
    add({ offset: 5, size: 8 })
    add({ offset: 7, size: 1 })
  })
  expect(taken(log)).toEqual(
    ['804/4', '805/1', '805/8', '806/4', '807/1', '807/8', '809/1'].map(each => `a eventfdAdd ${each}`),
  )
  remove({ offset: 4, size: 4 })
  expect(taken(log)).toEqual(['a eventfdDel 804/4', 'a eventfdDel 806/4'])
})

test('H3 the lists are compared in order: address, size, with or without data, data', () => {
  const { space, log, add, remove } = board()
  registerMemoryListener(space, logger(log, 'a', ['eventfdAdd', 'eventfdDel']))
  add({ offset: 8, size: 4, data: 9 })
  add({ offset: 8, size: 4 })
  taken(log)
  MemoryRegion.transaction(() => {
    remove({ offset: 8, size: 4, data: 9 })
    add({ offset: 8, size: 4, data: 0x10 })
    add({ offset: 8, size: 4, data: 7 })
    add({ offset: 8, size: 2, data: 7 })
    add({ offset: 0, size: 8 })
    remove({ offset: 8, size: 4 })
  })
  expect(taken(log)).toEqual([
    'a eventfdAdd 100/8',
    'a eventfdAdd 108/2 =7',
    'a eventfdDel 108/4',
    'a eventfdAdd 108/4 =7',
    'a eventfdDel 108/4 =9',
    'a eventfdAdd 108/4 =10',
  ])
})

test('C8 quirk: eventfdAdd goes in reverse order of listeners, eventfdDel forward', () => {
  const { space, log, add, remove } = board()
  registerMemoryListener(space, logger(log, 'b', NAMES), { priority: 1 })
  registerMemoryListener(space, logger(log, 'a', NAMES))
  taken(log)
  add({ offset: 8, size: 4 })
  remove({ offset: 8, size: 4 })
  expect(taken(log)).toEqual(['b eventfdAdd 108/4', 'a eventfdAdd 108/4', 'a eventfdDel 108/4', 'b eventfdDel 108/4'])
})

test('C9 (newer) all that are seen are told on registration, and taken back at its end', () => {
  const { space, log, add } = board()
  add({ offset: 8, size: 4 })
  add({ offset: 0, size: 2 })
  registerMemoryListener(space, logger(log, 'none', ['regionAdd']))
  const unregister = registerMemoryListener(space, logger(log, 'a', NAMES))
  registerMemoryListener(space, logger(log, 'b', ['eventfdAdd']))
  const added = ['a begin', 'a regionAdd 100-120 dev', 'a eventfdAdd 100/2', 'a eventfdAdd 108/4', 'a commit']
  const told = ['none regionAdd 100-120 dev', ...added, 'b eventfdAdd 100/2', 'b eventfdAdd 108/4']
  expect(taken(log)).toEqual(told)
  unregister()
  expect(taken(log)).toEqual([
    'a begin',
    'a regionDel 100-120 dev',
    'a eventfdDel 100/2',
    'a eventfdDel 108/4',
    'a commit',
  ])
})

test('H3 a listener that is the first to ask is told all, also after others asked and left', () => {
  const { space, log, add, remove } = board()
  registerMemoryListener(space, logger(log, 'none', ['regionNop']))
  registerMemoryListener(space, logger([], 'gone', NAMES))()
  add({ offset: 8, size: 4 })
  registerMemoryListener(space, logger([], 'gone', NAMES))()
  remove({ offset: 8, size: 4 })
  add({ offset: 0, size: 4 })
  taken(log)
  registerMemoryListener(space, logger(log, 'a', ['eventfdAdd']))
  expect(taken(log)).toEqual(['a eventfdAdd 100/4'])
})

test('H1, H3 data is told in the device’s order', () => {
  const big = MemoryRegion.io('big', { ...QUIET, endianness: 'big' }, 16)
  const space = new AddressSpace('space', big)
  const seen: IoEventfd[] = []
  registerMemoryListener(space, { eventfdAdd: eventfd => void seen.push(eventfd) })
  addEventNotifier(big, { offset: 4, size: 4, data: 0x12345678 }, notify)
  expect(seen).toEqual([{ space, address: 4, size: 4, data: 0x78563412n, notify }])
  expect(Object.isFrozen(seen[0])).toBe(true)
})

test('B4, H3 those of a disabled region are told when it is enabled', () => {
  const { dev, space, log, add } = board()
  dev.setEnabled(false)
  registerMemoryListener(space, logger(log, 'a', ['eventfdAdd', 'eventfdDel']))
  add({ offset: 8, size: 4 })
  expect(taken(log)).toEqual([])
  dev.setEnabled(true)
  expect(taken(log)).toEqual(['a eventfdAdd 108/4'])
  space.destroy()
  expect(taken(log)).toEqual(['a eventfdDel 108/4'])
})
