import { DirtyClient, MemoryRegion, snapshotAndClearDirty } from 'guestmem'
import { beforeEach, describe, expect, test } from 'vitest'
import * as rv from '../../../examples/smp/assembler.mjs'
import { Program, X } from '../../../examples/smp/assembler.mjs'
import { MIP } from '../../../examples/smp/hart/privileged.mjs'
import { RAM } from '../../../examples/smp/layout.mjs'
import { OneHart } from './support/one-hart.ts'

type Name = 'a0' | 'a1' | 'a2' | 'a3' | 's1' | 't0' | 't1' | 't2' | 'gp'
const { a0, a1, a2, a3, s1, t0, t1, t2, gp } = X as Record<Name, number>
const DATA = RAM + 0x8000
const [U, S, M] = [0, 1, 3]
const CSR = {
  sstatus: 0x100,
  sie: 0x104,
  stvec: 0x105,
  scounteren: 0x106,
  sscratch: 0x140,
  sepc: 0x141,
  scause: 0x142,
  stval: 0x143,
  sip: 0x144,
  satp: 0x180,
  mstatus: 0x300,
  misa: 0x301,
  medeleg: 0x302,
  mideleg: 0x303,
  mie: 0x304,
  mtvec: 0x305,
  mcounteren: 0x306,
  mscratch: 0x340,
  mepc: 0x341,
  mcause: 0x342,
  mtval: 0x343,
  mip: 0x344,
  mcycle: 0xb00,
  minstret: 0xb02,
  mhpmcounter3: 0xb03,
  cycle: 0xc00,
  time: 0xc01,
  instret: 0xc02,
  mvendorid: 0xf11,
  mhartid: 0xf14,
}
const INTERRUPT = 2n ** 63n

let machine: OneHart
beforeEach(() => {
  machine = new OneHart(0x1_0000)
})

interface Trapped {
  /** The mode that takes it. */
  readonly mode: number
  readonly cause: bigint
  readonly epc: bigint
  readonly tval: bigint
  readonly status: bigint
}

/**
 * Runs a program in machine mode until it waits. Both trap handlers tell what they see, and wait.
 *
 * @returns What was trapped; undefined if nothing was.
 */
function run(make: (program: Program) => void, wires = 0): Trapped | undefined {
  const program = new Program(RAM)
  program
    .li(gp, 0)
    .la(t0, 'machine')
    .add(rv.csrrw(0, CSR.mtvec, t0))
  program.la(t0, 'supervisor').add(rv.csrrw(0, CSR.stvec, t0))
  make(program)
  program.label('end').add(rv.wfi()).jump('end')
  const handler = (name: string, mark: number, base: number) => {
    // Of interrupts each has a place, which leaves in t2 which it was.
    while (program.here % 4 !== 0) program.add(0)
    program.label(name).jump(`${name} handler`)
    for (let cause = 1; cause < 16; cause++) program.jump(`${name} ${cause}`)
    for (let cause = 1; cause < 16; cause++) program.label(`${name} ${cause}`).li(t2, cause).jump(`${name} handler`)
    program
      .label(`${name} handler`)
      .add(rv.csrrs(s1, base === 0x300 ? CSR.minstret : base, 0))
      .li(gp, mark)
    program.add(rv.csrrs(a0, base + 0x42, 0), rv.csrrs(a1, base + 0x41, 0), rv.csrrs(a2, base + 0x43, 0))
    program
      .add(rv.csrrs(a3, base, 0))
      .label(`${name} end`)
      .add(rv.wfi())
      .jump(`${name} end`)
  }
  handler('machine', 1 + M, 0x300)
  handler('supervisor', 1 + S, 0x100)
  machine.write(RAM, program.words)
  machine.hart.privileged.setWires(wires)
  machine.hart.pc = BigInt(RAM)
  // Where an interrupt is pending that is not taken, WFI goes on.
  for (let turns = 0; turns < 10 && !machine.hart.run(1000); turns++);
  const mode = Number(machine.x(gp)) - 1
  if (mode < 0) return undefined
  return { mode, cause: machine.x(a0), epc: machine.x(a1), tval: machine.x(a2), status: machine.x(a3) }
}

