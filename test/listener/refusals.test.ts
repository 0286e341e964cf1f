import { AddressSpace, MemoryRegion, registerMemoryListener } from 'guestmem'
import { expect, test } from 'vitest'
import { afterDirtyLogSync } from '../../src/dirty-log/log-listeners.ts'
import { QUIET } from '../support/board.ts'

// biome-ignore lint/suspicious/noExplicitAny: what is tested is what types would forbid
const bad = (value: unknown): any => value
const root = MemoryRegion.container('root', 256)
const space = new AddressSpace('space', root)
const gone = new AddressSpace('gone', root)
gone.destroy()
const listener = { begin: () => {} }

test.each<[string, ErrorConstructor, RegExp, [unknown, unknown, unknown?]]>([
  ['no space', TypeError, /^space .*undefined$/, [undefined, listener]],
  ['a region', TypeError, /^space .*an object$/, [root, listener]],
  ['a space that was destroyed', TypeError, /^space .*"gone"/, [gone, listener]],
  ['no listener', TypeError, /^listener .*undefined$/, [space, undefined]],
  ['a function', TypeError, /^listener .*a function$/, [space, () => {}]],
  ['no callback', TypeError, /^listener must have a callback/, [space, {}]],
  ['no callback of these names', TypeError, /^listener must have a callback/, [space, { region_add: () => {} }]],
  ['a callback that is none', TypeError, /^listener.regionAdd .*got true$/, [space, { begin() {}, regionAdd: true }]],
  ['both syncs', TypeError, /^listener .*logSyncGlobal/, [space, { logSync() {}, logSyncGlobal() {} }]],
  ['options', TypeError, /^options .*got 5$/, [space, listener, 5]],
  ['a misspelt key', TypeError, /^options .*"prio"$/, [space, listener, { prio: 1 }]],
  ['a priority of text', TypeError, /^options.priority .*"1"$/, [space, listener, { priority: '1' }]],
  ...[1.5, Number.NaN, 2 ** 31, -(2 ** 31) - 1, Number.POSITIVE_INFINITY].map(
    (priority): [string, ErrorConstructor, RegExp, [unknown, unknown, unknown?]] => [
      `priority ${priority}`,
      RangeError,
      /^options.priority /,
      [space, listener, { priority }],
    ],
  ),
])('registerMemoryListener refuses %s', (_what, kind, text, [where, who, options]) => {
  const call = () => registerMemoryListener(bad(where), bad(who), bad(options))
  expect(call).toThrow(kind)
  expect(call).toThrow(text)
})

test('options: one that is undefined is as good as left out, and what others put on every object is none', () => {
  const order: string[] = []
  const add = (name: string, options: object) =>
    registerMemoryListener(space, { logGlobalAfterSync: () => order.push(name) }, options)
  const everybody = Object.prototype as { priority?: number }
  everybody.priority = 7
  try {
    add('first', { priority: 1 })
    add('second', { priority: undefined })
    add('third', {})
  } finally {
    delete everybody.priority
  }
  afterDirtyLogSync()
  expect(order).toEqual(['second', 'third', 'first'])
})

test('registerMemoryListener refuses a listener that is registered there; nothing was told', () => {
  let told = 0
  const counting = { begin: () => told++, regionAdd: () => told++ }
  registerMemoryListener(space, counting)
  expect(() => registerMemoryListener(space, counting)).toThrow(/^listener .*"space"$/)
  expect(told).toBe(1)
  root.addSubregion(0, MemoryRegion.io('dev', QUIET, 16))
  expect(told).toBe(3)
})

test('a listener may be an object of a class, with other fields', () => {
  class Slots {
    readonly seen: string[] = []
    regionAdd({ region }: { region: MemoryRegion }): void {
      this.seen.push(region.name)
    }
  }
  const slots = new Slots()
  registerMemoryListener(space, slots)
  expect(slots.seen).toEqual(['dev'])
})
