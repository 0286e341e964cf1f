import fc from 'fast-check'
import {
  AddressSpace,
  IommuMemoryRegion,
  type IommuNotifier,
  IommuNotifierFlag,
  type IommuOps,
  IommuPermissions,
  type IommuTlbEntry,
  type IommuTlbEvent,
} from 'guestmem'
import { describe, expect, test } from 'vitest'
import { PAGE } from '../support/board.ts'
import { LONG } from '../support/campaign.ts'
import { iommuBoard } from '../support/iommu-board.ts'

const { MAP, UNMAP, DEVIOTLB_UNMAP } = IommuNotifierFlag
const { NONE, READ, BOTH } = IommuPermissions

/** A notifier that writes down what it is told. */
function listener(fields: Partial<IommuNotifier> = {}): IommuNotifier & { events: IommuTlbEvent[] } {
  const events: IommuTlbEvent[] = []
  return { flags: UNMAP, start: 0, end: 2 ** 53 - 1, notify: event => events.push(event), ...fields, events }
}

function unmap(iova: number, mask = PAGE - 1): IommuTlbEvent {
  return { type: UNMAP, iova, mask, permissions: NONE }
}

describe('K4 notifiers', () => {
  test('are told of events of their kinds, that overlap their addresses, of their mapping', () => {
    const { iommu, memory } = iommuBoard({ indexes: 2 })
    const map: IommuTlbEvent = { type: MAP, iova: PAGE, mask: 0xff, permissions: READ, target: memory, translated: 0 }
    const all = listener({ flags: MAP | UNMAP })
    const maps = listener({ flags: MAP, index: 0 })
    const below = listener({ flags: MAP | UNMAP, end: PAGE - 1 })
    const above = listener({ flags: MAP | UNMAP, start: PAGE + 0x100 })
    const second = listener({ flags: MAP | UNMAP, index: 1 })
    const exact = listener({ flags: MAP | UNMAP, start: PAGE, end: PAGE + 0xff })
    const notifiers = [all, maps, below, above, second, exact]
    for (const each of notifiers) expect(iommu.registerNotifier(each)).toBe(true)
    iommu.notify(0, map)
    iommu.notify(0, unmap(PAGE, 0xff))
    expect(notifiers.map(({ events }) => events.map(({ type }) => type))).toEqual([
      [MAP, UNMAP],
      [MAP],
      [],
      [],
      [],
      [MAP, UNMAP],
    ])
    expect(exact.events[0]).toEqual(map)
    iommu.notify(1, map)
    expect([second.events.length, all.events.length]).toEqual([1, 2])
    iommu.unregisterNotifier(all)
    iommu.notify(0, map)
    expect([all.events.length, maps.events.length]).toEqual([2, 2])
  })

  test('the block must lie within the addresses of each that hears of it: else none is told', () => {
    const { iommu } = iommuBoard()
    const whole = listener()
    const part = listener({ start: PAGE + 1 })
    iommu.registerNotifier(whole)
    iommu.registerNotifier(part)
    expect(() => iommu.notify(0, unmap(PAGE))).toThrow(RangeError)
    expect(() => iommu.notify(0, unmap(PAGE))).toThrow(/^event: the block from 4096 to 8191 .*got 4097 to/)
    expect(() => iommu.notifyOne(part, unmap(0, 2 * PAGE - 1))).toThrow(/^event: /)
    expect([whole.events, part.events]).toEqual([[], []])
    // Of other kinds it does not hear, so they may be of any extent.
    iommu.notify(0, { ...unmap(PAGE), type: DEVIOTLB_UNMAP })
    expect(part.events).toEqual([])
  })

  test('a device with a cache of its own is told of the part that is its', () => {
    const { iommu } = iommuBoard()
    const cut = (start: number, end: number): unknown => {
      const notifier = listener({ flags: DEVIOTLB_UNMAP, start, end })
      iommu.notifyOne(notifier, { ...unmap(0x1000), type: DEVIOTLB_UNMAP })
      return notifier.events.map(({ iova, mask }) => [iova, mask])
    }
    expect(cut(0, 0xffff)).toEqual([[0x1000, 0xfff]])
    expect(cut(0x1800, 0xffff)).toEqual([[0x1800, 0x7ff]])
    expect(cut(0, 0x17ff)).toEqual([[0x1000, 0x7ff]])
    expect(cut(0x1234, 0x1239)).toEqual([[0x1234, 5]])
    expect(cut(0x1fff, 0x1fff)).toEqual([[0x1fff, 0]])
    expect([cut(0x2000, 0x2fff), cut(0, 0xfff)]).toEqual([[], []])
    expect(listener({ flags: DEVIOTLB_UNMAP }).events).toEqual([])
  })

  test('addresses above 2^32 are whole numbers too', () => {
    const { iommu } = iommuBoard()
    const high = listener({ start: 2 ** 40, end: 2 ** 41 - 1 })
    iommu.registerNotifier(high)
    iommu.notify(0, unmap(0))
    iommu.notify(0, unmap(2 ** 40, 2 ** 40 - 1))
    iommu.notify(0, unmap(2 ** 53 - PAGE))
    expect(high.events.map(({ iova }) => iova)).toEqual([2 ** 40])
  })

  test('the IOMMU hears what they together want, when that changes', () => {
    const heard: number[][] = []
    const { iommu } = iommuBoard({ notifyFlagChanged: (before, after) => void heard.push([before, after]) })
    const [first, same, more] = [listener(), listener(), listener({ flags: MAP | UNMAP })]
    for (const each of [first, same, more]) iommu.registerNotifier(each)
    expect(heard).toEqual([
      [0, UNMAP],
      [UNMAP, MAP | UNMAP],
    ])
    expect(iommu.notifierFlags).toBe(MAP | UNMAP)
    heard.length = 0
    for (const each of [first, more, same]) iommu.unregisterNotifier(each)
    expect(heard).toEqual([
      [MAP | UNMAP, UNMAP],
      [UNMAP, 0],
    ])
    expect(iommu.notifierFlags).toBe(0)
  })

  test('what the IOMMU refuses, or throws at, is not registered', () => {
    let answer: () => boolean = () => false
    const { iommu } = iommuBoard({ notifyFlagChanged: () => answer() })
    const notifier = listener()
    expect([iommu.registerNotifier(notifier), iommu.notifierFlags]).toEqual([false, 0])
    iommu.notify(0, unmap(0))
    answer = () => {
      throw new Error('bug')
    }
    expect(() => iommu.registerNotifier(notifier)).toThrow('bug')
    iommu.notify(0, unmap(0))
    expect([notifier.events, iommu.notifierFlags]).toEqual([[], 0])
    answer = () => true
    expect([iommu.registerNotifier(notifier), iommu.notifierFlags]).toEqual([true, UNMAP])
    iommu.notify(0, unmap(0))
    expect(notifier.events).toHaveLength(1)
  })

  test('one that is registered meanwhile is told from the next event on, one that is unregistered no more', () => {
    const { iommu } = iommuBoard()
    const told: string[] = []
    const others = ['a', 'b', 'c', 'd'].map(name => listener({ notify: () => void told.push(name) }))
    const [a, b, c, late] = others as unknown as [IommuNotifier, IommuNotifier, IommuNotifier, IommuNotifier]
    let act = (): void => undefined
    const first = listener({
      notify() {
        told.push('first')
        act()
      },
    })
    for (const each of [a, first, b, c]) iommu.registerNotifier(each)
    act = () => {
      iommu.unregisterNotifier(a)
      iommu.unregisterNotifier(c)
      iommu.registerNotifier(late)
    }
    iommu.notify(0, unmap(0))
    expect(told.splice(0)).toEqual(['a', 'first', 'b'])
    // Registered anew meanwhile, it is another registration, which begins behind this event.
    act = () => {
      iommu.unregisterNotifier(b)
      iommu.registerNotifier(b)
    }
    iommu.notify(0, unmap(0))
    expect(told.splice(0)).toEqual(['first', 'd'])
    act = () => iommu.unregisterNotifier(first)
    iommu.notify(0, unmap(0))
    expect(told.splice(0)).toEqual(['first', 'd', 'b'])
    iommu.notify(0, unmap(0))
    expect(told).toEqual(['d', 'b'])
  })

  test('all are told, whatever some of them throw; the first error is thrown then', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('fine', 'throws', 'takes the next away'), { maxLength: 8 }), acts => {
        const { iommu } = iommuBoard()
        const told: number[] = []
        const expected: number[] = []
        const notifiers: IommuNotifier[] = acts.map((act, i) =>
          listener({
            notify() {
              told.push(i)
              const next = notifiers[i + 1]
              if (act === 'takes the next away' && next !== undefined) iommu.unregisterNotifier(next)
              if (act !== 'fine') throw i % 2 === 0 ? i : undefined
            },
          }),
        )
        for (const each of notifiers) iommu.registerNotifier(each)
        for (let i = 0; i < acts.length; i++) {
          expected.push(i)
          if (acts[i] === 'takes the next away') i++
        }
        const first = expected.find(i => acts[i] !== 'fine')
        const caught: unknown[] = []
        try {
          iommu.notify(0, unmap(0))
        } catch (error) {
          caught.push(error)
        }
        expect([told, caught]).toEqual([expected, first === undefined ? [] : [first % 2 === 0 ? first : undefined]])
      }),
      { numRuns: 1000 },
    )
  })

  test('an event that is given within another is told whole, and its error is thrown to who gave it', () => {
    const { iommu } = iommuBoard()
    const told: string[] = []
    const caught: unknown[] = []
    iommu.registerNotifier(
      listener({
        notify({ iova }) {
          told.push(`a ${iova}`)
          if (iova !== 0) return
          try {
            iommu.notify(0, unmap(PAGE))
          } catch (error) {
            caught.push((error as Error).message)
          }
        },
      }),
    )
    iommu.registerNotifier(
      listener({
        notify({ iova }) {
          told.push(`b ${iova}`)
          throw new Error(`b ${iova}`)
        },
      }),
    )
    expect(() => iommu.notify(0, unmap(0))).toThrow('b 0')
    expect([told, caught]).toEqual([['a 0', 'a 4096', 'b 4096', 'b 0'], ['b 4096']])
  })

  test('the IOMMU that hears of a change of flags may change them itself: what it was told last is what they are', () => {
    const heard: number[][] = []
    const other = listener({ flags: DEVIOTLB_UNMAP })
    const more = listener({ flags: MAP | UNMAP })
    const { iommu } = iommuBoard({
      notifyFlagChanged(before, after) {
        heard.push([before, after])
        if (after === (MAP | UNMAP)) iommu.registerNotifier(other)
        if (after === 7) iommu.unregisterNotifier(more)
      },
    })
    iommu.registerNotifier(more)
    expect(heard).toEqual([
      [0, 3],
      [3, 7],
      [7, 4],
    ])
    expect(iommu.notifierFlags).toBe(4)
  })
})

