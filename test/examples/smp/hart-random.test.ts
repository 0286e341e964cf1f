import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as rv from '../../../examples/smp/assembler.mjs'
import { LONG } from '../../support/campaign.ts'
import { OneHart } from './support/one-hart.ts'
import { BASE, PRIVILEGED, Reference } from './support/reference.ts'

const RAM_BYTES = 0x4000
/** Where a trap goes: to a WFI, which ends it, in memory of its own, at an address that no program comes to by chance. */
const HANDLER = 0x5a5a_5000
const CODE = 0x1000
const RUNS = 4000 * Number(process.env.CAMPAIGN ?? 1)

const machine = new OneHart(RAM_BYTES)
const { hart } = machine
machine.addMemory(HANDLER, 0x1000)
machine.write(HANDLER, Uint32Array.of(rv.wfi()))

interface Outcome {
  readonly x: readonly string[]
  readonly pc: string
  readonly trap: readonly string[]
  readonly retired: number
  readonly stored: readonly string[]
}
const hex = (value: bigint) => BigInt.asUintN(64, value).toString(16)
/** Which bytes are others than before. */
function changes(before: Uint8Array, after: Uint8Array): string[] {
  const changed: string[] = []
  if (Buffer.compare(before, after) === 0) return changed
  for (let at = 0; at < before.length; at++) if (before[at] !== after[at]) changed.push(`${at}: ${after[at]}`)
  return changed
}

/** Reads a CSR by a program of its own, which is how anybody does. */
function csr(number: number): bigint {
  machine.write(HANDLER + 0x100, Uint32Array.of(rv.csrrs(31, number, 0), rv.wfi()))
  hart.pc = BigInt(HANDLER) + 0x100n
  hart.run(10)
  return machine.x(31)
}

function byHart(memory: Uint8Array, x: readonly bigint[], most: number): Outcome {
  machine.write(HANDLER + 0x200, Uint32Array.of(rv.csrrw(0, 0x305, 5), rv.csrrw(0, 0x342, 0), rv.wfi()))
  hart.state[5] = BigInt(HANDLER)
  hart.pc = BigInt(HANDLER) + 0x200n
  hart.run(3)
  machine.bytes.set(memory)
  x.forEach((value, index) => {
    hart.state[index] = BigInt.asIntN(64, value)
  })
  const before = hart.retired
  hart.pc = BASE + BigInt(CODE)
  const waits = hart.run(most)
  const after = Array.from({ length: 32 }, (_, index) => hex(machine.x(index)))
  const pc = hex(hart.pc)
  const stored = changes(memory, machine.bytes)
  const retired = Number(hart.retired - before) - (waits ? 1 : 0)
  const trap = waits ? [0x341, 0x342, 0x343].map(number => hex(csr(number))) : []
  return { x: after, pc: waits ? 'trapped' : pc, trap, retired, stored }
}

/** Undefined where it came to an instruction that the reference has not. */
function byReference(memory: Uint8Array, x: readonly bigint[], most: number): Outcome | undefined {
  const bytes = Uint8Array.from(memory)
  const reference = new Reference(bytes)
  x.forEach((value, index) => {
    reference.x[index] = value
  })
  reference.pc = BASE + BigInt(CODE)
  let retired = 0
  let trap: string[] = []
  // A trap, and the WFI behind it, take one of the hart's instructions each.
  while (retired < most) {
    const raised = reference.step()
    if (raised === undefined) retired++
    else {
      if (raised.cause === PRIVILEGED) return undefined
      trap = [reference.pc, BigInt(raised.cause), raised.tval].map(hex)
      if (retired + 2 > most) return { ...outcome(), pc: hex(BigInt(HANDLER)), trap: [] }
      return { ...outcome(), pc: 'trapped' }
    }
  }
  return outcome()

  function outcome(): Outcome {
    return { x: reference.x.map(hex), pc: hex(reference.pc), trap, retired, stored: changes(memory, bytes) }
  }
}

const register = fc.nat(31)
/** Numbers at whose edges something happens, and others. */
const value = fc.oneof(
  { weight: 3, arbitrary: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom(0n, 2n ** 31n, 2n ** 32n, 2n ** 63n, 2n ** 64n), fc.bigInt({ min: -2n, max: 2n }))
      .map(([edge, more]) => BigInt.asUintN(64, edge + more)),
  },
  // Places in the guest's RAM, most of them aligned, some just before its end.
  { weight: 4, arbitrary: fc.nat(RAM_BYTES / 8 - 1).map(word => BASE + 8n * BigInt(word)) },
  { weight: 1, arbitrary: fc.nat(RAM_BYTES - 1).map(byte => BASE + BigInt(byte)) },
  { weight: 1, arbitrary: fc.nat(16).map(byte => BASE + BigInt(RAM_BYTES - byte)) },
)
const registers = fc.array(value, { minLength: 31, maxLength: 31 }).map(values => [0n, ...values])

const small = fc.oneof(fc.integer({ min: -16, max: 15 }), fc.integer({ min: -2048, max: 2047 }))
const three = (names: readonly ((d: number, a: number, b: number) => number)[]) =>
  fc.tuple(fc.constantFrom(...names), register, register, register).map(([make, d, a, b]) => make(d, a, b))
