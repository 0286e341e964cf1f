import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { buildSync } from 'esbuild'
import { HOST_PROFILES } from 'guestmem'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { isAsTold } from '../../examples/gh100/chapters.mjs'
import { memcpyFaults } from '../../examples/gh100/memcpy.mjs'
import { type Run, tellStory } from '../../examples/gh100/story.mjs'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

// vitest does not transform what runs in a worker.
const { outputFiles } = buildSync({
  entryPoints: [here('../../examples/gh100/guest.mjs')],
  alias: { guestmem: here('../../src/index.ts'), 'guestmem/vfio': here('../../src/vfio/vfio.ts') },
  bundle: true,
  write: false,
  platform: 'node',
  format: 'cjs',
})
const start = () => new Worker(outputFiles[0]?.text ?? '', { eval: true })

/** Of the small read, and of 64 KiB there and back. */
const ASKED = 2048 + 2 * 65536

let rows: Run[] = []
let text = ''

beforeAll(async () => {
  const lines: string[] = []
  const log = vi.spyOn(console, 'log').mockImplementation((line = '') => void lines.push(line))
  rows = await tellStory({ start }).finally(() => log.mockRestore())
  text = lines.join('\n')
})

/** `BAR mode policy disk` of those that a filter leaves, host by host. */
const of = (bar: number, filter: (run: Run) => boolean) =>
  rows
    .filter(run => run.bar === bar && filter(run))
    .map(({ host, told, policy, disk }) => `${host}: ${told ?? '?'}, ${policy}, ${disk}`)

test('every run ends as it is told', () => {
  expect(rows.filter(({ right }) => !right)).toEqual([])
  expect(rows).toHaveLength(8 + 9 + 9 + 18)
  expect(text).toContain('128 GiB')
  expect(text).toContain('12 GiB of address space')
  expect(text).not.toContain('UNEXPECTED')
})

describe('S3, J2 a GPU whose mapping is not known is bounced, and the guest freezes', () => {
  test('on every host, when a request needs more than the budget, and not before', () => {
    const old = rows.filter(run => run.bar === 4 && run.disk === 'maps' && run.policy === 'normal-only' && !run.told)
    expect(old.map(({ host }) => host)).toEqual(['x86-64', 'aarch64', 'ppc64'])
    for (const run of old) {
      expect(run).toMatchObject({ frozen: true, directBytes: 0, bouncedBytes: 2048, mapFailures: 1, requests: 2 })
      expect(run.why).toBe('virtio: bogus descriptor or out of resources')
      // S5: what was bounced was stored in 8-byte accesses.
      expect(run.widths).toEqual({ 1: 0, 2: 0, 4: 0, 8: 256 })
    }
  })

  test('none freezes where the driver says that it is normal, whatever the policy (S1.3)', () => {
    const now = rows.filter(({ told }) => told === 'normal')
    expect(now).toHaveLength(9)
    for (const run of now)
      expect(run).toMatchObject({ frozen: false, directBytes: ASKED, bouncedBytes: 0, mapFailures: 0, requests: 4 })
  })

  test('S1.3 of BAR 2 each policy makes direct what it says, where the host lets any access touch it (H6)', () => {
    expect(of(2, run => !run.frozen)).toEqual([
      'x86-64: writecombine, normal-or-writecombine, maps',
      'x86-64: writecombine, by-mapping, maps',
      'x86-64: noncached, by-mapping, maps',
      'aarch64: writecombine, normal-or-writecombine, maps',
      'aarch64: writecombine, by-mapping, maps',
    ])
  })

  test('S2.2 a disk that goes through the space is never frozen, and makes no access that is too wide', () => {
    const through = rows.filter(({ disk }) => disk === 'uses the space')
    expect(through).toHaveLength(6)
    for (const { frozen, widths, kernelBytes, requests, host, policy } of through) {
      expect([frozen, requests]).toEqual([false, 4])
      const bytes = widths[1] + 2 * widths[2] + 4 * widths[4] + 8 * widths[8]
      expect(bytes + kernelBytes).toBe(ASKED)
      expect(kernelBytes > 0).toBe(host === 'x86-64' && policy === 'by-mapping')
    }
  })
})

describe('the checkers catch what is wrong', () => {
  test('C, H6 memcpy faults on a noncached mapping, except on x86', () => {
    const hopes = rows.filter(({ disk }) => disk === 'memcpy, and hopes')
    expect(hopes.map(({ host, faults }) => [host, faults > 0])).toEqual([
      ['x86-64', false],
      ['aarch64', true],
      ['ppc64', true],
    ])
    const access = (host: 'aarch64' | 'ppc64', mode: 'normal' | 'writecombine' | 'noncached') =>
      HOST_PROFILES[host].access[mode]
    expect(memcpyFaults(access('aarch64', 'noncached'), 0, 65)).toBe(5)
    expect(memcpyFaults(access('aarch64', 'noncached'), 1, 15)).toBe(0)
    expect(memcpyFaults(access('aarch64', 'writecombine'), 1, 65)).toBe(0)
    expect(memcpyFaults(access('ppc64', 'writecombine'), 0, 64)).toBe(4)
    expect(memcpyFaults(access('ppc64', 'normal'), 3, 1000)).toBe(0)
  })

  test('the guest sees data that comes after the index', () => {
    const stale = rows.filter(({ disk }) => disk === 'memcpy, overtaken')
    expect(stale.map(({ host }) => host)).toEqual(['aarch64', 'ppc64'])
    // Which of its reads are too early depends on two threads.
    for (const { hazards } of stale) expect(hazards).not.toEqual([])
    for (const { disk, hazards } of rows) if (disk !== 'memcpy, overtaken') expect(hazards).toEqual([])
  })

  test('a run that ends otherwise is not right', () => {
    const good = rows.find(({ ends }) => ends === 'direct') as Run
    const frozen = rows.find(({ ends }) => ends === 'frozen') as Run
    const fixed = rows.find(({ ends }) => ends === 'fixed') as Run
    const wrong: [string, Run][] = [
      ['direct', { ...good, hazards: ['stale'] }],
      ['direct', { ...good, bouncedBytes: 1 }],
      ['direct', { ...good, directBytes: ASKED - 1 }],
      ['direct', { ...good, faults: 1 }],
      ['direct', frozen],
      ['frozen', good],
      ['frozen', { ...frozen, mapFailures: 0 }],
      ['fixed', { ...fixed, kernelBytes: 16 }],
      ['fixed', frozen],
      ['ordered', fixed],
      ['faults', good],
      ['stale', good],
    ]
    expect(wrong.filter(([ends, seen]) => isAsTold(ends, seen, ASKED))).toEqual([])
  })
})