/** An object whose fields change each time that they are read, and that counts how often each is. */
function live<T extends object>(fields: T, later: object): { object: T; reads: Record<string, number> } {
  const reads: Record<string, number> = {}
  const object = new Proxy(fields, {
    get(target, key) {
      const name = String(key)
      reads[name] = (reads[name] ?? 0) + 1
      return Reflect.get(reads[name] === 1 ? target : { ...target, ...later }, key)
    },
  })
  return { object, reads }
}

describe('what is checked is what is used: each field is read once', () => {
  test('of an event, which all are told as it was then, and none can change', () => {
    const { iommu, memory } = iommuBoard()
    const event: IommuTlbEvent = { type: MAP, iova: PAGE, mask: 0xff, permissions: READ, target: memory, translated: 8 }
    const later = { type: 9, iova: -1, mask: Number.NaN, permissions: 8, target: {}, translated: 0.5 }
    const { object, reads } = live(event, later)
    const notifiers = [listener({ flags: MAP }), listener({ flags: 7, start: PAGE + 8 }), listener({ flags: UNMAP })]
    for (const each of notifiers) iommu.registerNotifier({ ...each, flags: each.flags | DEVIOTLB_UNMAP })
    iommu.notify(0, object)
    expect(Object.values(reads)).toEqual(new Array(6).fill(1))
    const [whole, part] = notifiers.map(({ events }) => events[0])
    expect(whole).toEqual(event)
    expect(part).toEqual({ ...event, iova: PAGE + 8, mask: 0xf7 })
    expect([whole, part].every(told => Object.isFrozen(told))).toBe(true)
    const one = live(event, later)
    iommu.notifyOne(listener({ flags: MAP }), one.object)
    expect(Object.values(one.reads)).toEqual(new Array(6).fill(1))
  })

  test('of a notifier, when it is registered: what it says of itself later changes nothing', () => {
    const { iommu } = iommuBoard({ indexes: 2 })
    const first = listener({ flags: UNMAP, start: PAGE, end: 3 * PAGE - 1, index: 1 })
    const { object, reads } = live(first as IommuNotifier, { flags: 0, start: Number.NaN, end: -1, index: 7 })
    iommu.registerNotifier(object)
    iommu.notify(1, unmap(PAGE))
    iommu.notify(1, unmap(0))
    iommu.notify(0, unmap(PAGE))
    expect([reads.flags, reads.start, reads.end, reads.index]).toEqual([1, 1, 1, 1])
    expect([first.events, iommu.notifierFlags]).toEqual([[unmap(PAGE)], UNMAP])
    iommu.unregisterNotifier(object)
    expect(iommu.notifierFlags).toBe(0)
  })

  test('what others have put on every object is no field of it', () => {
    const events: IommuTlbEvent[] = []
    const notifier = { flags: 7, start: 0, end: 99, notify: (told: IommuTlbEvent) => void events.push(told) }
    const { iommu } = polluted(
      { replay: 3, attrsToIndex: 3, notifyFlagChanged: 3, indexes: 'x', minPageSize: 3 },
      () => {
        const made = iommuBoard()
        made.map(0, 0)
        made.iommu.setSize(PAGE)
        expect(made.iommu.registerNotifier(notifier)).toBe(true)
        made.iommu.unregisterNotifier(notifier)
        made.iommu.replay(notifier)
        expect([made.bus.load8(0), made.bus.result]).toEqual([0, 0])
        return made
      },
    )
    expect(events.splice(0).map(({ iova, mask }) => [iova, mask])).toEqual([[0, PAGE - 1]])
    polluted({ index: 5, target: 'x', translated: 'x' }, () => {
      iommu.registerNotifier(notifier)
      iommu.notify(0, unmap(0, 1))
    })
    expect(events).toEqual([unmap(0, 1)])
  })
})

