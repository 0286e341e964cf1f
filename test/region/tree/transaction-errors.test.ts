import { AddressSpace, type MemoryListener, MemoryRegion, registerMemoryListener } from 'guestmem'
import { afterEach, describe, expect, test } from 'vitest'
import { QUIET } from '../../support/board.ts'

const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

function board(...listeners: MemoryListener[]) {
  const root = MemoryRegion.container('root', 256)
  const space = new AddressSpace('space', root)
  for (const listener of listeners) stops.push(registerMemoryListener(space, listener))
  return { root, space }
}

const io = (name = 'io') => MemoryRegion.io(name, QUIET, 16)
const thrower = (error: Error, log: string[] = []): MemoryListener => ({
  regionAdd() {
    log.push(error.message)
    throw error
  },
})

describe('which error reaches who ended a transaction', () => {
  const [body, first, second] = ['body', 'first', 'second'].map(text => new Error(text)) as [Error, Error, Error]

  test("the body's, before any listener's, and all are told", () => {
    const log: string[] = []
    const { root, space } = board(thrower(first, log), thrower(second, log))
    const run = () =>
      MemoryRegion.transaction(() => {
        root.addSubregion(0, io())
        throw body
      })
    expect(run).toThrow(body)
    expect(log).toEqual(['first', 'second'])
    expect(space.view.ranges).toHaveLength(1)
  })

  test("else the first listener's", () => {
    const log: string[] = []
    const { root, space } = board(thrower(first, log), thrower(second, log))
    expect(() => MemoryRegion.transaction(() => root.addSubregion(0, io()))).toThrow(first)
    expect(() => root.addSubregion(16, io())).toThrow(first)
    expect(log).toEqual(['first', 'second', 'first', 'second'])
    expect(space.view.ranges).toHaveLength(2)
    expect(MemoryRegion.transaction(() => 'none')).toBe('none')
  })

  test('undefined, when that is what the body throws', () => {
    const { root } = board(thrower(first))
    let caught: unknown = 'nothing'
    try {
      MemoryRegion.transaction(() => {
        root.addSubregion(0, io())
        throw undefined
      })
    } catch (error) {
      caught = error
    }
    expect(caught).toBeUndefined()
  })

  test("a refused change's, though a device throws as its transaction begins", () => {
    const flush = { error: undefined as Error | undefined }
    const { root } = board({
      coalescedIoFlush() {
        if (flush.error) throw flush.error
      },
    })
    flush.error = first
    expect(() => root.removeSubregion(io())).toThrow(/^region "io" is not in "root"$/)
    expect(() => root.addSubregion(0, io())).toThrow(first)
    flush.error = undefined
    root.addSubregion(16, io())
    expect(root.subregions).toHaveLength(2)
  })

  test('none within a callback that runs inside', () => {
    const inner: unknown[] = []
    const { root } = board(thrower(first), {
      regionAdd({ region }) {
        if (region.name !== 'io') return
        try {
          MemoryRegion.transaction(() => root.addSubregion(32, io('from a callback')))
          inner.push('no error')
        } catch (error) {
          inner.push(error)
        }
      },
    })
    expect(() => root.addSubregion(0, io())).toThrow(first)
    expect(inner).toEqual(['no error'])
    expect(root.subregions).toHaveLength(2)
  })

  test('a nested transaction that throws ends none but itself', () => {
    const { root, space } = board(thrower(first))
    let caught: unknown
    const run = () =>
      MemoryRegion.transaction(() => {
        try {
          MemoryRegion.transaction(() => {
            root.addSubregion(0, io())
            throw body
          })
        } catch (error) {
          caught = error
        }
        expect(space.view.ranges).toHaveLength(0)
      })
    expect(run).toThrow(first)
    expect(caught).toBe(body)
  })
})

// biome-ignore lint/suspicious/noExplicitAny: what is tested is what types would forbid
const bad = (value: unknown): any => value

function withThen(value: object, then: unknown): unknown {
  return Object.defineProperty(value, 'then', { value: then })
}

describe('a transaction is no longer than its body runs', () => {
  test.each([
    ['async', async () => 1],
    ['a generator', function* () {}],
    ['an async generator', async function* () {}],
  ])('%s function is refused', (_, body) => {
    expect(() => MemoryRegion.transaction(bad(body))).toThrow(
      /^body must be a function that is not async, got \w+Function: await before the transaction, or after it$/,
    )
  })

  test('an async function is not run', async () => {
    const { root } = board()
    const body = async () => root.addSubregion(0, io())
    expect(() => MemoryRegion.transaction(body)).toThrow(TypeError)
    await Promise.resolve()
    expect(root.subregions).toEqual([])
  })

  test.each([
    ['a promise', () => Promise.resolve(1)],
    ['what has a then', () => withThen({}, () => undefined)],
    [
      'a function that has one',
      () =>
        withThen(
          () => 1,
          () => undefined,
        ),
    ],
  ])('a body that returns %s: what it changed is shown, then it is refused', (_, answer) => {
    const { root, space } = board()
    const body = () => {
      root.addSubregion(0, io())
      return answer()
    }
    expect(() => MemoryRegion.transaction(body)).toThrow(
      /^body must be a function that is not async, got a promise of it/,
    )
    expect(space.view.ranges).toHaveLength(1)
    root.addSubregion(16, io())
    expect(space.view.ranges).toHaveLength(2)
  })

  test.each([undefined, null, 5, 'body', {}, Promise.resolve()])('%s is no function', value => {
    expect(() => MemoryRegion.transaction(bad(value))).toThrow(/^body must be a function, got /)
  })

  test.each([
    ['then', withThen({}, 5)],
    ['null', null],
    ['undefined', undefined],
    ['a class', class {}],
  ])('what is no promise is handed on: %s', (_, value) => {
    expect(MemoryRegion.transaction(() => value)).toBe(value)
  })

  test('a bound function, and one without a prototype, are run', () => {
    const body = Object.setPrototypeOf(() => 7, null) as () => number
    expect(MemoryRegion.transaction(body)).toBe(7)
    expect(MemoryRegion.transaction(((x: number) => x).bind(null, 8))).toBe(8)
  })
})
