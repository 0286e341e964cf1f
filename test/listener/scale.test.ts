import { AddressSpace, MemoryRegion, registerMemoryListener } from 'guestmem'
import { expect, test } from 'vitest'
import { QUIET } from '../support/board.ts'

const COUNT = 60_000
/** What takes the square of it would take minutes. */
const TIME = { timeout: 60_000 }

const io = (name: string) => MemoryRegion.io(name, QUIET, 16)

test.each([
  ['one after the other', (i: number) => i],
  ['the last first', (i: number) => COUNT - i],
  ['mixed', (i: number) => (i * 7919) % 1000],
  ['all alike', () => 0],
])(`C8 ${COUNT} listeners of one space come and go, priorities %s`, TIME, (_what, priorityOf) => {
  const root = MemoryRegion.container('root', 256)
  root.addSubregion(0, io('dev'))
  const space = new AddressSpace('space', root)
  const order: number[] = []
  let added = 0
  const unregister = Array.from({ length: COUNT }, (_, i) =>
    registerMemoryListener(
      space,
      {
        regionAdd: () => {
          added++
          order.push(i)
        },
        eventfdAdd() {},
      },
      { priority: priorityOf(i) },
    ),
  )
  expect([added, order[0], order.length]).toEqual([COUNT, 0, COUNT])
  order.length = 0
  root.addSubregion(16, io('more'))
  const expected = Array.from({ length: COUNT }, (_, i) => i).sort((a, b) => priorityOf(a) - priorityOf(b) || a - b)
  expect(order).toEqual(expected)
  for (const one of unregister) one()
  root.addSubregion(32, io('last'))
  expect(order.length).toBe(COUNT)
})

test(`C8 ${COUNT} spaces with a listener each; a change of one tells its own`, TIME, () => {
  const shared = MemoryRegion.container('shared', 256)
  const own = MemoryRegion.container('own', 256)
  let told = 0
  const listener = () => ({ begin: () => void told++ })
  const spaces = Array.from({ length: COUNT }, () => new AddressSpace('space', shared))
  const unregister = spaces.map((space, i) => registerMemoryListener(space, listener(), { priority: i % 3 }))
  registerMemoryListener(new AddressSpace('one', own), listener())
  told = 0
  for (let i = 0; i < 1000; i++) own.addSubregion(0, io('dev'))
  expect(told).toBe(1000)
  for (const [i, space] of spaces.entries())
    if (i % 2 === 0) space.destroy()
    else unregister[i]?.()
  told = 0
  shared.addSubregion(0, io('dev'))
  expect(told).toBe(0)
})
