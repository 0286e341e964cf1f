import { describe, expect, test } from 'vitest'
import { kernelBytes } from '../../src/ram/kernels/kernel.ts'
import { BUILDS, sourceOffsets } from './builds.ts'
import { instrument } from './instrumented.ts'
import { broken, type Job } from './properties.ts'

const DST = 65536
const SRC = 131072
/** Below guest RAM's part of the test, and in a memory of its own where the build has two. */
const TMP = 1024
const LONGEST = 192

/** Calls `run` for each destination offset modulo 64, the source offsets that go with it, and each length 0 to 192. */
function everyOffset(run: (dst: number, src: number, length: number) => void): void {
  for (let length = 0; length <= LONGEST; length++)
    for (let dst = 0; dst < 64; dst++) for (const src of sourceOffsets(dst, length)) run(dst, src, length)
}

describe.each(BUILDS)('the shipped kernel, logged: %s, for %d memories', (tier, memories) => {
  const { kernel, log } = instrument(kernelBytes(tier, memories))
  const check = (job: Job, call: () => void) => {
    log.clear()
    call()
    const problem = broken(log, job)
    // Built only where it is to fail: an `expect` for each of a million would take longer than they do.
    if (problem !== undefined) expect.fail(`${problem}\n${JSON.stringify(job)}\n${log}`)
  }
  const loadsUnaligned = true

  test('S2, H2, H5, H10-H12: RAM to RAM', () => {
    everyOffset((d, s, length) => {
      const [dst, src] = [DST + d, SRC + s]
      check({ dst, src, length, loadsUnaligned }, () => kernel.copy(dst, src, length))
    })
  })

  test('scratch to RAM: the second half of a copy from a user buffer', () => {
    everyOffset((d, s, length) => {
      const [dst, src] = [DST + d, TMP + s]
      check({ dst, src, length, loadsUnaligned }, () => kernel.copyIn(dst, src, length))
    })
  })

  test('RAM to scratch: the first half of a copy to a user buffer', () => {
    everyOffset((d, s, length) => {
      const [dst, src] = [TMP + d, SRC + s]
      check({ dst, src, length, loadsUnaligned }, () => kernel.copyOut(dst, src, length))
    })
  })

  test('a fill', () => {
    for (let length = 0; length <= LONGEST; length++)
      for (let d = 0; d < 64; d++)
        check({ dst: DST + d, src: undefined, length }, () => kernel.fill(DST + d, length, length))
  })
})
