import { describe, expect, test } from 'vitest'
import { RaceMemory } from '../../src/litmus/race-memory.ts'
import { RaceSync } from '../../src/litmus/race-sync.ts'
import { RACES } from '../../src/litmus/races.ts'
import { storeOrderRace } from '../../src/litmus/store-order-race.ts'
import { storedOnceRace } from '../../src/litmus/stored-once-race.ts'
import { tornAccessRace } from '../../src/litmus/torn-access-race.ts'

/** Is stopped when it has been asked once. */
class ShortSync extends RaceSync {
  #asked = false
  readonly #onWait: () => void

  /** @param onWait What the device does while the guest waits for it. */
  constructor(onWait: () => void = () => {}) {
    super(new Int32Array(256))
    this.#onWait = onWait
  }

  override get stopped(): boolean {
    const stopped = this.#asked
    this.#asked = true
    return stopped
  }

  /** The device is done with the round as soon as the guest waits. */
  override waitFor(): boolean {
    this.#onWait()
    return true
  }
}

/** The memory of a race that is over after one turn of the guest's loop. */
class ShortRace extends RaceMemory {
  override readonly sync: RaceSync

  constructor(onWait?: (memory: RaceMemory) => void) {
    super(RaceMemory.allocate())
    this.sync = new ShortSync(() => onWait?.(this))
  }
}

describe.each(RACES)('$name', ({ kinds, within }) => {
  test.each(kinds)('$name copies the bytes', kind => {
    const memory = new RaceMemory(RaceMemory.allocate())
    const source = within ? memory.guest : memory.device
    source.view().fill(0x11, 0, 1024)
    const copy = kind.make(memory, within)
    for (const length of kind.name.includes('store') ? [2, 4, 8] : [16, 20, 60]) {
      const bytes = source.view().subarray(8, 8 + length)
      for (let i = 0; i < length; i++) bytes[i] = i + length
      const due = [...bytes]
      copy(4096, 8, length)
      expect([...memory.guest.view().subarray(4094, 4098 + length)]).toEqual([0, 0, ...due, 0, 0])
      memory.guest.view().fill(0, 4090, 4096 + 64)
    }
  })

  test('has copies of both sorts, and all of them can be made here', () => {
    expect(new Set(kinds.map(({ ours }) => ours))).toEqual(new Set([true, false]))
    expect(new Set(kinds.map(({ name }) => name)).size).toBe(kinds.length)
    for (const { isAvailable } of kinds) expect(isAvailable?.() ?? true).toBe(true)
  })
})

describe('the guest sees', () => {
  const race = storeOrderRace({ words: 15, distance: undefined })
  const look = (words: number[]) => {
    const memory = new ShortRace()
    memory.words(memory.guest).set(words, 257)
    return race.guest(memory).caught
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
      const memory = new ShortRace()
      memory.guest.view().fill(fill, 64 + from, 64 + to)
      return tornAccessRace(bytes).guest(memory)
    }
    expect(seen(0xff, 0, bytes)).toEqual({ rounds: 1, caught: 0 })
    expect(seen(0xff, 0, bytes / 2)).toEqual({ rounds: 1, caught: 1 })
    expect(seen(0xff, bytes - 1, bytes)).toEqual({ rounds: 1, caught: 1 })
  })

  test('H10: that its status was set again', () => {
    const status = 204 * 20 + 12
    const play = (again: boolean) => {
      const memory = new ShortRace(({ guest }) => {
        if (again) guest.view()[status] = 1
      })
      memory.guest.view()[status] = 1
      return storedOnceRace.guest(memory)
    }
    expect(play(false)).toEqual({ rounds: 1, caught: 0 })
    expect(play(true)).toEqual({ rounds: 1, caught: 1 })
  })
})
