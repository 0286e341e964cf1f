import { AddressSpace, MemoryRegion, registerMemoryListener, startGlobalDirtyLog, stopGlobalDirtyLog } from 'guestmem'
import { expect, test } from 'vitest'
import { isObserved } from '../../src/region/tree/transaction.ts'
import { QUIET } from '../support/board.ts'
import { heapBytes } from '../support/collect.ts'
import { later } from '../support/later.ts'

// In a file of its own: no listener of another test may be there.

const root = MemoryRegion.container('root', 256)
const space = new AddressSpace('space', root)

test('C9 a registration that failed leaves nothing: views are rendered when somebody looks', () => {
  const failed = () => {
    throw new Error('from begin')
  }
  expect(isObserved()).toBe(false)
  expect(() => registerMemoryListener(space, { begin: failed })).toThrow('from begin')
  expect(isObserved()).toBe(false)
  MemoryRegion.transaction(() => {
    expect(() => registerMemoryListener(space, { begin: failed })).toThrow('from begin')
  })
  expect(isObserved()).toBe(false)
})

test('C9 it is so again when the last listener is gone', () => {
  const unregister = [registerMemoryListener(space, { begin() {} }), registerMemoryListener(space, { commit() {} })]
  for (const one of unregister) {
    expect(isObserved()).toBe(true)
    one()
  }
  expect(isObserved()).toBe(false)
  const gone = new AddressSpace('gone', root)
  registerMemoryListener(gone, { begin() {} })
  gone.destroy()
  expect(isObserved()).toBe(false)
})

test('F4 a global log needs no listener', () => {
  startGlobalDirtyLog()
  expect(isObserved()).toBe(false)
  MemoryRegion.transaction(stopGlobalDirtyLog)
  expect(isObserved()).toBe(false)
})

test('C2 the last one may go within a transaction, and come', () => {
  const told: string[] = []
  const listener = { regionAdd: ({ region }: { region: MemoryRegion }) => void told.push(region.name) }
  const unregister = registerMemoryListener(space, listener)
  MemoryRegion.transaction(() => {
    root.addSubregion(0, MemoryRegion.io('first', QUIET, 16))
    unregister()
    root.addSubregion(16, MemoryRegion.io('second', QUIET, 16))
  })
  expect([isObserved(), space.view.ranges.length, told]).toEqual([false, 2, []])
  MemoryRegion.transaction(() => {
    root.addSubregion(32, MemoryRegion.io('third', QUIET, 16))
    registerMemoryListener(space, listener)
    expect(told).toEqual(['first', 'second'])
  })
  expect(told).toEqual(['first', 'second', 'third'])
})

test.each([false, true])('C10 of a destroyed space nothing stays; with a listener: %s', async listened => {
  const tree = MemoryRegion.container('tree', 256)
  const make = (count: number) => {
    for (let i = 0; i < count; i++) {
      const brief = new AddressSpace('brief', tree)
      if (listened) registerMemoryListener(brief, { begin() {} })
      brief.destroy()
    }
  }
  // What a WeakRef is made of stays until the end of the turn.
  const turn = () => later(5)
  make(20_000)
  await turn()
  const before = heapBytes()
  make(60_000)
  await turn()
  // It was 59 bytes for each, until the next transaction.
  expect(heapBytes() - before).toBeLessThan(60_000 * 8)
})