/** Goes to a mode, at a label, with other bits of mstatus set. */
function enter(program: Program, mode: number, name: string, status = 0): void {
  program.li(t0, 0x1800).add(rv.csrrc(0, CSR.mstatus, t0))
  program.li(t0, (mode << 11) | status).add(rv.csrrs(0, CSR.mstatus, t0))
  program.la(t0, name).add(rv.csrrw(0, CSR.mepc, t0), rv.mret())
}

describe('exceptions', () => {
  const at = (program: Program, instruction: number, tell: (pc: bigint) => void) => {
    tell(BigInt(program.here))
    program.add(instruction)
  }
  const bad = 0x4000_0000
  const BEYOND = 2n ** 40n + BigInt(DATA)
  const beyond = (p: Program) =>
    p
      .li(t0, 1)
      .add(rv.slli(t0, t0, 40))
      .li(t1, DATA)
      .add(rv.add(t0, t0, t1))
  const CASES: [string, (p: Program) => void, instruction: number, cause: bigint, tval: bigint][] = [
    ['ecall', () => {}, rv.ecall(), 11n, 0n],
    ['an illegal instruction', () => {}, 0xffff_ffff, 2n, 0xffff_ffffn],
    ['a load of nothing', p => p.li(t0, bad), rv.lw(t1, t0, 8), 5n, BigInt(bad) + 8n],
    ['a store to nothing', p => p.li(t0, bad), rv.sb(t1, t0, -1), 7n, BigInt(bad) - 1n],
    // Their lower halves are addresses of RAM.
    ['a load beyond 32 bits', beyond, rv.ld(t1, t0, 0), 5n, BEYOND],
    ['a store beyond 32 bits', beyond, rv.sd(t1, t0, 0), 7n, BEYOND],
    ['lr beyond 32 bits', beyond, rv.amo.lr.d(t1, 0, t0), 5n, BEYOND],
    ['amoswap beyond 32 bits', beyond, rv.amo.swap.w(t1, t1, t0), 7n, BEYOND],
    ['lr that is misaligned', p => p.li(t0, DATA + 4), rv.amo.lr.d(t1, 0, t0), 4n, BigInt(DATA) + 4n],
    ['sc that is misaligned', p => p.li(t0, DATA + 2), rv.amo.sc.w(t1, t1, t0), 6n, BigInt(DATA) + 2n],
    ['amoadd that is misaligned', p => p.li(t0, DATA + 1), rv.amo.add.w(t1, t1, t0), 6n, BigInt(DATA) + 1n],
    ['amoadd of nothing', p => p.li(t0, bad), rv.amo.add.w(t1, t1, t0), 7n, BigInt(bad)],
    ['lr of nothing', p => p.li(t0, bad), rv.amo.lr.w(t1, 0, t0), 5n, BigInt(bad)],
    ['a CSR that is not there', () => {}, rv.csrrs(t1, 0x3a0, 0), 2n, 0x3a00_2373n],
    ['a store to a CSR that is read-only', () => {}, rv.csrrs(t1, CSR.mhartid, t0), 2n, 0xf142_a373n],
  ]
  test.each(CASES)('%s: its cause, its place, its address', (_, prepare, instruction, cause, tval) => {
    let pc = 0n
    const trapped = run(program => {
      prepare(program)
      at(program, instruction, value => {
        pc = value
      })
    })
    expect(trapped).toMatchObject({ mode: M, cause, epc: pc, tval })
    // From machine mode, with interrupts off.
    expect((trapped as Trapped).status & 0x1888n).toBe(0x1800n)
  })

  test('ebreak says where it is', () => {
    const trapped = run(program => program.add(rv.ebreak()))
    expect(trapped).toMatchObject({ cause: 3n, tval: (trapped as Trapped).epc })
  })

  test('a jump to nothing is trapped there', () => {
    const trapped = run(program => program.li(t0, bad).add(rv.jalr(0, t0, 0)))
    expect(trapped).toMatchObject({ cause: 1n, epc: BigInt(bad), tval: BigInt(bad) })
  })

  test('a jump beyond 32 bits is trapped there', () => {
    const trapped = run(program => beyond(program).add(rv.jalr(0, t0, 0)))
    expect(trapped).toMatchObject({ cause: 1n, epc: BEYOND, tval: BEYOND })
  })

  test('an instruction at the end of a page goes on in the page that is next, wherever it lies', () => {
    // Two pages that are neighbours for the guest alone.
    machine.addMemory(0x4000_1000, 0x1000)
    machine.addMemory(0x5000_0000, 0x1000)
    machine.addMemory(0x4000_0000, 0x1000)
    const jump = (program: Program) => program.li(t0, 0x4000_0ffc).add(rv.jalr(0, t0, 0))
    // c.nop: the hart knows the page by then.
    for (const page of [0x4000_0000, 0x5000_0000]) machine.space.store16(page + 0xffc, 0x0001)
    const instruction = rv.addi(t1, 0, 77)
    machine.space.store16(0x4000_0ffe, instruction & 0xffff)
    machine.space.store16(0x4000_1000, instruction >>> 16)
    // c.ebreak, behind it.
    machine.space.store16(0x4000_1002, 0x9002)
    expect(run(jump)).toMatchObject({ cause: 3n, epc: 0x4000_1002n })
    expect(machine.x(t1)).toBe(77n)
    // One of two bytes needs no next page; one of four is trapped there.
    machine.space.store16(0x5000_0ffe, 0x9002)
    expect(run(program => program.li(t0, 0x5000_0ffc).add(rv.jalr(0, t0, 0)))).toMatchObject({
      cause: 3n,
      epc: 0x5000_0ffen,
    })
    machine.space.store16(0x5000_0ffe, instruction & 0xffff)
    expect(run(program => program.li(t0, 0x5000_0ffc).add(rv.jalr(0, t0, 0)))).toMatchObject({
      cause: 1n,
      epc: 0x5000_0ffen,
      tval: 0x5000_1000n,
    })
  })

  test('an instruction that is trapped is not counted, and changes nothing', () => {
    run(program =>
      program
        .li(t0, bad)
        .li(t1, 77)
        .add(rv.csrrw(0, CSR.minstret, 0), rv.lw(t1, t0, 0)),
    )
    expect(machine.x(t1)).toBe(77n)
    // The handler's first jump alone.
    expect(machine.x(s1)).toBe(1n)
    run(program => program.add(rv.csrrw(0, CSR.minstret, 0), 0x13, rv.ecall()))
    expect(machine.x(s1)).toBe(2n)
  })

  test('a trap takes a reservation back', () => {
    run(program => {
      program
        .la(t0, 'resume')
        .add(rv.csrrw(0, CSR.mtvec, t0))
        .li(t1, DATA)
      program.add(rv.amo.lr.w(t2, 0, t1), rv.ecall())
      while (program.here % 4 !== 0) program.add(0)
      program.label('resume').add(rv.amo.sc.w(a0, t1, t1))
    })
    expect(machine.x(a0)).toBe(1n)
  })
})

