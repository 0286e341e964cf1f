import { describe, expect, test } from 'vitest'
import { isCell } from '../../src/ram/cell-bytes.ts'
import { scratchBytes } from '../../src/ram/lane.ts'
import { loggedKernel } from './access-log.ts'
import { naturallyAligned, orderProblem, storedOnceAscending } from './contract.ts'

/** Behind everything else, where the kernels' scratch is given to them. */
const TMP = 65536

describe.each(['wide', 'narrow', 'language'] as const)('the shipped %s kernel, logged', tier => {
  const { kernel, record } = loggedKernel(tier)

  test('S2, H10-H12: a copy stores each byte once, ascending, the last one last; loads each once', () => {
    for (let length = 0; length <= 80; length++)
      for (let pair = 0; pair < 256; pair++) {
        const dst = 4096 + (pair & 15)
        const src = 256 + (pair >> 4)
        const log = record(() => kernel.copy(dst, src, length))
        const problem = orderProblem(log, { start: dst, length }, { start: src, length })
        if (problem !== undefined) expect({ length, dst, src, problem }).toEqual({})
      }
  })

  test('the same down by any distance, where the ranges overlap', () => {
    for (const length of [3, 8, 17, 64, 100, 200])
      for (let distance = 1; distance < length; distance++) {
        const log = record(() => kernel.copy(4096, 4096 + distance, length))
        const problem = orderProblem(log, { start: 4096, length }, { start: 4096 + distance, length })
        if (problem !== undefined) expect({ length, distance, problem }).toEqual({})
      }
  })

  test('a fill', () => {
    for (let length = 0; length <= 80; length++)
      for (let at = 4096; at < 4112; at++) {
        const log = record(() => kernel.fill(at, 7, length))
        const range = { start: at, length }
        const problem = storedOnceAscending(log, range) ?? naturallyAligned(log)
        if (problem !== undefined) expect({ length, at, problem }).toEqual({})
        expect(log.every(({ kind }) => kind === 'store')).toBe(true)
      }
  })

  test('H13: up by every distance, with scratch of min(d, n - d) bytes', () => {
    for (const length of [2, 3, 5, 8, 15, 16, 31, 63, 64, 65, 80, 100, 129, 200, 300])
      for (let distance = 1; distance < length; distance++)
        for (const skew of [0, 1, 6, 13]) {
          const src = 4096 + skew
          const dst = src + distance
          const scratch = scratchBytes(distance, length)
          const log = record(() => {
            // As the lane does: an access that is one cell needs no scratch.
            if (isCell(dst, length)) kernel.copy(dst, src, length)
            else if (2 * distance < length) kernel.upRing(dst, distance, length, TMP)
            else kernel.upSaved(dst, distance, length, TMP)
          })
          const guest = log.filter(({ address }) => address < TMP)
          const problem = orderProblem(guest, { start: dst, length }, { start: src, length })
          if (problem !== undefined) expect({ length, distance, skew, problem }).toEqual({})
          // The kernel spills the vector that it carries beside the scratch.
          const spill = tier === 'wide' ? 16 : 8
          const reach = Math.max(0, ...log.filter(({ address }) => address >= TMP).map(a => a.address + a.width - TMP))
          expect(reach).toBeLessThanOrEqual(scratch + spill)
        }
  })
})
