import fc from 'fast-check'
import { AddressSpace, type DmaWindow, MemoryRegion } from 'guestmem'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { LONG, runs } from '../support/campaign.ts'
import { later } from '../support/later.ts'

/** A space in which every window is a bounce buffer, and comes out of `bounceBytes` bytes. */
function device(bounceBytes: number): AddressSpace {
  const ops = { read: () => 0, write: () => undefined }
  return new AddressSpace('dma', MemoryRegion.io('io', ops, 2 ** 32), { bounceBytes })
}

const soon = () => later(5)

describe('J4 who waits for a bounce buffer', () => {
  test('is called soon where there is room, and not before', async () => {
    const space = device(4096)
    const calls: string[] = []
    space.whenRoom(() => calls.push('called'))
    await Promise.resolve()
    expect(calls).toEqual([])
    await soon()
    expect(calls).toEqual(['called'])
  })

  test('else after an unmap, once, in order of arrival; and not if it was taken back', async () => {
    const space = device(8)
    const window = space.map(0, 8)
    const calls: string[] = []
    space.whenRoom(() => calls.push('first'))
    const cancel = space.whenRoom(() => calls.push('cancelled'))
    space.whenRoom(() => calls.push('second'))
    space.whenRoom(() => calls.push('third'))
    cancel()
    await soon()
    expect(calls).toEqual([])
    window?.unmap()
    expect(calls).toEqual([])
    await soon()
    expect(calls).toEqual(['first', 'second', 'third'])
    space.map(0, 8)?.unmap()
    await soon()
    expect(calls).toHaveLength(3)
  })

  test('can be taken back between the unmap and the call, and by another that is called', async () => {
    const space = device(8)
    const window = space.map(0, 8)
    const calls: string[] = []
    const cancel = space.whenRoom(() => calls.push('cancelled'))
    space.whenRoom(() => {
      calls.push('called')
      cancelLast()
    })
    const cancelLast = space.whenRoom(() => calls.push('cancelled by the one before'))
    window?.unmap()
    cancel()
    await soon()
    expect(calls).toEqual(['called'])
  })

  test('is called when what it wants can be had, and keeps nobody waiting who wants less', async () => {
    const space = device(608)
    const held = space.map(0, 512) as DmaWindow
    const calls: string[] = []
    space.whenRoom(() => calls.push('512'), { bytes: 512 })
    space.whenRoom(() => calls.push('97'), { bytes: 97 })
    space.whenRoom(() => calls.push('96'), { bytes: 96 })
    await soon()
    expect(calls).toEqual(['96'])
    held.unmap()
    await soon()
    expect(calls).toEqual(['96', '512', '97'])
  })

  test('is not called for what those before it have taken', async () => {
    const space = device(100)
    const held = space.map(0, 100) as DmaWindow
    const windows: (DmaWindow | undefined)[] = []
    for (let i = 0; i < 3; i++) space.whenRoom(() => windows.push(space.map(0, 60)), { bytes: 60 })
    held.unmap()
    await soon()
    expect(windows.map(window => window?.length)).toEqual([60])
    windows[0]?.unmap()
    await soon()
    expect(windows.map(window => window?.length)).toEqual([60, 60])
  })

  test('for more than the whole budget waits for the whole; of no budget at all, for ever', async () => {
    const calls: number[] = []
    const space = device(100)
    const held = space.map(0, 1) as DmaWindow
    space.whenRoom(() => calls.push(space.bounceBytesLeft), { bytes: 2 ** 40 })
    device(0).whenRoom(() => calls.push(-1))
    await soon()
    expect(calls).toEqual([])
    held.unmap()
    await soon()
    expect(calls).toEqual([100])
  })

  test('and waits again at once starves no timer', async () => {
    const space = device(8)
    let calls = 0
    let live = true
    const again = () => {
      calls++
      if (live) space.whenRoom(again)
    }
    again()
    // A task that comes due lets go: in microtasks `again` would call itself for ever.
    await later(20)
    live = false
    await soon()
    const last = calls
    expect(last).toBeGreaterThan(1)
    await soon()
    expect(calls).toBe(last)
  })
})

describe('a callback that throws', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  test('keeps none from being called, and its error is an uncaught one', () => {
    vi.useFakeTimers()
    const space = device(8)
    const calls: number[] = []
    for (let i = 0; i < 5; i++)
      space.whenRoom(() => {
        calls.push(i)
        if (i % 2 === 0) throw new Error(`callback ${i}`)
      })
    const errors: string[] = []
    for (let timers = 0; vi.getTimerCount() > 0 && timers < 20; timers++) {
      try {
        vi.advanceTimersToNextTimer()
      } catch (error) {
        errors.push((error as Error).message)
      }
    }
    expect(calls).toEqual([0, 1, 2, 3, 4])
    expect(errors).toEqual(['callback 0', 'callback 2', 'callback 4'])
  })
})

test('J2, J4 whoever waits, maps and unmaps: nobody waits for what is free, and all are called in the end', async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('map'), bytes: fc.integer({ min: 1, max: 40 }) }),
    fc.record({ kind: fc.constant('unmap'), bytes: fc.nat(9) }),
    fc.record({ kind: fc.constant('wait'), bytes: fc.nat(120) }),
    fc.record({ kind: fc.constant('turn'), bytes: fc.constant(0) }),
  )
  vi.useFakeTimers()
  try {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.array(step, { maxLength: 30, ...LONG }), (total, steps) => {
        const space = device(total)
        const held: DmaWindow[] = []
        const waiting = new Map<number, number>()
        const turn = () => {
          vi.runAllTimers()
          for (const bytes of waiting.values()) expect(bytes).toBeGreaterThan(space.bounceBytesLeft)
        }
        steps.forEach(({ kind, bytes }, id) => {
          if (kind === 'map') {
            const window = space.map(0, bytes)
            if (window !== undefined) held.push(window)
          } else if (kind === 'unmap') held.splice(bytes, 1)[0]?.unmap()
          else if (kind === 'wait') {
            const wanted = Math.max(1, Math.min(bytes, total))
            waiting.set(id, wanted)
            space.whenRoom(
              () => {
                expect(space.bounceBytesLeft).toBeGreaterThanOrEqual(wanted)
                for (const [other, least] of waiting)
                  if (other < id) expect(least).toBeGreaterThan(space.bounceBytesLeft)
                expect(waiting.delete(id)).toBe(true)
              },
              { bytes },
            )
          } else turn()
        })
        for (const window of held) window.unmap()
        turn()
        expect([space.bounceBytesLeft, waiting.size]).toEqual([total, 0])
      }),
      runs(1000),
    )
  } finally {
    vi.useRealTimers()
  }
})
