import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { isCell } from '../../src/ram/access/cell-bytes.ts'
import { scratchBytes } from '../../src/ram/copy/lane.ts'
import { runs } from '../support/campaign.ts'
import { toBe, toEqual } from '../support/hold.ts'
import { FULL, SMALL } from './builds.ts'
import { type LoggedLane, loggedLanes } from './lanes.ts'
import { watch, watchedAtomics } from './logged-views.ts'
import { observe } from './observer.ts'
import { broken, type Job } from './properties.ts'
import { allocated, carried } from './scratch.ts'

const LONGEST = FULL ? 192 : SMALL ? 36 : 80
const SKEWS = FULL ? 64 : 16
const everySkew = Array.from({ length: SKEWS }, (_, i) => i)
const pattern = (bytes: Uint8Array): void => {
  for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 7 + (i >> 8)) & 0xff
}

beforeEach(() => {
  vi.spyOn(Atomics, 'load').mockImplementation(watchedAtomics.load as typeof Atomics.load)
  vi.spyOn(Atomics, 'store').mockImplementation(watchedAtomics.store as typeof Atomics.store)
})
afterEach(() => {
  vi.restoreAllMocks()
})

describe.each(loggedLanes(8))('$name, logged', logged => {
  const { lane, log, ram, start } = logged
  pattern(ram.subarray(start, start + 8192))
  const dst = start + 1024
  const src = start + 4096

  test('S2, H2, H5, H10-H12: from a user buffer', () => {
    const user = new Uint8Array(512)
    pattern(user)
    for (let length = 1; length <= LONGEST; length++)
      for (const skew of everySkew) {
        const at = (skew * 5 + length) & 63
        verify(logged, { dst: dst + skew, src: undefined, length }, user.slice(at, at + length), () =>
          lane.copyIn(dst + skew, user, at, length),
        )
      }
  })

  test('the same of lengths where the way changes', () => {
    const user = new Uint8Array(2048)
    pattern(user)
    for (const length of [255, 256, 257, 300, 519, 767, 768, 769, 1024])
      for (const skew of SMALL ? [0, 3] : [0, 1, 2, 3, 5, 8, 13])
        for (const at of [skew, skew + 8, skew + 1]) {
          verify(logged, { dst: dst + skew, src: undefined, length }, user.slice(at, at + length), () =>
            lane.copyIn(dst + skew, user, at, length),
          )
        }
  })

  test('the same from a shared buffer of the user, from one that is seen for the first time, and from guest RAM', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(512))
    pattern(shared)
    for (let length = 1; length <= LONGEST && length <= 80; length++)
      for (const skew of [0, 1, 5, 14]) {
        const job: Job = { dst: dst + skew, src: undefined, length }
        verify(logged, job, shared.slice(3, 3 + length), () => lane.copyIn(dst + skew, shared, 3, length))
        const fresh = shared.slice(5)
        verify(logged, job, fresh.slice(3, 3 + length), () => lane.copyIn(dst + skew, fresh, 3, length))
        const guest = ram.subarray(src)
        verify(logged, { ...job, src: src + skew }, ram.slice(src + skew, src + skew + length), () =>
          lane.copyIn(dst + skew, guest, skew, length),
        )
      }
  })

  test('to a user buffer: each byte is loaded once', () => {
    const user = new Uint8Array(512)
    const shared = new Uint8Array(new SharedArrayBuffer(512))
    for (let length = 1; length <= LONGEST; length++)
      for (const skew of everySkew)
        for (const to of [user, shared]) {
          const at = (skew * 5 + length) & 63
          log.clear()
          lane.copyOut(to, at, src + skew, length)
          const problem = broken(log, jobOf(logged, { dst: undefined, src: src + skew, length }))
          const got = to.slice(at, at + length)
          if (problem !== undefined) expect.fail(`${problem}: ${length} bytes of ${skew} to ${at}\n${log}`)
          toEqual(got, ram.slice(src + skew, src + skew + length))
        }
  })

  test('H13: overlapping by every distance, up and down, with exactly min(d, n - d) bytes of scratch', () => {
    const lengths = FULL ? Array.from({ length: 192 }, (_, i) => i + 1) : [1, 2, 3, 4, 7, 8, 16, 33, 64, 65, 100, 131]
    // Watched views are slow; a kernel alone moves RAM to RAM.
    const skews = !FULL ? [0, 1, 6, 13] : lane.name === 'wasm' ? everySkew.slice(0, 16) : [0, 1, 2, 4, 6, 8, 13]
    for (const length of lengths)
      for (let distance = -length; distance <= length; distance++)
        for (const skew of skews) {
          const from = src + skew
          const to = from + distance
          const after = ram.slice(from, from + length)
          let bytes = 0
          verify(logged, { dst: to, src: from, length }, after, () => {
            bytes = allocated(() => lane.move(to, from, length))
          })
          const due = isCell(to, length) ? 0 : scratchBytes(distance, length)
          toBe(lane.name === 'script' ? bytes : carried(log, logged.scratch), due)
        }
  })

  test('H13: from the same memory through another buffer, which may overlap, as through its own', () => {
    const again = new Uint8Array(structuredClone(ram.buffer))
    expect(again.buffer).not.toBe(ram.buffer)
    for (const length of [1, 2, 4, 8, 9, 16, 33, 64, 100, 131])
      for (let distance = -length; distance <= length; distance += SMALL ? 3 : 1)
        for (const skew of [0, 1, 6]) {
          const from = src + skew
          // The array's own accesses are not logged: as far as the log goes, the source is a user's.
          verify(logged, { dst: from + distance, src: undefined, length }, ram.slice(from, from + length), () =>
            lane.copyIn(from + distance, again, from, length),
          )
          const due = ram.slice(from, from + length)
          log.clear()
          lane.copyOut(again, from + distance, from, length)
          const problem = broken(log, jobOf(logged, { dst: undefined, src: from, length }))
          if (problem !== undefined) expect.fail(`${problem}: ${length} bytes up by ${distance}\n${log}`)
          toEqual(ram.slice(from + distance, from + distance + length), due)
        }
  })

  test('a fill', () => {
    for (let length = 1; length <= LONGEST; length++)
      for (const skew of everySkew) {
        const byte = (length + skew) & 0xff
        verify(logged, { dst: dst + skew, src: undefined, length }, new Uint8Array(length).fill(byte), () =>
          lane.fill(dst + skew, byte, length),
        )
      }
  })

  test('long ones, anywhere', () => {
    const longest = 20_000
    const offset = fc.nat(65535)
    fc.assert(
      fc.property(offset, offset, fc.integer({ min: 1, max: longest }), (d, s, length) => {
        const [to, from] = [start + d, start + s]
        verify(logged, { dst: to, src: from, length }, ram.slice(from, from + length), () =>
          lane.move(to, from, length),
        )
        const user = ram.slice(from, from + length + 64)
        verify(logged, { dst: to, src: undefined, length }, user.slice(s & 63, (s & 63) + length), () =>
          lane.copyIn(to, user, s & 63, length),
        )
      }),
      runs(lane.name === 'script' ? 5 : 10),
    )
  })
})