/** Runs `body` while some other code has put these on the prototype of every object. */
function polluted<T>(fields: object, body: () => T): T {
  Object.assign(Object.prototype, fields)
  try {
    return body()
  } finally {
    for (const key of Object.keys(fields)) delete (Object.prototype as Record<string, unknown>)[key]
  }
}

describe('K5 replay', () => {
  test('asks for each smallest page of the notifier, and tells of each that has a permission', () => {
    const { iommu, map, asks, memory } = iommuBoard({ indexes: 3 })
    map(2, 5 * PAGE, READ)
    map(4, 0, BOTH)
    map(9, 0, BOTH)
    const notifier = listener({ start: PAGE + 8, end: 5 * PAGE, index: 2 })
    iommu.replay(notifier)
    expect(asks).toEqual([1, 2, 3, 4, 5].map(page => [page * PAGE, NONE, 2]))
    const same = { type: MAP, mask: PAGE - 1, target: memory }
    expect(notifier.events).toEqual([
      { ...same, iova: 2 * PAGE, permissions: READ, translated: 5 * PAGE },
      { ...same, iova: 4 * PAGE, permissions: BOTH, translated: 0 },
    ])
  })

  test('ends with the region; steps are of minPageSize; a block is asked for and told of once', () => {
    const { iommu, table, memory, asks } = iommuBoard({ minPageSize: 0x400 })
    iommu.setSize(3 * PAGE)
    table.set(1, { target: memory, translated: 0, mask: 0x7ff, permissions: BOTH })
    table.set(0, { target: memory, translated: 0, mask: 0, permissions: NONE })
    const notifier = listener()
    iommu.replay(notifier)
    const page = [0, 0x400, 0x800, 0xc00]
    // Of what is behind it, an entry without permissions says that it is a page.
    expect(asks.map(([address]) => address)).toEqual([...page, PAGE, PAGE + 0x800, 2 * PAGE])
    expect(notifier.events.map(({ iova, mask }) => [iova, mask])).toEqual([
      [PAGE, 0x7ff],
      [PAGE + 0x800, 0x7ff],
    ])
  })

  /** Blocks one behind the other, each of a power of two of pages, mapped or not; and how many times it was asked. */
  function blocksOf(orders: readonly (readonly [order: number, mapped: boolean])[]) {
    const { memory } = iommuBoard()
    const blocks: { first: number; mask: number; mapped: boolean }[] = []
    let end = 0
    for (const [order, mapped] of orders) {
      const size = PAGE * 2 ** order
      // Naturally aligned: what lies before it is blocks of its own, one page each, and not mapped.
      for (; end % size !== 0; end += PAGE) blocks.push({ first: end, mask: PAGE - 1, mapped: false })
      blocks.push({ first: end, mask: size - 1, mapped })
      end += size
    }
    let asked = 0
    const iommu = new IommuMemoryRegion(
      'iommu',
      {
        translate(address, access) {
          asked++
          expect(access).toBe(NONE)
          const { first, mask, mapped } = blocks.findLast(block => block.first <= address) as (typeof blocks)[number]
          return { target: memory, translated: first % 2 ** 40, mask, permissions: mapped ? READ : NONE }
        },
      },
      end,
    )
    return { iommu, blocks, end, asked: () => asked }
  }

  test('time follows the number of blocks, whatever their size: each is asked for once, and told of once', () => {
    const orders = fc.array(fc.tuple(fc.constantFrom(0, 1, 2, 3, 6), fc.boolean()), {
      minLength: 1,
      maxLength: 12,
      ...LONG,
    })
    fc.assert(
      fc.property(orders, fc.nat(), fc.nat(), (list, low, high) => {
        const { iommu, blocks, end, asked } = blocksOf(list)
        const start = low % end
        const notifier = listener({ start, end: start + (high % (end - start)) })
        iommu.replay(notifier)
        const concerned = blocks.filter(({ first, mask }) => first <= notifier.end && first + mask >= start)
        expect(asked()).toBe(concerned.length)
        expect(notifier.events.map(({ type, iova, mask }) => [type, iova, mask])).toEqual(
          concerned.filter(({ mapped }) => mapped).map(({ first, mask }) => [MAP, first, mask]),
        )
      }),
      { numRuns: 1500 },
    )
  })

  test.each([
    ['one block of all addresses', 2 ** 53 - 1, 1],
    ['one of 2^48 bytes, and nothing behind it', 2 ** 48 - 1, 6],
    ['two of 2^52', 2 ** 52 - 1, 2],
  ])('%s is not asked for page by page', (_what, mask, asks) => {
    const { memory } = iommuBoard()
    let asked = 0
    const translate = (address: number): IommuTlbEntry => {
      asked++
      const permissions = mask === 2 ** 48 - 1 && address > mask ? NONE : BOTH
      return {
        target: memory,
        translated: 0,
        mask: address > mask && permissions === NONE ? highest(address) : mask,
        permissions,
      }
    }
    /** The largest block that begins at an address. */
    const highest = (address: number): number => {
      let size = PAGE
      while (address % (2 * size) === 0 && size < 2 ** 52) size *= 2
      return size - 1
    }
    const iommu = new IommuMemoryRegion('iommu', { translate }, 2 ** 64)
    const notifier = listener()
    iommu.replay(notifier)
    expect(asked).toBe(asks)
    expect(notifier.events.length).toBe(mask === 2 ** 52 - 1 ? 2 : 1)
  })

  test.each([[undefined], [null], [-1], [0.5], [Number.NaN], [5], [2 ** 53], ['4095'], [0], [1n]])(
    'what is not mapped and says no size (a mask of %s) is left out a page at a time',
    mask => {
      const asks: number[] = []
      const translate = (address: number) => {
        asks.push(address)
        return { permissions: NONE, mask } as unknown as IommuTlbEntry
      }
      const iommu = new IommuMemoryRegion('iommu', { translate, minPageSize: 16 }, 64)
      iommu.replay(listener({ start: 5 }))
      expect(asks).toEqual([0, 16, 32, 48])
    },
  )

  test('each field of an entry is read once', () => {
    const { memory } = iommuBoard()
    const reads: Record<string, number>[] = []
    const translate = () => {
      const fields = { target: memory, translated: 0, mask: PAGE - 1, permissions: BOTH }
      const entry = live(fields as IommuTlbEntry, { mask: Number.NaN, translated: -1, permissions: 9, target: {} })
      reads.push(entry.reads)
      return entry.object
    }
    const iommu = new IommuMemoryRegion('iommu', { translate }, 3 * PAGE)
    const notifier = listener()
    iommu.replay(notifier)
    expect(reads).toEqual(new Array(3).fill({ permissions: 1, target: 1, translated: 1, mask: 1 }))
    expect(notifier.events).toHaveLength(3)
  })

  test('of an IOMMU whose tables lie behind itself ends; its accesses from within are faults', () => {
    const { memory } = iommuBoard()
    const results: number[] = []
    const iommu = new IommuMemoryRegion(
      'iommu',
      {
        translate() {
          space.load32(0)
          results.push(space.result)
          return { target: memory, translated: 0, mask: PAGE - 1, permissions: BOTH }
        },
      },
      2 * PAGE,
    )
    const space = new AddressSpace('space', iommu)
    const notifier = listener()
    iommu.replay(notifier)
    expect([results, notifier.events.length]).toEqual([[2, 2], 2])
    expect([space.load32(4), space.result]).toEqual([0, 0])
  })

  test('is that of the IOMMU where it has one', () => {
    const replay: IommuOps['replay'] = notifier => {
      board.iommu.notifyOne(notifier, { ...unmap(PAGE), type: DEVIOTLB_UNMAP })
      board.iommu.notifyOne(notifier, unmap(PAGE))
    }
    const board = iommuBoard({ replay })
    const notifier = listener()
    board.iommu.replay(notifier)
    expect([notifier.events, board.asks]).toEqual([[unmap(PAGE)], []])
  })
})

