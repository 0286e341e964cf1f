import { describe, expect, test } from 'vitest'
import { Arena } from '../../src/litmus/arena.ts'
import { accessRace } from '../../src/litmus/race-access.ts'
import { onceRace } from '../../src/litmus/race-once.ts'
import { orderRace } from '../../src/litmus/race-order.ts'
import { RACES } from '../../src/litmus/races.ts'

/** An arena whose race is over when it has been asked `turns` times. */
class ShortArena extends Arena {
  #turns: number

  constructor(turns: number) {
    super(Arena.allocate())
    this.#turns = turns
  }

  override get stopped(): boolean {
    return this.#turns-- <= 0
  }
}

describe.each(RACES)('$name', ({ kinds, within }) => {
  test.each(kinds)('$name copies the bytes', kind => {
    const arena = new Arena(Arena.allocate())
    const source = within ? arena.guest : arena.device
    source.view().fill(0x11, 0, 1024)
    const copy = kind.make(arena, within)
    for (const length of kind.name.includes('store') ? [2, 4, 8] : [16, 20, 60]) {
      const bytes = source.view().subarray(8, 8 + length)
      for (let i = 0; i < length; i++) bytes[i] = i + length
      const due = [...bytes]
      copy(4096, 8, length)
      expect([...arena.guest.view().subarray(4094, 4098 + length)]).toEqual([0, 0, ...due, 0, 0])
      arena.guest.view().fill(0, 4090, 4096 + 64)
    }
  })

  test('has copies of both sorts', () => {
    expect(new Set(kinds.map(({ ours }) => ours))).toEqual(new Set([true, false]))
    expect(new Set(kinds.map(({ name }) => name)).size).toBe(kinds.length)
  })
})

describe('the guest sees', () => {
  const race = orderRace({ words: 15, distance: undefined })
  const look = (words: number[]) => {
    const arena = new ShortArena(1)
    arena.words(arena.guest).set(words, 257)
    return race.guest(arena).caught
  }
  const even = new Array(15).fill(7)

  test('nothing wrong in a record whose first words are newer', () => {
    expect(look(even)).toBe(0)
    expect(look([...new Array(5).fill(8), ...even.slice(5)])).toBe(0)
    expect(look([-(2 ** 31), ...new Array(14).fill(2 ** 31 - 1)])).toBe(0)
  })

  test('H12: that a later word is newer', () => {
    expect(look([...even.slice(1), 8])).toBeGreaterThan(0)
    expect(look([7, 7, 8, ...even.slice(3)])).toBeGreaterThan(0)
  })

  test.each([2, 4, 8] as const)('H2: that an access of %d bytes was seen half made', bytes => {
    const seen = (fill: number, from: number, to: number) => {
      const arena = new ShortArena(1)
      arena.guest.view().fill(fill, 64 + from, 64 + to)
      return accessRace(bytes).guest(arena)
    }
    expect(seen(0xff, 0, bytes)).toEqual({ rounds: 1, caught: 0 })
    expect(seen(0xff, 0, bytes / 2)).toEqual({ rounds: 1, caught: 1 })
    expect(seen(0xff, bytes - 1, bytes)).toEqual({ rounds: 1, caught: 1 })
  })

  test('H10: that its status was set again', () => {
    const status = 204 * 20 + 12
    const play = (again: boolean) => {
      const arena = new (class extends ShortArena {
        // The device is done with the round as soon as the guest asks.
        override await(): boolean {
          if (again) this.guest.view()[status] = 1
          return true
        }
      })(1)
      arena.guest.view()[status] = 1
      return onceRace.guest(arena)
    }
    expect(play(false)).toEqual({ rounds: 1, caught: 0 })
    expect(play(true)).toEqual({ rounds: 1, caught: 1 })
  })
})
