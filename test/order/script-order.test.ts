import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Cells } from '../../src/ram/cells.ts'
import { ScriptLane } from '../../src/ram/script-lane.ts'
import { UserBuffers } from '../../src/ram/user-buffer.ts'
import { loadedOnce, naturallyAligned, storedOnceAscending } from './contract.ts'
import { loggedViews } from './logged-views.ts'

describe.each(['host', 'language'] as const)('the script lane in %s order, logged', order => {
  const { views, atomics, record } = loggedViews(16384)
  const atomic = order === 'language'
  const cells = new Cells(views, undefined, { atomic, oneAccess: false, unaligned: 'split' })
  const lane = new ScriptLane(
    views,
    cells,
    { limit: Number.MAX_SAFE_INTEGER, beyond: 'refuse' },
    new UserBuffers(views.u8.buffer),
  )

  beforeEach(() => {
    vi.spyOn(Atomics, 'load').mockImplementation(atomics.load as typeof Atomics.load)
    vi.spyOn(Atomics, 'store').mockImplementation(atomics.store as typeof Atomics.store)
  })
  afterEach(() => {
    vi.restoreAllMocks()
  })

  const moves = (dst: number, src: number, length: number): string | undefined => {
    const log = record(() => lane.move(dst, src, length))
    const target = { start: dst, length }
    const one = log.filter(({ kind }) => kind === 'store').length === 1
    const cell = [1, 2, 4, 8].includes(length) && dst % length === 0
    return (
      storedOnceAscending(log, target) ??
      naturallyAligned(log) ??
      loadedOnce(log, { start: src, length }) ??
      (cell && !one ? 'not one store' : undefined) ??
      (cell && src % length === 0 && log.length !== 2 ? 'not one load' : undefined)
    )
  }

  test('S2, H10-H12: each byte stored once, ascending; loaded once; 1, 2, 4 and 8 bytes in one', () => {
    for (let length = 0; length <= 40; length++)
      for (let pair = 0; pair < 64; pair++) {
        const problem = moves(8192 + (pair & 7), 256 + (pair >> 3), length)
        if (problem !== undefined) expect({ length, pair, problem }).toEqual({})
      }
  })

  test('H13: overlapping by every distance, up and down', () => {
    for (const length of [2, 3, 4, 8, 17, 64, 100])
      for (let distance = -length; distance <= length; distance++)
        for (const skew of [0, 1, 6]) {
          const problem = moves(4096 + skew + distance, 4096 + skew, length)
          if (problem !== undefined) expect({ length, distance, skew, problem }).toEqual({})
        }
  })

  test('a fill', () => {
    for (let length = 0; length <= 40; length++)
      for (let at = 4096; at < 4104; at++) {
        const log = record(() => lane.fill(at, 9, length))
        const problem = storedOnceAscending(log, { start: at, length }) ?? naturallyAligned(log)
        if (problem !== undefined) expect({ length, at, problem }).toEqual({})
      }
  })

  test('from a user buffer: the same stores; to one: each byte loaded once', () => {
    const user = new Uint8Array(200)
    for (let length = 0; length <= 40; length++)
      for (let at = 4096; at < 4104; at++) {
        const stored = record(() => lane.copyIn(at, user, at & 3, length))
        const problem = storedOnceAscending(stored, { start: at, length }) ?? naturallyAligned(stored)
        const loaded = record(() => lane.copyOut(user, at & 3, at, length))
        const other = loadedOnce(loaded, { start: at, length })
        if (problem !== undefined || other !== undefined) expect({ length, at, problem, other }).toEqual({})
      }
  })
})
