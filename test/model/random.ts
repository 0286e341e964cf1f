import fc from 'fast-check'
import { fence, load, type Op, type Order, type Program, store } from './program.ts'

const BYTES = 3

/** One access before its thread and its place are known. */
type Draft = (register: string, earlier: readonly string[]) => Op

const span = fc
  .tuple(fc.nat(BYTES - 1), fc.integer({ min: 1, max: 2 }))
  .map(([address, width]) => ({ address, width: Math.min(width, BYTES - address) }))

function drafts(orders: readonly Order[]): fc.Arbitrary<Draft> {
  const order = fc.constantFrom(...orders)
  const loads = fc.record({ at: span, order }).map(
    ({ at, order }): Draft =>
      register =>
        load(register, at.address, at.width, order),
  )
  const stores = fc.record({ at: span, order, value: fc.integer({ min: 1, max: 3 }), guarded: fc.boolean() }).map(
    ({ at, order, value, guarded }): Draft =>
      (_, earlier) => {
        const on = guarded ? earlier.at(-1) : undefined
        const bytes = Array.from({ length: at.width }, () => value)
        return store(at.address, bytes, order, on === undefined ? undefined : { register: on, equals: [0] })
      },
  )
  const fences = fc.constant<Draft>(() => fence)
  return fc.oneof({ weight: 5, arbitrary: loads }, { weight: 5, arbitrary: stores }, { weight: 1, arbitrary: fences })
}

/** Programs of two threads of up to three accesses, or three of up to two, over three bytes. */
export function programs(orders: readonly Order[] = ['plain', 'atomic']): fc.Arbitrary<Program> {
  const threads = (count: number, ops: number) =>
    fc.array(fc.array(drafts(orders), { minLength: 1, maxLength: ops }), { minLength: count, maxLength: count })
  return fc.oneof(threads(2, 3), threads(3, 2)).map(all => ({
    memory: Array.from({ length: BYTES }, () => 0),
    threads: all.map((ops, thread) => {
      const earlier: string[] = []
      return ops.map((draft, i) => {
        const op = draft(`${thread}.${i}`, earlier)
        if (op.kind === 'load' && op.width === 1) earlier.push(op.register)
        return op
      })
    }),
  }))
}