describe('modes', () => {
  test.each([
    [U, 8n],
    [S, 9n],
  ])('ecall of mode %i is a cause of its own, and goes where it is delegated to', (mode, cause) => {
    const call = (delegated: number) =>
      run(program => {
        program.li(t0, delegated).add(rv.csrrw(0, CSR.medeleg, t0))
        enter(program, mode, 'there', 0x80)
        program.label('there').add(rv.ecall())
      })
    const byMachine = call(0) as Trapped
    expect(byMachine).toMatchObject({ mode: M, cause })
    // MPP is the mode; MPIE was set by mret.
    expect(byMachine.status & 0x1888n).toBe(BigInt(mode << 11) | 0x80n)
    machine = new OneHart(0x1_0000)
    const bySupervisor = call(1 << Number(cause)) as Trapped
    expect(bySupervisor).toMatchObject({ mode: S, cause })
    expect(bySupervisor.status & 0x100n).toBe(BigInt(mode << 8))
  })

  test('what machine mode does is never delegated', () => {
    const trapped = run(program => program.li(t0, -1).add(rv.csrrw(0, CSR.medeleg, t0), rv.ebreak()))
    expect(trapped).toMatchObject({ mode: M, cause: 3n })
  })

  test.each([
    ['mret, in supervisor mode', S, rv.mret(), 0],
    ['sret, in user mode', U, rv.sret(), 0],
    ['sret, in supervisor mode with TSR', S, rv.sret(), 1 << 22],
    ['wfi, in supervisor mode with TW', S, rv.wfi(), 1 << 21],
    ['satp, in supervisor mode with TVM', S, rv.csrrs(t1, CSR.satp, 0), 1 << 20],
    ['sfence.vma, in supervisor mode with TVM', S, 0x1200_0073, 1 << 20],
    ['sfence.vma, in user mode', U, 0x1200_0073, 0],
    ["machine mode's CSR, in supervisor mode", S, rv.csrrs(t1, CSR.mscratch, 0), 0],
    ["supervisor mode's CSR, in user mode", U, rv.csrrs(t1, CSR.sscratch, 0), 0],
    ['time, in supervisor mode without mcounteren', S, rv.csrrs(t1, CSR.time, 0), 0],
  ])('%s is illegal', (_, mode, instruction, status) => {
    let pc = 0n
    const trapped = run(program => {
      enter(program, mode, 'there', status)
      program.label('there')
      pc = BigInt(program.here)
      program.add(instruction)
    })
    expect(trapped).toMatchObject({ mode: M, cause: 2n, epc: pc, tval: BigInt(instruction) })
  })

  test('sfence.vma, satp and wfi are not, without these', () => {
    const trapped = run(program => {
      enter(program, S, 'there')
      program.label('there').add(0x1200_0073, rv.csrrs(a0, CSR.satp, 0))
      program.li(t0, -1).add(rv.csrrw(0, CSR.satp, t0), rv.csrrs(a0, CSR.satp, 0))
    })
    expect([trapped, machine.x(a0), machine.hart.privileged.mode]).toEqual([undefined, 0n, S])
  })

  test.each([
    [S, 0n],
    [M, 1n << 17n],
  ])('mret to mode %i leaves of MPRV what is due', (mode, due) => {
    const trapped = run(program => {
      enter(program, mode, 'there', 1 << 17)
      program.label('there').add(rv.ecall())
    })
    expect((trapped as Trapped).status & (1n << 17n)).toBe(due)
  })

  test('sret goes to user mode, and turns interrupts on as they were', () => {
    const trapped = run(program => {
      enter(program, S, 'there')
      program
        .label('there')
        .li(t0, 0x20)
        .add(rv.csrrs(0, CSR.sstatus, t0))
        .la(t0, 'user')
      program.add(rv.csrrw(0, CSR.sepc, t0), rv.sret())
      program.label('user').add(rv.ecall())
    })
    expect(trapped).toMatchObject({ mode: M, cause: 8n })
    // SIE is on, SPIE is set.
    expect((trapped as Trapped).status & 0x122n).toBe(0x22n)
  })
})

