// Each instruction by a program that checks itself: it computes, compares with what is due, and says which case was wrong.

import { describe, expect, test } from 'vitest'
import * as rv from '../../../examples/smp/assembler.mjs'
import { Program, X } from '../../../examples/smp/assembler.mjs'
import { RAM } from '../../../examples/smp/layout.mjs'
import { OneHart } from './support/one-hart.ts'

const machine = new OneHart(0x1_0000)
const { hart } = machine
const { a0, a1, a2, a3, a4, gp, t0 } = X as Record<'a0' | 'a1' | 'a2' | 'a3' | 'a4' | 'gp' | 't0', number>
const DATA = RAM + 0x8000

/** A register's 64 bits. */
function li64(program: Program, register: number, value: bigint): void {
  const bits = BigInt.asUintN(64, value)
  program.li(register, Number(BigInt.asIntN(32, bits >> 32n)))
  for (const shift of [21n, 10n, 0n]) {
    const count = shift === 0n ? 10 : 11
    program.add(
      rv.slli(register, register, count),
      rv.ori(register, register, Number((bits >> shift) & (2n ** BigInt(count) - 1n))),
    )
  }
}

/** Runs a program to its end, a WFI. @returns The number of the case that was wrong, 0 if none was. */
function failed(make: (program: Program, check: (register: number, due: bigint) => void) => void): number {
  const program = new Program(RAM)
  let number = 0
  make(program, (register, due) => {
    program.li(gp, ++number)
    li64(program, a4, due)
    program.branch(rv.bne, register, a4, 'fail')
  })
  program.li(gp, 0).label('fail').add(rv.wfi())
  machine.bytes.fill(0)
  machine.write(RAM, program.words)
  hart.pc = BigInt(RAM)
  expect(hart.run(1_000_000)).toBe(true)
  expect(number).toBeGreaterThan(0)
  return Number(machine.x(gp))
}

type Three = (d: number, a: number, b: number) => number
const MIN = -(2n ** 63n)
const MAX = 2n ** 63n - 1n
const W = 2n ** 31n

