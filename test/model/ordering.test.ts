import { describe, expect, test } from 'vitest'
import type { HostName } from '../../src/host/host-access.ts'
import { HOST_PROFILES, hostProfile } from '../../src/host/profile.ts'
import { type AccessOrder, accessOrder, type Ordering } from '../../src/ram/access/access-order.ts'
import { resolveOptions } from '../../src/ram/guest-ram-options.ts'
import { CPUS } from './cpus.ts'
import { allows } from './explore.ts'
import { shapes } from './litmus.ts'
import { MODELS, type ModelName } from './models.ts'
import { fence, type Op, type Order } from './program.ts'

type Rule = typeof accessOrder
type Wish = Ordering

const WISHES: readonly Wish[] = ['auto', 'weak', 'tso', 'sc']
const NAMES = Object.keys(HOST_PROFILES) as HostName[]
const ORDERS = ['host', 'language'] as const

/** What a guest of each model may see of single accesses, by the names of the shapes: no more than its own CPU shows. */
const COHERENCE = (name: string) => name.startsWith('Co')
const OF_TSO = new Set(['SB', 'R', 'SB+rfis'])
const PROMISES: Readonly<Record<Ordering, (shape: string) => boolean>> = {
  auto: shape => OF_TSO.has(shape),
  weak: shape => !COHERENCE(shape),
  tso: shape => OF_TSO.has(shape),
  sc: () => false,
}

/** The order of the loads, and of the stores, of each. */
const MADE: readonly (readonly [Order, Order])[] = [
  ['plain', 'plain'],
  ['plain', 'atomic'],
  ['atomic', 'atomic'],
]
const known = new Map<string, readonly string[]>()

/** The shapes whose outcome such accesses allow on a CPU. */
function seen(order: AccessOrder, model: ModelName): readonly string[] {
  return shown(...(MADE[order] as readonly [Order, Order]), model)
}

function shown(loads: Order, stores: Order, model: ModelName): readonly string[] {
  const question = [loads, stores, model].join()
  let answer = known.get(question)
  if (answer === undefined) {
    answer = shapes(stores, loads)
      .filter(({ program, asks }) => allows(program, MODELS[model], asks))
      .map(({ name }) => name)
    known.set(question, answer)
  }
  return answer
}

/** Where a rule lets a guest see what its model forbids. Of what the user insists on, `order: 'host'`, nothing is promised unless said. */
function broken(rule: Rule): string[] {
  return NAMES.flatMap(name =>
    ORDERS.flatMap(order =>
      WISHES.flatMap(wish => {
        const host = HOST_PROFILES[name]
        const isInsisted = wish === 'auto' && order === 'host' && !host.keepsStoreOrder
        const promise = PROMISES[isInsisted ? 'weak' : wish]
        const ram = { host, order, shared: true }
        return seen(rule(ram, wish), CPUS[name].weakest)
          .filter(shape => !promise(shape))
          .map(shape => `${wish} on ${name}, ${order} order: ${shape}`)
      }),
    ),
  )
}

describe('a space that is asked for an ordering', () => {
  test('shows a guest nothing that its model forbids, on any host, in either order of its RAM', () => {
    expect(broken(accessOrder)).toEqual([])
  })

  test.each(NAMES)('on %s: MP, SB, LB and IRIW', name => {
    const host = HOST_PROFILES[name]
    const { order } = resolveOptions({ host })
    const four = (wish: Wish) =>
      seen(accessOrder({ host, order, shared: true }, wish), CPUS[name].weakest).filter(shape =>
        ['MP', 'SB', 'LB', 'IRIW'].includes(shape),
      )
    const isTso = host.keepsStoreOrder
    expect(WISHES.map(four)).toEqual([
      isTso ? ['SB'] : [],
      isTso ? ['SB'] : ['MP', 'SB', 'LB', 'IRIW'],
      isTso ? ['SB'] : [],
      [],
    ])
  })

  test('asks for no more atomics than it must: one fewer, and a shape is seen', () => {
    for (const name of NAMES) {
      for (const wish of ['tso', 'sc'] as const) {
        const host = HOST_PROFILES[name]
        const { order } = resolveOptions({ host })
        const { weakest } = CPUS[name]
        const [loads, stores] = MADE[accessOrder({ host, order, shared: true }, wish)] as readonly [Order, Order]
        const fewer: (readonly [Order, Order])[] = []
        if (loads === 'atomic') fewer.push(['plain', stores])
        if (stores === 'atomic') fewer.push([loads, 'plain'])
        for (const less of fewer)
          expect([name, wish, shown(...less, weakest).some(shape => !PROMISES[wish](shape))]).toEqual([
            name,
            wish,
            true,
          ])
      }
    }
  })

  test('is as strong as ever where it is asked for nothing', () => {
    for (const name of NAMES)
      for (const order of ORDERS) {
        const due = order === 'language' ? 2 : 0
        const ram = { host: HOST_PROFILES[name], order, shared: true }
        expect([accessOrder(ram, undefined), accessOrder(ram, 'auto')]).toEqual([due, due])
      }
  })

  test('is not fooled by a profile of a user’s own', () => {
    const weak = hostProfile({ base: 'x86-64', keepsStoreOrder: false })
    expect(accessOrder({ host: weak, order: 'host', shared: true }, 'tso')).toBe(2)
  })
})

describe('rules that are known to be bad are found out', () => {
  const MUTANTS: readonly (readonly [string, Rule, readonly string[]])[] = [
    [
      'plain accesses for tso on every host',
      (ram, wish) => (wish === 'tso' ? 0 : accessOrder(ram, wish)),
      ['MP', 'LB', 'IRIW'],
    ],
    [
      'plain accesses for sc where the CPU keeps stores in order',
      (ram, wish) => (wish === 'sc' && ram.host.keepsStoreOrder ? 0 : accessOrder(ram, wish)),
      ['SB', 'R'],
    ],
    ['plain loads for sc on every host', (ram, wish) => (wish === 'sc' ? 1 : accessOrder(ram, wish)), ['MP', 'IRIW']],
    ['plain loads for tso on every host', (ram, wish) => (wish === 'tso' ? 1 : accessOrder(ram, wish)), ['MP', 'IRIW']],
    [
      'the order of the RAM for tso, which a user may have insisted on',
      (ram, wish) => (wish === 'tso' ? (ram.order === 'host' ? 0 : 2) : accessOrder(ram, wish)),
      ['MP'],
    ],
    [
      'weak accesses unless said',
      (ram, wish) => accessOrder(ram, wish === 'auto' ? 'weak' : wish),
      ['MP', 'LB', 'IRIW'],
    ],
    ['the promise of tso for sc', (ram, wish) => accessOrder(ram, wish === 'sc' ? 'tso' : wish), ['SB']],
  ]
  test.each(MUTANTS)('%s', (_name, rule, seen) => {
    const faults = broken(rule)
    for (const shape of seen) expect(faults.filter(fault => fault.endsWith(`: ${shape}`))).not.toEqual([])
  })
})

test('a weak guest’s own barriers are what orders its accesses: with a fence between any two, no shape is left', () => {
  const fenced = (thread: readonly Op[]): Op[] => thread.flatMap((op, i) => (i === 0 ? [op] : [fence, op]))
  for (const { name, program, asks } of shapes('plain')) {
    const threads = program.threads.map(fenced)
    expect([name, allows({ ...program, threads }, MODELS.weak, asks)]).toEqual([name, false])
  }
})