describe('CSRs', () => {
  /** What a CSR has after a number was stored to it. */
  function stored(csr: number, value: number): bigint {
    run(program => program.li(t0, value).add(rv.csrrw(0, csr, t0), rv.csrrs(t1, csr, 0)))
    return machine.x(t1)
  }
  const ones = 2n ** 64n - 1n
  test.each([
    ['mstatus', CSR.mstatus, -1, 0xa_007e_19aan],
    ['sstatus', CSR.sstatus, -1, 0x2_000c_0122n],
    ['misa', CSR.misa, 0, (2n << 62n) | 0x14_1105n],
    ['mtvec', CSR.mtvec, -1, ones - 2n],
    ['mepc', CSR.mepc, -1, ones - 1n],
    ['mscratch', CSR.mscratch, -1, ones],
    ['mcause', CSR.mcause, -1, ones],
    ['medeleg', CSR.medeleg, -1, 0xb3ffn],
    ['mideleg', CSR.mideleg, -1, 0x222n],
    ['mie', CSR.mie, -1, 0xaaan],
    ['mip', CSR.mip, -1, 0x222n],
    ['sie, of which nothing is delegated', CSR.sie, -1, 0n],
    ['mcounteren', CSR.mcounteren, -1, 7n],
    ['satp', CSR.satp, -1, 0n],
    ['mhpmcounter3', CSR.mhpmcounter3, -1, 0n],
  ])('%s takes what it may have', (_, csr, value, due) => {
    expect(stored(csr, value)).toBe(due)
  })

  test('mstatus.MPP keeps a mode that there is', () => {
    run(program => {
      program
        .li(t0, 0x1800)
        .add(rv.csrrs(0, CSR.mstatus, t0))
        .li(t0, 0x800)
        .add(rv.csrrc(0, CSR.mstatus, t0))
      program.add(rv.csrrs(t1, CSR.mstatus, 0))
    })
    expect(machine.x(t1) & 0x1800n).toBe(0x1800n)
  })

  test('swap, set and clear, by register and by number', () => {
    run(program => {
      program
        .li(t0, 0xf0)
        .add(rv.csrrw(a0, CSR.mscratch, t0))
        .li(t0, 0x3c)
      program.add(rv.csrrs(a1, CSR.mscratch, t0), rv.csrrc(a2, CSR.mscratch, t0), rv.csrrsi(a3, CSR.mscratch, 3))
      program.add(rv.csrrci(t1, CSR.mscratch, 2), rv.csrrwi(t2, CSR.mscratch, 21), rv.csrrs(t0, CSR.mscratch, 0))
    })
    expect([a0, a1, a2, a3, t1, t2, t0].map(each => machine.x(each))).toEqual([
      0n,
      0xf0n,
      0xfcn,
      0xc0n,
      0xc3n,
      0xc1n,
      21n,
    ])
  })

  test('counters count instructions, and can be set; the time is what it is', () => {
    machine.time = 12_345n
    run(program => {
      program.li(t0, 1000).add(rv.csrrw(0, CSR.minstret, t0), rv.csrrs(a0, CSR.minstret, 0), 0x0000_0013)
      program.add(rv.csrrs(a1, CSR.instret, 0), rv.csrrw(0, CSR.mcycle, t0), rv.csrrs(a2, CSR.cycle, 0))
      program.add(rv.csrrs(a3, CSR.time, 0))
    })
    expect([a0, a1, a2, a3].map(each => machine.x(each))).toEqual([1000n, 1002n, 1000n, 12_345n])
  })

  test('user mode needs both to read a counter', () => {
    for (const [machineBits, supervisorBits, allowed] of [
      [7, 7, true],
      [7, 0, false],
      [0, 7, false],
    ] as const) {
      machine = new OneHart(0x1_0000)
      const trapped = run(program => {
        program.li(t0, machineBits).add(rv.csrrw(0, CSR.mcounteren, t0))
        program.li(t0, supervisorBits).add(rv.csrrw(0, CSR.scounteren, t0))
        enter(program, U, 'there')
        program.label('there').add(rv.csrrs(a0, CSR.instret, 0), rv.ecall())
      })
      expect(trapped).toMatchObject({ cause: allowed ? 8n : 2n })
    }
  })
})

