import { vi } from 'vitest'
import { load, type Op, type Order, store } from '../../model/program.ts'

/** One access that the protocol made to its words. */
export interface WordAccess {
  readonly kind: 'load' | 'store'
  readonly index: number
  readonly order: Order
  readonly value: number
}

/** Words that note every access to them: plain ones to their elements, and those of Atomics. */
export function recordedWords(length: number): {
  readonly words: Int32Array
  record(act: () => unknown): WordAccess[]
} {
  const target = new Int32Array(new SharedArrayBuffer(4 * length))
  let log: WordAccess[] = []
  const note = (kind: WordAccess['kind'], index: number, order: Order, value: number): void => {
    log.push({ kind, index, order, value })
  }
  const isElement = (key: string | symbol): key is string => typeof key === 'string' && /^\d+$/.test(key)
  const words = new Proxy(target, {
    get(_, key) {
      const value = Reflect.get(target, key, target)
      if (isElement(key)) note('load', Number(key), 'plain', value as number)
      return value
    },
    set(_, key, value) {
      if (isElement(key)) note('store', Number(key), 'plain', value | 0)
      return Reflect.set(target, key, value, target)
    },
  })
  const { load, store, add, or, exchange } = Atomics
  type Modify = typeof Atomics.add
  const modify =
    (operation: Modify): Modify =>
    (_: unknown, index: number, value: never) => {
      const found = operation(target, index, value)
      note('load', index, 'atomic', found)
      note('store', index, 'atomic', target[index] as number)
      return found as never
    }
  return {
    words,
    record(act) {
      log = []
      const mocks = [
        vi.spyOn(Atomics, 'load').mockImplementation(((_: unknown, index: number) => {
          const value = load(target, index)
          note('load', index, 'atomic', value)
          return value
        }) as typeof Atomics.load),
        vi.spyOn(Atomics, 'store').mockImplementation(((_: unknown, index: number, value: number) => {
          note('store', index, 'atomic', value)
          return store(target, index, value)
        }) as typeof Atomics.store),
        vi.spyOn(Atomics, 'add').mockImplementation(modify(add as Modify) as typeof Atomics.add),
        vi.spyOn(Atomics, 'or').mockImplementation(modify(or as Modify) as typeof Atomics.or),
        vi.spyOn(Atomics, 'exchange').mockImplementation(modify(exchange as Modify) as typeof Atomics.exchange),
        vi.spyOn(Atomics, 'notify').mockImplementation(() => 0),
      ]
      try {
        act()
        return log
      } finally {
        for (const mock of mocks) mock.mockRestore()
      }
    },
  }
}

/** Words by name, each a byte of a program's memory. */
export type Watched = Readonly<Record<string, number>>

/**
 * The accesses to some words as a program's thread. A load of the word `head` has the register `head`; a second one in the
 * same thread `head2`.
 */
export function asThread(log: readonly WordAccess[], watched: Watched, prefix = ''): Op[] {
  const names = Object.keys(watched)
  const counts = new Map<string, number>()
  return log.flatMap(({ kind, index, order, value }): Op[] => {
    const name = names.find(each => watched[each] === index)
    if (name === undefined) return []
    const address = names.indexOf(name)
    if (kind === 'store') return [store(address, [value & 0xff], order)]
    const count = (counts.get(name) ?? 0) + 1
    counts.set(name, count)
    return [load(`${prefix}${name}${count === 1 ? '' : count}`, address, 1, order)]
  })
}