const REGISTERS: [string, Three, [due: bigint, a: bigint, b: bigint][]][] = [
  [
    'add',
    rv.add,
    [
      [10n, 3n, 7n],
      [MIN, MAX, 1n],
      [-1n, W - 1n, -W],
      [0xffff_7fffn, 0xffff_ffffn, -0x8000n],
    ],
  ],
  [
    'sub',
    rv.sub,
    [
      [-4n, 3n, 7n],
      [MAX, MIN, 1n],
      [W, 0n, -W],
      [1n, 0n, -1n],
    ],
  ],
  [
    'sll',
    rv.sll,
    [
      [0x80n, 1n, 7n],
      [MIN, 1n, 63n],
      [1n, 1n, 64n],
      [-0x4000n, -1n, 14n],
    ],
  ],
  [
    'slt',
    rv.slt,
    [
      [0n, 3n, 3n],
      [1n, MIN, MAX],
      [0n, MAX, MIN],
      [1n, -1n, 1n],
    ],
  ],
  [
    'sltu',
    rv.sltu,
    [
      [0n, 3n, 3n],
      [0n, MIN, MAX],
      [1n, MAX, MIN],
      [0n, -1n, 1n],
    ],
  ],
  [
    'xor',
    rv.xor,
    [
      [0xf00fn, 0xff00n, 0x0f0fn],
      [-1n, 0n, -1n],
    ],
  ],
  [
    'srl',
    rv.srl,
    [
      [1n, MIN, 63n],
      [2n ** 60n - 1n, -1n, 4n],
      [MIN, MIN, 64n],
    ],
  ],
  [
    'sra',
    rv.sra,
    [
      [-1n, MIN, 63n],
      [-1n, -1n, 4n],
      [MIN >> 7n, MIN, 7n],
      [MAX >> 7n, MAX, 71n],
    ],
  ],
  [
    'or',
    rv.or,
    [
      [0xff0fn, 0xff00n, 0x0f0fn],
      [-1n, 0n, -1n],
    ],
  ],
  [
    'and',
    rv.and,
    [
      [0x0f00n, 0xff00n, 0x0f0fn],
      [0n, 0n, -1n],
    ],
  ],
  [
    'addw',
    rv.addw,
    [
      [-W, W - 1n, 1n],
      [0n, -1n, 1n],
      [10n, 2n ** 32n + 3n, 7n],
    ],
  ],
  [
    'subw',
    rv.subw,
    [
      [W - 1n, -W, 1n],
      [-4n, 2n ** 40n + 3n, 7n],
      [-W, 0n, W],
    ],
  ],
  [
    'sllw',
    rv.sllw,
    [
      [-W, 1n, 31n],
      [1n, 1n, 32n],
      [0x80n, 2n ** 40n + 1n, 7n],
    ],
  ],
  [
    'srlw',
    rv.srlw,
    [
      [1n, -W, 31n],
      [-W, W, 32n],
      [0x7ff_fffen, 2n ** 33n - 64n, 5n],
    ],
  ],
  [
    'sraw',
    rv.sraw,
    [
      [-1n, -W, 31n],
      [-W, W, 0n],
      [-4n, 2n ** 32n - 64n, 4n],
    ],
  ],
  [
    'mul',
    rv.mul,
    [
      [21n, 3n, 7n],
      [MIN, MIN, -1n],
      [1n, -1n, -1n],
      [0n, 2n ** 32n, 2n ** 32n],
    ],
  ],
  [
    'mulh',
    rv.mulh,
    [
      [0n, 3n, 7n],
      [2n ** 62n, MIN, MIN],
      [0n, -1n, -1n],
      [-1n, -1n, 1n],
      [-(2n ** 62n), MIN, MAX],
    ],
  ],
  [
    'mulhu',
    rv.mulhu,
    [
      [-2n, -1n, -1n],
      [2n ** 62n, MIN, MIN],
      [0n, -1n, 1n],
      [1n, 2n ** 32n, 2n ** 32n],
    ],
  ],
  [
    'mulhsu',
    rv.mulhsu,
    [
      [-1n, -1n, -1n],
      [MIN >> 1n, MIN, MIN],
      [0n, 1n, -1n],
      [-1n, -1n, 1n],
    ],
  ],
  [
    'mulw',
    rv.mulw,
    [
      [21n, 3n, 7n],
      [-W, W, -1n],
      [1n, 2n ** 32n - 1n, -1n],
    ],
  ],
  [
    'div',
    rv.div,
    [
      [3n, 20n, 6n],
      [-3n, -20n, 6n],
      [3n, -20n, -6n],
      [MIN, MIN, -1n],
      [-1n, 5n, 0n],
      [-1n, MIN, 0n],
    ],
  ],
  [
    'divu',
    rv.divu,
    [
      [3n, 20n, 6n],
      [0x2aaa_aaaa_aaaa_aaa7n, -20n, 6n],
      [0n, MIN, -1n],
      [-1n, 5n, 0n],
    ],
  ],
  [
    'rem',
    rv.rem,
    [
      [2n, 20n, 6n],
      [-2n, -20n, 6n],
      [2n, 20n, -6n],
      [0n, MIN, -1n],
      [5n, 5n, 0n],
      [MIN, MIN, 0n],
    ],
  ],
  [
    'remu',
    rv.remu,
    [
      [2n, 20n, 6n],
      [2n, -20n, 6n],
      [MIN, MIN, -1n],
      [5n, 5n, 0n],
    ],
  ],
  [
    'divw',
    rv.divw,
    [
      [-3n, 2n ** 32n - 20n, 6n],
      [-W, W, -1n],
      [-1n, 5n, 2n ** 32n],
    ],
  ],
  [
    'divuw',
    rv.divuw,
    [
      [715827879n, -20n, 6n],
      [0n, -W, -1n],
      [-1n, 5n, 0n],
      [-W, W, 1n],
    ],
  ],
  [
    'remw',
    rv.remw,
    [
      [-2n, 2n ** 32n - 20n, 6n],
      [0n, W, -1n],
      [5n, 5n, 2n ** 32n],
      [-W, W, 0n],
    ],
  ],
  [
    'remuw',
    rv.remuw,
    [
      [2n, -20n, 6n],
      [-W, W, -1n],
      [-1n, 2n ** 32n - 1n, 0n],
    ],
  ],
]

