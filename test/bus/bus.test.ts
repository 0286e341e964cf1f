import { CACHE_MODES, HOST_PROFILES, type HostName, MemTxAttrs } from 'guestmem'
import { describe, expect, test, vi } from 'vitest'
import { Bus as ModelBus } from '../hazards/bus.ts'
import { STEPPED_ATOMICS } from '../hazards/stepper.ts'
import { FULL } from '../order/builds.ts'
import { AARCH64_NONCACHED, BAD } from './bad.ts'
import { type Board, board, POLICIES } from './board.ts'
import { DIRECTIONS, type Direction, type Due, type Place } from './directions.ts'
import { type Setting, wayOf } from './expected.ts'

vi.mock('../../src/ram/kernels/kernel.ts', async real =>
  (await import('../hazards/stepper.ts')).steppedKernels(await real()),
)
vi.mock('../../src/ram/access/views.ts', async real =>
  (await import('../hazards/stepper.ts')).steppedViews(await real()),
)
vi.mock('../../src/ram/access/section-views.ts', async real =>
  (await import('../hazards/stepper.ts')).steppedSectionViews(await real()),
)
vi.stubGlobal('Atomics', Object.assign(Object.create(Atomics), STEPPED_ATOMICS))

const HOSTS = Object.keys(HOST_PROFILES) as HostName[]
const SHORT = 64
const LONG = [65, 100, 127, 128, 129, 192, 255, 256, 257, 300, 511, 512, 513, 1000, 2049, 4096]
/** Every length meets every alignment by `npm run evidence`; `npm test` takes a few lengths for each, by turns. */
const STRIDE = 11
const TIERS = [
  ['wasm', 'host'],
  ['wasm', 'language'],
  ['script', 'host'],
  ['script', 'language'],
] as const

let turn = 0

function lengths(alignment: number): number[] {
  const all = [...Array.from({ length: SHORT }, (_, i) => i + 1), ...LONG]
  if (FULL) return all
  turn++
  const short = all.slice(0, SHORT).filter(length => (length + turn * 5) % STRIDE === 0)
  return alignment === turn % 16 ? [...short, LONG[turn % LONG.length] as number] : short
}

/** Where the other side begins: lined up with the device's bytes, and not. */
function skews(alignment: number, length: number): number[] {
  const off = alignment + 1 + (length % 7)
  return FULL ? [alignment, off] : [turn % 2 === 0 ? alignment : off]
}

/** What is wrong with the accesses that a request makes, or with where its bytes went. */
function problemOf(made: Board, direction: Direction, place: Place): string | undefined {
  const { bus, bar, spaces } = made
  const { policy, attrs, address, length } = place
  const span = (from: number | undefined) =>
    from === undefined ? undefined : { address: bar.offset + address + from, length }
  const way = wayOf(made.setting, policy, attrs.strict)
  const due = direction.due(made, way, place)
  const silent = isNothing(due.loads) && isNothing(due.stores)
  let result: number = -1
  const request = silent
    ? {}
    : { loads: span(direction.loadsFrom), stores: span(direction.storesTo), bulk: way === 'bulk' }
  const problem = bus.run(request, () => {
    result = direction.run(made, spaces[policy], place)
  })
  if (problem !== undefined) return problem
  if (result !== 0) return `result ${result}`
  if (!direction.landed(made, place)) return 'the bytes are wrong'
  if (way === 'bulk' && bus.bulkBytes > 0) return undefined
  return uneven('load', bus.widths('load'), due.loads) ?? uneven('store', bus.widths('store'), due.stores)
}

function isNothing(due: Due | undefined): boolean {
  return due === undefined || (!('length' in due) && due.most === 0)
}

function uneven(kind: string, made: readonly number[], due: Due | undefined): string | undefined {
  if (due === undefined) return undefined
  if ('length' in due) {
    const equal = made.length === due.length && made.every((width, i) => width === due[i])
    return equal ? undefined : `${kind}s of ${made}, not of ${due} bytes`
  }
  const { least, most } = due
  return made.length >= least && made.length <= most ? undefined : `${made.length} ${kind}s, not ${least} to ${most}`
}

describe.each(HOSTS)('S1, S2, S4, H2-H6, H10-H13: behind a bus of %s', host => {
  test.each(CACHE_MODES)('%s: no access breaks a rule, and as many are made as are due', cacheMode => {
    const problems = new Map<string, string>()
    for (const [lane, order] of TIERS) {
      const setting: Setting = { host, cacheMode, lane, order, unaligned: 'split' }
      const made = board(setting)
      for (let i = 0; i < made.device.length; i++) made.device[i] = (i * 7) ^ (i >> 8)
      for (const direction of DIRECTIONS)
        for (const policy of POLICIES)
          for (const attrs of [MemTxAttrs.UNSPECIFIED, MemTxAttrs.RELAXED])
            for (let alignment = 0; alignment < 16; alignment++)
              for (const length of lengths(alignment))
                for (const skew of skews(alignment, length)) {
                  const place = { policy, attrs, address: 0x400 + alignment, length, skew }
                  const problem = problemOf(made, direction, place)
                  if (problem !== undefined && !problems.has(direction.name))
                    problems.set(
                      direction.name,
                      `${direction.name}, ${lane}, ${order} order, ${policy}, strict ${attrs.strict}, ` +
                        `${length} bytes at ${alignment}, the other side at ${skew}: ${problem}\n${made.bus.log}`,
                    )
                }
    }
    if (problems.size > 0) expect.fail([...problems.values()].join('\n'))
  })
})

describe('the same bus catches', () => {
  test.each(BAD)('%s', (_name, options, { loads, stores, rules, run, model }, caught) => {
    const made = board({ ...AARCH64_NONCACHED, ...options })
    const { bus, bar } = made
    if (rules !== undefined) bus.rules = rules
    const span = (given: readonly [number, number] | undefined) =>
      given && { address: bar.offset + given[0], length: given[1] }
    const all = new ModelBus(new Uint8Array(bar.ram.buffer))
    const problem = bus.run({ loads: span(loads), stores: span(stores) }, () => {
      run?.(made)
      model?.(all, bar.offset + (stores?.[0] ?? 0), bar.offset + (loads?.[0] ?? 0), stores?.[1] ?? 0)
    })
    expect(problem).toMatch(caught)
  })

  test.each(['wasm', 'script'] as const)('A, H2: a copy byte by byte, which breaks no other rule: %s', lane => {
    const made = board({ ...AARCH64_NONCACHED, lane })
    const [, write] = DIRECTIONS as [Direction, Direction]
    const bytewise: Direction = {
      ...write,
      run(_board, space, { address, length }) {
        for (let i = 0; i < length; i++) space.store8(address + i, 7)
        return 0
      },
      landed: () => true,
    }
    const place = { policy: 'by-mapping', attrs: MemTxAttrs.UNSPECIFIED, address: 0, skew: 0 } as const
    for (const length of [2, 4, 8, 64]) {
      expect(problemOf(made, write, { ...place, length })).toBeUndefined()
      expect(problemOf(made, bytewise, { ...place, length })).toMatch(/^stores of 1,1/)
    }
  })
})