describe('refusals', () => {
  // biome-ignore lint/suspicious/noExplicitAny: what is tested is what types would forbid
  const bad = (value: unknown): any => value
  test.each([
    ['none', undefined, TypeError, /^notifier must be an object, got undefined/],
    ['notify', { notify: 1 }, TypeError, /^notifier.notify must be a function, got 1/],
    ['flags 0', { flags: 0 }, RangeError, /^notifier.flags .*got 0/],
    ['flags 8', { flags: 8 }, RangeError, /^notifier.flags .*got 8/],
    ['start', { start: -1 }, RangeError, /^notifier.start .*got -1/],
    ['start NaN', { start: Number.NaN }, RangeError, /^notifier.start .*got NaN/],
    ['end', { start: 8, end: 7 }, RangeError, /^notifier.end .*from 8 .*got 7/],
    ['end 2^53', { end: 2 ** 53 }, RangeError, /^notifier.end .*got 9007199254740992/],
    ['end, a string', { end: '9' }, TypeError, /^notifier.end .*got "9"/],
    ['index', { index: 1 }, RangeError, /^notifier.index .*got 1/],
  ])('a notifier: %s', (_what, fields, kind, text) => {
    const { iommu } = iommuBoard()
    const notifier = fields && { ...listener(), ...fields }
    for (const call of [
      () => iommu.registerNotifier(bad(notifier)),
      () => iommu.replay(bad(notifier)),
      () => iommu.notifyOne(bad(notifier), unmap(0)),
    ]) {
      expect(call).toThrow(kind)
      expect(call).toThrow(text)
    }
    expect(iommu.notifierFlags).toBe(0)
  })

  test('one that is registered, and one that is not', () => {
    const { iommu } = iommuBoard()
    const notifier = listener()
    expect(() => iommu.unregisterNotifier(notifier)).toThrow(TypeError)
    expect(() => iommu.unregisterNotifier(notifier)).toThrow(/^notifier must be one that is registered.*got an object/)
    expect(() => iommu.unregisterNotifier(bad(7))).toThrow(/^notifier must be one that is registered.*got 7/)
    iommu.registerNotifier(notifier)
    expect(() => iommu.registerNotifier(notifier)).toThrow(TypeError)
    iommu.notify(0, unmap(0))
    expect(notifier.events).toHaveLength(1)
  })

  test.each([
    ['none', null, TypeError, /^event must be an object, got null/],
    ['type', { type: 3 }, TypeError, /^event.type .*got 3/],
    ['iova', { iova: 0.5 }, RangeError, /^event.iova .*got 0.5/],
    ['mask', { mask: 0x1000 }, RangeError, /^event.mask .*got 4096/],
    ['mask, over the end', { iova: 2 ** 53 - 8, mask: 15 }, RangeError, /^event.mask .*got 15 at 9007199254740984/],
    ['permissions', { permissions: -1 }, RangeError, /^event.permissions .*got -1/],
    ['an UNMAP with permissions', { permissions: 1 }, RangeError, /^event.permissions must be NONE .*got 1/],
    ['a MAP of nothing', { type: MAP, permissions: 1 }, TypeError, /^event.target .*got undefined/],
  ])('K4 an event: %s', (_what, fields, kind, text) => {
    const { iommu } = iommuBoard()
    const notifier = listener({ flags: 7 })
    iommu.registerNotifier(notifier)
    const event = fields && { ...unmap(0), ...fields }
    for (const call of [() => iommu.notify(0, bad(event)), () => iommu.notifyOne(notifier, bad(event))]) {
      expect(call).toThrow(kind)
      expect(call).toThrow(text)
    }
    expect(notifier.events).toEqual([])
  })

  test('a MAP without a place, and an index that there is not', () => {
    const { iommu, memory } = iommuBoard()
    const event = { type: MAP, iova: 0, mask: 0, permissions: BOTH, target: memory } as const
    expect(() => iommu.notify(0, event)).toThrow(/^event.translated .*got undefined/)
    for (const index of [-1, 1, Number.NaN, bad('0')]) expect(() => iommu.notify(index, unmap(0))).toThrow(/^index /)
  })
})
