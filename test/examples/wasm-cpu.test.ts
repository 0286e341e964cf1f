import { describe, expect, it, test } from 'vitest'
import { Board, RAM } from '../../examples/wasm-cpu/board.mjs'
import { PROGRAM, prepare, ROUNDS, TO, WORDS } from '../../examples/wasm-cpu/program.mjs'
import * as rv from '../../examples/wasm-cpu/rv32i.mjs'

test('the guest prints, copies and turns banks, and only devices are called', () => {
  const board = new Board(PROGRAM)
  prepare(board.space)
  const instructions = board.run()
  expect(board.printed).toBe('hello from a guest whose CPU is WebAssembly\n')
  expect(board.calls).toBe(board.printed.length + 4)
  expect(instructions).toBeGreaterThan(6 * WORDS * ROUNDS)
  let sum = 0
  for (let word = 0; word < WORDS; word++) {
    expect(board.space.load32(RAM + TO + 4 * word)).toBe(Math.imul(word, 2654435761) >>> 0)
    sum = (sum + ROUNDS * Math.imul(word, 2654435761)) >>> 0
  }
  expect([board.registers()[10], board.registers()[11]]).toEqual([sum, 0x4041_4243])
})

/** Runs instructions with two registers given, and says what x12 then is. */
function result(instructions: readonly number[], a: number, b: number): number {
  const board = new Board(Uint32Array.from([...instructions, rv.ecall()]))
  board.space.store32(RAM + 0x800, 0x8182_8384)
  board.registers()[10] = a
  board.registers()[11] = b
  board.run(100)
  return board.registers()[12] as number
}

describe('an instruction', () => {
  const [A, B, TO_C] = [10, 11, 12]
  const high = 0x8000_0010
  it.each<[name: string, instruction: number, expected: number]>([
    ['add', rv.add(TO_C, A, B), 0x8000_0013],
    ['sub', rv.sub(TO_C, A, B), 0x8000_000d],
    ['sll', rv.sll(TO_C, A, B), 0x80],
    ['slt', rv.slt(TO_C, A, B), 1],
    ['sltu', rv.sltu(TO_C, A, B), 0],
    ['xor', rv.xor(TO_C, A, B), 0x8000_0013],
    ['srl', rv.srl(TO_C, A, B), 0x1000_0002],
    ['sra', rv.sra(TO_C, A, B), 0xf000_0002],
    ['or', rv.or(TO_C, A, B), 0x8000_0013],
    ['and', rv.and(TO_C, A, B), 0],
    ['addi of a negative', rv.addi(TO_C, A, -17), 0x7fff_ffff],
    ['addi whose bit 30 is set', rv.addi(TO_C, A, 0x400), 0x8000_0410],
    ['slti', rv.slti(TO_C, A, 0), 1],
    ['sltiu', rv.sltiu(TO_C, A, -1), 1],
    ['xori', rv.xori(TO_C, A, -1), 0x7fff_ffef],
    ['ori', rv.ori(TO_C, A, 1), 0x8000_0011],
    ['andi', rv.andi(TO_C, A, 0x7ff), 0x10],
    ['slli', rv.slli(TO_C, A, 4), 0x100],
    ['srli', rv.srli(TO_C, A, 4), 0x0800_0001],
    ['srai', rv.srai(TO_C, A, 4), 0xf800_0001],
    ['lui', rv.lui(TO_C, 0x1234_5000), 0x1234_5000],
    ['auipc', rv.auipc(TO_C, 0x1000), RAM + 0x1000],
    ['lb', rv.lb(TO_C, A, 0x7f0), 0xffff_ff84],
    ['lbu', rv.lbu(TO_C, A, 0x7f0), 0x84],
    ['lh', rv.lh(TO_C, A, 0x7f0), 0xffff_8384],
    ['lhu', rv.lhu(TO_C, A, 0x7f0), 0x8384],
    ['lw that is unaligned', rv.lw(TO_C, A, 0x7ef), 0x8283_8400],
    ['jal', rv.jal(TO_C, 4), RAM + 4],
    ['jalr', rv.jalr(TO_C, A, -12), RAM + 4],
  ])('%s', (_, instruction, expected) => {
    expect(result([instruction], high, 3)).toBe(expected)
  })

  it.each<[name: string, branch: (a: number, b: number, to: number) => number, taken: boolean]>([
    ['beq', rv.beq, false],
    ['bne', rv.bne, true],
    ['blt', rv.blt, true],
    ['bge', rv.bge, false],
    ['bltu', rv.bltu, false],
    ['bgeu', rv.bgeu, true],
  ])('%s', (_, branch, taken) => {
    const program = [branch(A, B, 8), rv.ori(TO_C, 0, 1), rv.ori(TO_C, TO_C, 2)]
    expect(result(program, high, 3)).toBe(taken ? 2 : 3)
  })

  it.each<[name: string, store: number, expected: number]>([
    ['sb', rv.sb(B, A, 0x7f0), 0x8182_83aa],
    ['sh', rv.sh(B, A, 0x7f0), 0x8182_99aa],
    ['sw', rv.sw(B, A, 0x7f0), 0x7788_99aa],
  ])('%s', (_, store, expected) => {
    expect(result([store, rv.lw(TO_C, A, 0x7f0)], high, 0x7788_99aa)).toBe(expected)
  })

  it('that writes x0 writes nothing', () => {
    expect(result([rv.addi(0, A, 1), rv.or(TO_C, 0, 0)], 1, 1)).toBe(0)
  })
})