const withImmediate = (names: readonly ((d: number, a: number, b: number) => number)[]) =>
  fc.tuple(fc.constantFrom(...names), register, register, small).map(([make, d, a, imm]) => make(d, a, imm))
const shifts = (names: readonly ((d: number, a: number, b: number) => number)[], most: number) =>
  fc.tuple(fc.constantFrom(...names), register, register, fc.nat(most)).map(([make, d, a, by]) => make(d, a, by))
const sums = [rv.add, rv.sub, rv.sll, rv.slt, rv.sltu, rv.xor, rv.srl, rv.sra, rv.or, rv.and]
const words = [rv.addw, rv.subw, rv.sllw, rv.srlw, rv.sraw, rv.mulw, rv.divw, rv.divuw, rv.remw, rv.remuw]
const products = [rv.mul, rv.mulh, rv.mulhsu, rv.mulhu, rv.div, rv.divu, rv.rem, rv.remu]
const amos = Object.values(rv.amo).flatMap(({ w, d }) => [w, d])
const pair = (instruction: number) => [instruction & 0xffff, instruction >>> 16]
const half = fc.nat(0xffff).filter(bits => (bits & 3) !== 3)
/** Halves of 16 bits. */
const instruction = fc.oneof(
  { weight: 4, arbitrary: three([...sums, ...words, ...products]).map(pair) },
  {
    weight: 3,
    arbitrary: withImmediate([rv.addi, rv.slti, rv.sltiu, rv.xori, rv.ori, rv.andi, rv.addiw]).map(pair),
  },
  { weight: 1, arbitrary: shifts([rv.slli, rv.srli, rv.srai], 63).map(pair) },
  { weight: 1, arbitrary: shifts([rv.slliw, rv.srliw, rv.sraiw], 31).map(pair) },
  {
    weight: 2,
    arbitrary: withImmediate([rv.lb, rv.lh, rv.lw, rv.ld, rv.lbu, rv.lhu, rv.lwu, rv.sb, rv.sh, rv.sw, rv.sd]).map(
      pair,
    ),
  },
  { weight: 2, arbitrary: three(amos).map(pair) },
  // LR, and SC where it was.
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('w' as const, 'd' as const), register, register, register)
      .map(([size, d, a, b]) => [...pair(rv.amo.lr[size](d, 0, a)), ...pair(rv.amo.sc[size](d, b, a))]),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(rv.beq, rv.bne, rv.blt, rv.bge, rv.bltu, rv.bgeu), register, register, fc.nat(10))
      .map(([make, a, b, to]) => pair(make(a, b, 2 * to - 6))),
  },
  {
    weight: 1,
    arbitrary: fc.oneof(
      fc.tuple(register, fc.nat(12)).map(([d, to]) => pair(rv.jal(d, 2 * to - 8))),
      fc.tuple(register, fc.integer()).map(([d, high]) => pair(rv.lui(d, high))),
      fc.tuple(register, fc.integer()).map(([d, high]) => pair(rv.auipc(d, high))),
      fc.tuple(register, register, small).map(([d, a, offset]) => pair(rv.jalr(d, a, offset))),
      fc.constantFrom(pair(rv.fence()), pair(rv.fenceI())),
    ),
  },
  { weight: 4, arbitrary: half.map(bits => [bits]) },
  // Anything but what is privileged.
  {
    weight: 1,
    arbitrary: fc
      .integer()
      .filter(bits => (bits & 0x7f) !== 0x73)
      .map(bits => pair(bits | 3))
      .filter(([low = 0]) => (low & 0x7f) !== 0x73),
  },
)
const data = fc.uint8Array({ minLength: 256, maxLength: 256 })

function memoryOf(code: readonly number[], filling: Uint8Array, at: number): Uint8Array {
  const memory = new Uint8Array(RAM_BYTES)
  for (let start = 0; start < RAM_BYTES; start += filling.length) memory.set(filling, start)
  code.forEach((bits, index) => {
    memory.set([bits & 0xff, bits >>> 8], at + 2 * index)
  })
  return memory
}

describe('the hart and the reference', () => {
  test('do the same in random programs', () => {
    fc.assert(
      fc.property(
        fc.array(instruction, { minLength: 1, maxLength: 40, ...LONG }),
        registers,
        data,
        (code, x, filling) => {
          // Zeros, which are no instruction, are behind the program, for where it runs out.
          const memory = memoryOf([...code.flat(), 0, 0], filling, CODE)
          const expected = byReference(memory, x, 100)
          // A jump may lead anywhere.
          fc.pre(expected !== undefined)
          expect(byHart(memory, x, 100)).toEqual(expected)
        },
      ),
      { numRuns: RUNS },
    )
  })

  test('do the same in each compressed instruction', () => {
    const random = fc.sample(registers, { numRuns: 16, seed: 1 })
    const [filling] = fc.sample(data, { numRuns: 1, seed: 1 })
    for (let bits = 0; bits < 0x1_0000; bits++) {
      if ((bits & 3) === 3) continue
      const memory = memoryOf([bits, 0], filling as Uint8Array, CODE)
      const x = random[bits % 16] as bigint[]
      const expected = byReference(memory, x, 2)
      if (expected !== undefined) expect([bits, byHart(memory, x, 2)]).toEqual([bits, expected])
    }
  })
})