describe('interrupts', () => {
  const on = (program: Program, mie: number, csr = CSR.mie) =>
    program.li(t0, mie).add(rv.csrrw(0, csr, t0), rv.csrrsi(0, CSR.mstatus, 8))
  const all = 0xaaa

  test.each([
    ['external before software', MIP.MEIP | MIP.MSIP | MIP.MTIP, 11n],
    ['software before timer', MIP.MSIP | MIP.MTIP, 3n],
    ['timer', MIP.MTIP, 7n],
    ["supervisor mode's, which is not delegated", MIP.SEIP, 9n],
  ])('%s', (_, wires, number) => {
    const trapped = run(program => on(program, all), wires)
    expect(trapped).toMatchObject({ mode: M, cause: INTERRUPT | number, tval: 0n })
  })

  test('are not taken while they are off, one by one or all of them', () => {
    expect(run(program => program.li(t0, all).add(rv.csrrw(0, CSR.mie, t0)), MIP.MTIP)).toBeUndefined()
    machine = new OneHart(0x1_0000)
    expect(run(program => on(program, all & ~MIP.MTIP), MIP.MTIP)).toBeUndefined()
  })

  test("machine mode's are taken in lower modes, whatever mstatus says", () => {
    const trapped = run(program => {
      program.li(t0, all).add(rv.csrrw(0, CSR.mie, t0))
      enter(program, S, 'there')
      program.label('there').add(0x13)
    }, MIP.MTIP)
    expect(trapped).toMatchObject({ mode: M, cause: INTERRUPT | 7n })
    expect((trapped as Trapped).status & 0x1800n).toBe(0x800n)
  })

  test('what is delegated is taken by supervisor mode, and not in machine mode', () => {
    const delegated = (mode: number, status: number) => {
      machine = new OneHart(0x1_0000)
      return run(program => {
        program.li(t0, 0x222).add(rv.csrrw(0, CSR.mideleg, t0), rv.csrrw(0, CSR.mie, t0), rv.csrrw(0, CSR.mip, t0))
        enter(program, mode, 'there', status)
        program.label('there').add(0x13)
      })
    }
    // MPIE, or SIE.
    expect(delegated(M, 0x80)).toBeUndefined()
    expect(delegated(S, 0)).toBeUndefined()
    expect(delegated(S, 2)).toMatchObject({ mode: S, cause: INTERRUPT | 9n })
    expect(delegated(U, 0)).toMatchObject({ mode: S, cause: INTERRUPT | 9n })
  })

  test('a vector has a place for each', () => {
    const trapped = run(program => {
      program.la(t0, 'machine').add(rv.addi(t0, t0, 1), rv.csrrw(0, CSR.mtvec, t0))
      on(program, all)
    }, MIP.MTIP)
    expect(trapped).toMatchObject({ cause: INTERRUPT | 7n })
    expect(machine.x(t2)).toBe(7n)
  })

  test('SEIP is a wire and a bit; what is set by bits is the bit', () => {
    run(program => {
      program.li(t1, MIP.SSIP).add(rv.csrrs(a0, CSR.mip, 0), rv.csrrs(0, CSR.mip, t1))
    }, MIP.SEIP)
    machine.hart.privileged.setWires(0)
    const bits = machine.hart.privileged.mip
    expect([machine.x(a0), bits]).toEqual([BigInt(MIP.SEIP), BigInt(MIP.SSIP)])
  })

  test('supervisor mode clears its software interrupt alone', () => {
    run(program => {
      program.li(t0, 0x222).add(rv.csrrw(0, CSR.mideleg, t0), rv.csrrw(0, CSR.mip, t0))
      enter(program, S, 'there')
      program.label('there').add(rv.csrrw(0, CSR.sip, 0), rv.csrrs(a0, CSR.sip, 0))
    })
    expect(machine.x(a0)).toBe(0x220n)
  })

  test('wfi goes on where one is pending that is not taken', () => {
    run(program => {
      program
        .li(t0, all)
        .add(rv.csrrw(0, CSR.mie, t0))
        .li(a0, 1)
        .add(rv.wfi())
        .li(a0, 2)
    }, MIP.MTIP)
    expect(machine.x(a0)).toBe(2n)
  })
})

