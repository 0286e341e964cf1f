import { type IommuNotifier, IommuNotifierFlag, type IommuOps, IommuPermissions, type IommuTlbEvent } from 'guestmem'
import { describe, expect, test } from 'vitest'
import { PAGE } from '../support/board.ts'
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
    expect(exact.events[0]).toBe(map)
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

  test('one that is registered or unregistered meanwhile is told, or not, from the next event on', () => {
    const { iommu } = iommuBoard()
    const late = listener()
    const first = listener({
      notify() {
        if (late.events.length === 0) iommu.registerNotifier(late)
        else iommu.unregisterNotifier(late)
      },
    })
    iommu.registerNotifier(first)
    iommu.notify(0, unmap(0))
    expect(late.events).toHaveLength(0)
    late.events.push(unmap(0))
    iommu.notify(0, unmap(0))
    expect(late.events).toHaveLength(2)
  })
})

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

  test('ends with the region; steps are of minPageSize; a larger block is told of at each', () => {
    const { iommu, table, memory, asks } = iommuBoard({ minPageSize: 0x400 })
    iommu.setSize(2 * PAGE)
    table.set(1, { target: memory, translated: 0, mask: 0x7ff, permissions: BOTH })
    const notifier = listener()
    iommu.replay(notifier)
    expect(asks).toHaveLength(8)
    expect(notifier.events.map(({ iova, mask }) => [iova, mask])).toEqual([
      [PAGE, 0x7ff],
      [PAGE, 0x7ff],
      [PAGE + 0x800, 0x7ff],
      [PAGE + 0x800, 0x7ff],
    ])
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
