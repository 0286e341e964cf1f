import fc from 'fast-check'
import type { AddressSpace } from 'guestmem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { atomic, OPERATIONS, type OperationName, SIZES, type Size } from '../atomics/support/operations.ts'
import { runs } from '../support/campaign.ts'
import { ADDRESS } from './support/addresses.ts'
import { bundle, type Program } from './support/bundle.ts'
import { machine } from './support/machine.ts'
import { runAll } from './support/run.ts'

let program: Program
beforeAll(async () => {
  program = await bundle('vcpu.ts')
})
afterAll(() => program.remove())

/** Near devices, RAM, ROM, holes, and their ends. */
const address = fc
  .tuple(
    fc.constantFrom(
      0,
      2 ** 20,
      ADDRESS.window,
      ADDRESS.flash,
      ADDRESS.flash + 2 ** 16,
      ADDRESS.bars,
      ADDRESS.posted,
      ADDRESS.counter,
      ADDRESS.picky,
      ADDRESS.picky + 16,
      ADDRESS.dma,
      2 ** 40,
    ),
    fc.integer({ min: -20, max: 20 }),
  )
  .map(([base, offset]) => Math.max(0, base + offset))
const length = fc.oneof(fc.integer({ min: 1, max: 17 }), fc.integer({ min: 18, max: 9000 }))

/** The same of one thread: on a machine whose board has no members. */
function alone<T>(endian: 'little' | 'big', act: (space: AddressSpace) => T): { told: T; seen: unknown } {
  const { memory, board, seen } = machine({ endian })
  const told = act(memory)
  board.close()
  return { told, seen }
}

test.each(['little', 'big'] as const)('requests of any length, %s-endian: as on one thread', async endian => {
  const { numRuns } = runs(1500)
  const requests = fc.sample(fc.tuple(address, length), { numRuns, seed: 0x7ea4 })
  const { board, seen } = machine({ endian })
  const [told] = await runAll(program.path, board, 1, { program: 'requests', requests })
  board.close()
  const one = alone(endian, space =>
    requests.map(([at, size]) => {
      const bytes = new Uint8Array(size).fill(0xee)
      const result = space.read(at, bytes)
      return [at, size, result, Array.from(bytes), space.write(at, bytes), space.fill(at, 3, size)]
    }),
  )
  expect(told).toEqual(one.told)
  expect(seen).toEqual(one.seen)
})

type Access = readonly [name: string, ...args: (number | bigint)[]]
const access: fc.Arbitrary<Access> = fc
  .tuple(address, fc.constantFrom(8, 16, 32, 64), fc.boolean(), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }))
  .map(([at, bits, isStore, value]): Access => {
    if (!isStore) return [`load${bits}`, at]
    const cut = BigInt.asUintN(bits, value)
    return [`store${bits}`, at, bits === 64 ? cut : Number(cut)]
  })

type AtomicAccess = readonly [OperationName, Size, address: number, operand: bigint, expected: bigint]
const few = fc.bigInt({ min: 0n, max: 3n })
const anyAtomic: fc.Arbitrary<AtomicAccess> = fc.tuple(
  fc.constantFrom(...OPERATIONS),
  fc.constantFrom(...SIZES),
  fc.oneof(
    address,
    fc.integer({ min: 0, max: 12 }).map(offset => ADDRESS.register + offset),
  ),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  few,
)
/** Of registers of one size each, that hold so few values that a comparison is true as often as not. */
const comparison: fc.Arbitrary<AtomicAccess> = fc
  .tuple(fc.constantFrom('CompareExchange', 'CompareExchange', 'Exchange', 'And'), fc.constantFrom(...SIZES), few, few)
  .map(([operation, size, operand, expected]): AtomicAccess => {
    return [operation as OperationName, size, ADDRESS.register + 0x20 + 8 * size, operand, expected]
  })
const atomicAccess = fc.oneof(anyAtomic, comparison)

test.each(['little', 'big'] as const)('atomic accesses of every kind, %s-endian: as on one thread', async endian => {
  const { numRuns } = runs(3000)
  const accesses = fc.sample(atomicAccess, { numRuns, seed: 0xa703 })
  const { board, seen } = machine({ endian })
  const [told] = await runAll(program.path, board, 1, { program: 'atomically', accesses })
  board.close()
  const one = alone(endian, space =>
    accesses.map(([operation, size, at, operand, expected]) => [
      atomic(space, operation, size, at, BigInt.asUintN(8 * size, operand), BigInt.asUintN(8 * size, expected)),
      space.result,
    ]),
  )
  expect(told).toEqual(one.told)
  expect(seen).toEqual(one.seen)
})

test.each(['little', 'big'] as const)('loads and stores of every size, %s-endian: as on one thread', async endian => {
  const { numRuns } = runs(4000)
  const accesses = fc.sample(access, { numRuns, seed: 0x5125 })
  const { board, seen } = machine({ endian })
  const [told] = await runAll(program.path, board, 1, { program: 'accesses', accesses })
  board.close()
  const one = alone(endian, space =>
    accesses.map(([name, ...args]) => {
      const value = (space as unknown as Record<string, (...args: unknown[]) => unknown>)[name]?.apply(space, args)
      return [name, ...args, value, space.result]
    }),
  )
  expect(told).toEqual(one.told)
  expect(seen).toEqual(one.seen)
})