describe('the bus', () => {
  test('a map that a store changes is used by the next load, and by the next instruction', () => {
    machine.addMemory(0x4000_0000, 0x1000)
    const window = MemoryRegion.alias('window', machine.main, 0x8000, 0x1000)
    const ops = { read: () => 0, write: () => void window.setAliasOffset(0x9000) }
    machine.system.addSubregion(0x1000_0000, MemoryRegion.io('bank', ops, 0x1000))
    machine.system.addSubregion(0x2000_0000, window)
    const banks = [1, 2].map(bank => {
      const code = new Program(0x2000_0000)
      code
        .li(t0, 0x1000_0000)
        .li(a0, bank)
        .add(rv.sw(0, t0, 0))
        .li(a0, 10 + bank)
        .add(rv.wfi())
      return code.words
    })
    banks.forEach((words, index) => {
      machine.write(DATA + 0x1000 * index, words)
    })
    run(program => program.li(t0, 0x2000_0000).add(rv.lw(t1, t0, 4), rv.jalr(0, t0, 0)))
    // It began in the first bank, and went on in the second.
    expect(machine.x(a0)).toBe(12n)
    expect(machine.hart.pc).toBe(0x2000_0000n + BigInt(4 * (banks[0] as Uint32Array).length))
  })

  test.each([0x10n, 0xffen, -8n, 2n ** 63n + 8n])('a return to %i, after a call, is one to nothing', to => {
    machine.space.store64(DATA, BigInt.asUintN(64, to))
    const trapped = run(program => {
      program
        .li(t0, 0x1800)
        .add(rv.csrrs(0, CSR.mstatus, t0))
        .li(t0, DATA)
      program.add(rv.ld(t1, t0, 0), rv.csrrw(0, CSR.mepc, t1), rv.mret())
    })
    expect(trapped).toMatchObject({ mode: M, cause: 1n, epc: BigInt.asUintN(64, to) })
  })

  test('stores and atomics to pages that are logged are marked', () => {
    for (const store of [rv.sb(t1, t0, 0), rv.sd(t1, t0, 0), rv.amo.add.w(t1, t1, t0), rv.amo.max.d(t1, t1, t0)]) {
      machine = new OneHart(0x1_0000)
      machine.main.setLog(DirtyClient.VGA, true)
      const before = machine.hart.bus.calls
      run(program => program.li(t0, DATA).li(t1, 5).add(store))
      expect(machine.hart.bus.calls - before).toBe(1)
      expect(machine.space.load8(DATA)).toBe(5)
      const dirty = snapshotAndClearDirty(machine.main, 0, 0x1_0000, DirtyClient.VGA)
      expect(dirty.isDirty(0x8000, 1)).toBe(true)
    }
  })

  const AMOS = Object.keys(rv.amo).filter(name => name !== 'lr' && name !== 'sc') as (keyof typeof rv.amo)[]
  test.each(AMOS.flatMap(name => (['w', 'd'] as const).map(size => [name, size] as const)))(
    'amo%s.%s of a page that is logged is the same',
    (name, size) => {
      const [one, other] = [0x8000_0005_8000_0003n, 0x7000_0006_7fff_fff1n]
      const results = [false, true].map(logged => {
        machine = new OneHart(0x1_0000)
        machine.main.setLog(DirtyClient.VGA, logged)
        return [one, other].map(operand => {
          machine.space.store64(DATA, one)
          machine.space.store64(DATA + 8, operand)
          run(program => program.li(t0, DATA).add(rv.ld(t1, t0, 8), rv.amo[name][size](a0, t1, t0)))
          return [machine.x(a0), machine.space.load64(DATA)]
        })
      })
      expect(results[1]).toEqual(results[0])
    },
  )

  test('lr and sc of a page that is logged', () => {
    machine.main.setLog(DirtyClient.VGA, true)
    run(program =>
      program
        .li(t0, DATA)
        .li(t1, 5)
        .add(rv.amo.lr.d(a0, 0, t0), rv.amo.sc.d(a0, t1, t0)),
    )
    expect([machine.x(a0), machine.space.load64(DATA)]).toEqual([0n, 5n])
  })

  test('an atomic access of a device is a read and a write', () => {
    const log: string[] = []
    const ops = {
      read: (offset: number, size: number) => {
        log.push(`read ${offset} ${size}`)
        return 40
      },
      write: (offset: number, value: number, size: number) => void log.push(`write ${offset} ${value} ${size}`),
    }
    machine.system.addSubregion(0x1000_0000, MemoryRegion.io('device', ops, 0x1000))
    run(program =>
      program
        .li(t0, 0x1000_0008)
        .li(t1, 2)
        .add(rv.amo.add.w(a0, t1, t0)),
    )
    expect([machine.x(a0), log]).toEqual([40n, ['read 8 4', 'write 8 42 4']])
  })

  test('a device that refuses is a fault, and one that takes it is none after it', () => {
    const ops = { read: () => 0, write: () => {}, valid: { minSize: 4, maxSize: 4 } as const }
    machine.system.addSubregion(0x1000_0000, MemoryRegion.io('device', ops, 0x1000))
    let pc = 0n
    const trapped = run(program => {
      program.li(t0, 0x1000_0000).add(rv.lw(t1, t0, 0), rv.sw(t1, t0, 0))
      pc = BigInt(program.here)
      program.add(rv.lb(t1, t0, 3))
    })
    expect(trapped).toMatchObject({ cause: 5n, epc: pc, tval: 0x1000_0003n })
  })
})