const IMMEDIATES: [string, Three, [due: bigint, a: bigint, imm: number][]][] = [
  [
    'addi',
    rv.addi,
    [
      [MIN, MAX, 1],
      [-2049n, -1n, -2048],
      [2n ** 32n - 1n, 2n ** 32n, -1],
    ],
  ],
  [
    'slti',
    rv.slti,
    [
      [1n, MIN, -2048],
      [0n, 0n, 0],
      [0n, 5n, -1],
    ],
  ],
  [
    'sltiu',
    rv.sltiu,
    [
      [1n, MIN, -2048],
      [0n, 0n, 0],
      [1n, 5n, -1],
    ],
  ],
  [
    'xori',
    rv.xori,
    [
      [-0x10n, 0xfn, -1],
      [0n, 5n, 5],
    ],
  ],
  [
    'ori',
    rv.ori,
    [
      [-1n, 0xfn, -1],
      [7n, 5n, 2],
    ],
  ],
  [
    'andi',
    rv.andi,
    [
      [0xfn, 0xfn, -1],
      [4n, 5n, 6],
    ],
  ],
  [
    'slli',
    rv.slli,
    [
      [MIN, 1n, 63],
      [2n ** 32n, 1n, 32],
      [1n, 1n, 0],
    ],
  ],
  [
    'srli',
    rv.srli,
    [
      [1n, MIN, 63],
      [W, MIN, 32],
    ],
  ],
  [
    'srai',
    rv.srai,
    [
      [-1n, MIN, 63],
      [-W, MIN, 32],
      [W >> 1n, 2n ** 62n, 32],
    ],
  ],
  [
    'addiw',
    rv.addiw,
    [
      [-W, W - 1n, 1],
      [-1n, 2n ** 40n, -1],
      [0x7ffffn, 2n ** 33n + 0x7fffen, 1],
    ],
  ],
  [
    'slliw',
    rv.slliw,
    [
      [-W, 1n, 31],
      [0n, 2n ** 31n, 1],
    ],
  ],
  [
    'srliw',
    rv.srliw,
    [
      [1n, -W, 31],
      [-1n, -1n, 0],
      [0x7fff_ffffn, -1n, 1],
    ],
  ],
  [
    'sraiw',
    rv.sraiw,
    [
      [-1n, W, 31],
      [1n, 2n ** 40n + 2n, 1],
    ],
  ],
]