const ARRAYS = [Uint8Array, Uint16Array, Uint32Array, BigUint64Array]

test('a copy so large that it goes through loops of its own', () => {
  const length = 2 ** 23 + 13
  const user = new Uint8Array(length + 3)
  pattern(user)
  for (const logged of loggedLanes(134).filter(({ name }) => name.includes('wide'))) {
    const { lane, log, ram, start } = logged
    const bound = <T extends (typeof ARRAYS)[number]>(real: T): T =>
      new Proxy(real, {
        construct(target, args: [ArrayBuffer, number, number]) {
          const made = new target(...args)
          return args[0] === (ram.buffer as unknown) ? watch(made as Uint8Array, log) : made
        },
      })
    for (const at of [0, 3]) {
      for (const array of ARRAYS) vi.stubGlobal(array.name, bound(array))
      log.clear()
      lane.copyIn(start + at, user, at, length)
      expect(broken(log, jobOf(logged, { dst: start + at, src: undefined, length }))).toBeUndefined()
      log.clear()
      lane.copyOut(user, at, start + at, length)
      expect(broken(log, jobOf(logged, { dst: undefined, src: start + at, length }))).toBeUndefined()
      vi.unstubAllGlobals()
      expect(log.count).toBeLessThan(length / 8 + 20)
      expect(Buffer.compare(ram.subarray(start + at, start + at + length), user.subarray(at, at + length))).toBe(0)
    }
  }
})

function jobOf({ scratch, loadsUnaligned }: LoggedLane, job: Job): Job {
  return { ...job, scratch, loadsUnaligned }
}

/** The contract on the log, the observer's view between any two stores, and the bytes at the end. */
function verify(logged: LoggedLane, job: Job, after: Uint8Array, copy: () => void): void {
  const { log, ram, scratch } = logged
  const ours = (address: number): boolean => address < scratch[0] || address >= scratch[1]
  const whole = jobOf(logged, job)
  const seen = observe(log, ram, job.dst as number, after, ours, copy)
  const problem = broken(log, whole) ?? seen
  if (problem !== undefined) expect.fail(`${problem}\n${JSON.stringify(whole)}\n${log}`)
}