describe('instructions of registers', () => {
  test.each(REGISTERS)('%s', (_, make, cases) => {
    const wrong = failed((program, check) => {
      for (const [due, a, b] of cases) {
        li64(program, a0, a)
        li64(program, a1, b)
        program.add(make(a2, a0, a1))
        check(a2, due)
        // The same register twice, and as what is written.
        program.add(make(a0, a0, a1))
        check(a0, due)
      }
    })
    expect(wrong).toBe(0)
  })

  test.each(IMMEDIATES)('%s', (_, make, cases) => {
    const wrong = failed((program, check) => {
      for (const [due, a, imm] of cases) {
        li64(program, a0, a)
        program.add(make(a2, a0, imm))
        check(a2, due)
      }
    })
    expect(wrong).toBe(0)
  })

  test('lui, auipc, jal, jalr', () => {
    const wrong = failed((program, check) => {
      program.add(rv.lui(a0, 0x7fff_f000), rv.lui(a1, -0x8000_0000))
      check(a0, 0x7fff_f000n)
      check(a1, -W)
      const at = BigInt(program.here)
      program.add(rv.auipc(a0, -0x1000), rv.auipc(a1, 0x7fff_f000))
      check(a0, at - 0x1000n)
      check(a1, at + 4n + 0x7fff_f000n)
      const link = BigInt(program.here + 4)
      program
        .jump('over', a0)
        .add(rv.addi(a0, 0, 0))
        .label('over')
      check(a0, link)
      // The lowest bit of a target is cleared; the target is taken before the link is written.
      program.la(a0, 'there').add(rv.jalr(a0, a0, 1))
      program
        .add(rv.addi(a0, 0, 0))
        .label('there')
        .la(a1, 'there')
        .add(rv.addi(a1, a1, -4))
      program.add(rv.sub(a0, a0, a1))
      check(a0, 0n)
    })
    expect(wrong).toBe(0)
  })

  const BRANCHES: [string, Three, (a: bigint, b: bigint) => boolean][] = [
    ['beq', rv.beq, (a, b) => a === b],
    ['bne', rv.bne, (a, b) => a !== b],
    ['blt', rv.blt, (a, b) => a < b],
    ['bge', rv.bge, (a, b) => a >= b],
    ['bltu', rv.bltu, (a, b) => BigInt.asUintN(64, a) < BigInt.asUintN(64, b)],
    ['bgeu', rv.bgeu, (a, b) => BigInt.asUintN(64, a) >= BigInt.asUintN(64, b)],
  ]
  test.each(BRANCHES)('%s, forward and back', (name, branch, taken) => {
    const values = [MIN, -1n, 0n, 1n, MAX, 2n ** 32n]
    const wrong = failed((program, check) => {
      for (const [index, [a, b]] of values.flatMap(a => values.map(b => [a, b] as const)).entries()) {
        li64(program, a0, a)
        li64(program, a1, b)
        program.li(a2, 0).jump(`to ${index}`)
        program.label(`back ${index}`).li(a2, 1).jump(`on ${index}`)
        program.label(`to ${index}`).branch(branch, a0, a1, `back ${index}`).label(`on ${index}`)
        check(a2, taken(a, b) ? 1n : 0n)
        program.li(a2, 1).branch(branch, a0, a1, `over ${index}`).li(a2, 0).label(`over ${index}`)
        check(a2, taken(a, b) ? 1n : 0n)
      }
    })
    expect([name, wrong]).toEqual([name, 0])
  })
})

describe('loads and stores', () => {
  const BYTES = 0x8182_8384_f5f6_f7f8n
  test('sizes, signs, alignments', () => {
    const loads: [Three, number, boolean][] = [
      [rv.lb, 1, true],
      [rv.lbu, 1, false],
      [rv.lh, 2, true],
      [rv.lhu, 2, false],
      [rv.lw, 4, true],
      [rv.lwu, 4, false],
      [rv.ld, 8, true],
    ]
    const wrong = failed((program, check) => {
      program.li(a0, DATA)
      li64(program, a1, BYTES)
      program.add(rv.sd(a1, a0, 0), rv.sd(a1, a0, 8))
      const all = BYTES | (BYTES << 64n)
      for (const [load, size, isSigned] of loads)
        for (let offset = 0; offset < 8; offset++) {
          program.add(load(a2, a0, offset))
          const bits = all >> BigInt(8 * offset)
          check(a2, isSigned ? BigInt.asIntN(8 * size, bits) : BigInt.asUintN(8 * size, bits))
        }
      const stores: [Three, number][] = [
        [rv.sb, 1],
        [rv.sh, 2],
        [rv.sw, 4],
        [rv.sd, 8],
      ]
      for (const [store, size] of stores)
        for (let offset = 0; offset < 8; offset++) {
          program.add(rv.sd(0, a0, 0), rv.sd(0, a0, 8), store(a1, a0, offset), rv.ld(a2, a0, 0), rv.ld(a3, a0, 8))
          const bits = BigInt.asUintN(8 * size, BYTES) << BigInt(8 * offset)
          check(a2, BigInt.asIntN(64, bits))
          check(a3, bits >> 64n)
        }
    })
    expect(wrong).toBe(0)
  })

  test('x0 stays 0, whatever writes it', () => {
    const wrong = failed((program, check) => {
      program.li(a0, DATA).add(rv.sd(a0, a0, 0))
      const writers = [rv.addi(0, a0, 1), rv.ld(0, a0, 0), rv.lui(0, 0x1000), rv.amo.add.d(0, a0, a0), rv.jal(0, 4)]
      for (const writer of [...writers, rv.csrrs(0, 0xf14, 0), rv.jal(0, 4)]) {
        program.add(writer, rv.add(a2, 0, 0))
        check(a2, 0n)
      }
    })
    expect(wrong).toBe(0)
  })
})

describe('atomics', () => {
  type Name = Exclude<keyof typeof rv.amo, 'lr' | 'sc'>
  const CASES: [Name, 'w' | 'd', due: bigint, old: bigint, operand: bigint][] = [
    ['add', 'w', 0x8000_0000n, 0x7fff_ffffn, 1n],
    ['add', 'd', MIN, MAX, 1n],
    ['swap', 'w', 0x8000_0001n, 5n, -(2n ** 31n) + 1n],
    ['swap', 'd', -3n, 5n, -3n],
    ['xor', 'w', 0xffff_fff0n, 0xfn, -1n],
    ['xor', 'd', -0x10n, 0xfn, -1n],
    ['or', 'w', 0xffff_ffffn, 0xfn, -1n],
    ['or', 'd', 0xff_0000_000fn, 0xfn, 0xff_0000_0000n],
    ['and', 'w', 0xcn, 0xfn, -4n],
    ['and', 'd', 0xcn, 0xfn, -4n],
    ['min', 'w', 0x8000_0000n, 0x8000_0000n, 1n],
    ['min', 'w', 0xffff_ffffn, 5n, -1n],
    ['min', 'd', MIN, MIN, 1n],
    ['max', 'w', 1n, 0x8000_0000n, 1n],
    ['max', 'd', 5n, 5n, -1n],
    ['minu', 'w', 1n, 0x8000_0000n, 1n],
    ['minu', 'w', 5n, 5n, 2n ** 32n + 7n],
    ['minu', 'd', 5n, 5n, -1n],
    ['maxu', 'w', 0x8000_0000n, 0x8000_0000n, 1n],
    ['maxu', 'w', 5n, 5n, 2n ** 32n],
    ['maxu', 'd', -1n, 5n, -1n],
  ]
  test.each(CASES)('amo%s.%s: %s is there of %s and %s', (name, size, due, old, operand) => {
    const wide = size === 'd' ? due : due | (0x1234_5678n << 32n)
    const before = size === 'd' ? old : old | (0x1234_5678n << 32n)
    const wrong = failed((program, check) => {
      program.li(a0, DATA)
      li64(program, a1, before)
      li64(program, a2, operand)
      program.add(rv.sd(a1, a0, 0), rv.amo[name][size](a3, a2, a0))
      check(a3, size === 'd' ? BigInt.asIntN(64, old) : BigInt.asIntN(32, old))
      program.add(rv.ld(a3, a0, 0))
      check(a3, BigInt.asIntN(64, wide))
    })
    expect(wrong).toBe(0)
  })

  test.each(['w', 'd'] as const)('lr and sc, .%s', size => {
    const [lr, sc] = [rv.amo.lr[size], rv.amo.sc[size]]
    const wrong = failed((program, check) => {
      program
        .li(a0, DATA)
        .li(a1, -5)
        .add(rv.sd(a1, a0, 0), rv.sd(a1, a0, 8))
      program.add(lr(a2, 0, a0), sc(a3, a0, a0))
      check(a2, -5n)
      check(a3, 0n)
      // The reservation is used up.
      program.add(rv.ld(a2, a0, 0), sc(a3, a1, a0), rv.ld(t0, a0, 0), rv.sub(t0, t0, a2))
      check(a3, 1n)
      check(t0, 0n)
      // Also where the same would be stored again.
      program.add(lr(a2, 0, a0), sc(a3, a2, a0), sc(t0, a2, a0))
      check(a3, 0n)
      check(t0, 1n)
      // Of another place, and of one that was stored to.
      program.add(lr(a2, 0, a0), rv.addi(t0, a0, 8), sc(a3, a0, t0), rv.ld(a2, a0, 8))
      check(a3, 1n)
      check(a2, -5n)
      program.add(lr(a2, 0, a0), rv.addi(a2, a2, 1), rv.sw(a2, a0, 0), sc(a3, a1, a0))
      check(a3, 1n)
    })
    expect(wrong).toBe(0)
  })
})
