// What is privileged of a hart: CSRs, traps, interrupts, and the instructions of the opcode SYSTEM. Machine, supervisor and
// user mode; there is no translation (satp is 0), and no PMP.

import { STATE } from '../layout.mjs'

export const [USER, SUPERVISOR, MACHINE] = [0, 1, 3]

/** Interrupts, as bits of mip. */
export const MIP = { SSIP: 1 << 1, MSIP: 1 << 3, STIP: 1 << 5, MTIP: 1 << 7, SEIP: 1 << 9, MEIP: 1 << 11 }
/** In the order in which they are taken: external, software, timer. */
const PRIORITY = [11, 3, 7, 9, 1, 5]
/** What machine mode may store to mip, and hand to supervisor mode; the others are wires. */
const SUPERVISOR_INTERRUPTS = BigInt(MIP.SSIP | MIP.STIP | MIP.SEIP)
const ALL_INTERRUPTS = SUPERVISOR_INTERRUPTS | BigInt(MIP.MSIP | MIP.MTIP | MIP.MEIP)

const CAUSE = { ILLEGAL: 2, BREAKPOINT: 3, ECALL: 8 }
/** All but ECALL from machine mode. */
const DELEGATED = 0xb3ffn
const INTERRUPT = 1n << 63n

// Fields of mstatus. `SIE << mode` is the mode's own bit, and so is `SPIE`.
const SIE = 1n << 1n
const MIE = 1n << 3n
const SPIE = 1n << 5n
const MPIE = 1n << 7n
const SPP = 1n << 8n
const MPP = 3n << 11n
const [MPRV, SUM, MXR, TVM, TW, TSR] = [17n, 18n, 19n, 20n, 21n, 22n].map(bit => 1n << bit)
const LENGTHS = (2n << 32n) | (2n << 34n)
const MSTATUS = SIE | MIE | SPIE | MPIE | SPP | MPP | MPRV | SUM | MXR | TVM | TW | TSR
const SSTATUS = SIE | SPIE | SPP | SUM | MXR
const SSTATUS_LENGTHS = 2n << 32n

/** RV64, and the letters A, C, I, M, S, U. */
const MISA = (2n << 62n) | [0, 2, 8, 12, 18, 20].reduce((sum, letter) => sum | (1n << BigInt(letter)), 0n)
const COUNTERS = 7n

const ALL = (1n << 64n) - 1n
const word = value => BigInt.asIntN(64, value)

export class Privileged {
  mode = MACHINE
  mstatus = 0n
  mie = 0n
  /** What was stored to mip. */
  #pending = 0n
  /** The wires: MSIP, MTIP, MEIP, SEIP. */
  #wires = 0n
  #trap = {
    m: { tvec: 0n, scratch: 0n, epc: 0n, cause: 0n, tval: 0n, counteren: 0n },
    s: { tvec: 0n, scratch: 0n, epc: 0n, cause: 0n, tval: 0n, counteren: 0n },
  }
  #medeleg = 0n
  #mideleg = 0n
  /** What was stored to mcycle and minstret, less what they were. */
  #cycleOffset = 0n
  #instretOffset = 0n
  #csrs = new Map()
  #state
  #time
  #onTrap

  /**
   * @param {object} options
   * @param {BigInt64Array} options.state The hart's words of 64 bits, as layout.mjs has them.
   * @param {number} options.id mhartid.
   * @param {() => bigint} options.time What mtime is.
   * @param {() => void} options.onTrap Called where a trap is taken.
   */
  constructor({ state, id, time, onTrap }) {
    this.#state = state
    this.#time = time
    this.#onTrap = onTrap
    this.#addCsrs(id)
  }

  get pc() {
    return this.#state[STATE.pc / 8]
  }

  set pc(value) {
    this.#state[STATE.pc / 8] = value
  }

  get mip() {
    return this.#pending | this.#wires
  }

  /** @param {number} bits Of MIP. */
  setWires(bits) {
    this.#wires = BigInt(bits)
  }

  /** Whether WFI goes on: something that is enabled is pending, whether it may be taken or not. */
  get isWoken() {
    return (this.mip & this.mie) !== 0n
  }

  /** Takes the interrupt that is due, if one is. */
  takeInterrupt() {
    const pending = this.mip & this.mie
    if (pending === 0n) return
    const machine = this.mode < MACHINE || this.mstatus & MIE ? pending & ~this.#mideleg : 0n
    const supervisor =
      this.mode < SUPERVISOR || (this.mode === SUPERVISOR && this.mstatus & SIE) ? pending & this.#mideleg : 0n
    const due = machine || supervisor
    const number = PRIORITY.find(bit => (due >> BigInt(bit)) & 1n)
    if (number !== undefined) this.#enter(BigInt(number) | INTERRUPT, 0n)
  }

  /** An exception at the pc. @param {bigint} tval */
  trap(cause, tval) {
    this.#enter(BigInt(cause), tval)
  }

  #enter(cause, tval) {
    this.#onTrap()
    const delegated = cause & INTERRUPT ? this.#mideleg : this.#medeleg
    const bySupervisor = this.mode <= SUPERVISOR && ((delegated >> (cause & 63n)) & 1n) === 1n
    const set = bySupervisor ? this.#trap.s : this.#trap.m
    set.epc = word(this.pc)
    set.cause = word(cause)
    set.tval = word(tval)
    const from = BigInt(this.mode)
    if (bySupervisor) {
      const wasOn = this.mstatus & SIE ? SPIE : 0n
      this.mstatus = (this.mstatus & ~(SIE | SPIE | SPP)) | wasOn | (from << 8n)
      this.mode = SUPERVISOR
    } else {
      const wasOn = this.mstatus & MIE ? MPIE : 0n
      this.mstatus = (this.mstatus & ~(MIE | MPIE | MPP)) | wasOn | (from << 11n)
      this.mode = MACHINE
    }
    const isVectored = (set.tvec & 1n) === 1n && (cause & INTERRUPT) !== 0n
    this.pc = word((set.tvec & ~3n) + (isVectored ? 4n * (cause & 63n) : 0n))
  }

  /**
   * An instruction of the opcode SYSTEM, at the pc.
   *
   * @param {number} instruction
   * @returns {boolean} Whether the hart waits for an interrupt.
   */
  system(instruction) {
    const funct3 = (instruction >>> 12) & 7
    if (funct3 !== 0) {
      if (funct3 === 4 || !this.#csr(instruction, funct3)) this.#illegal(instruction)
      else {
        this.#retire()
        this.takeInterrupt()
      }
      return false
    }
    switch (instruction >>> 0) {
      case 0x0000_0073:
        this.trap(CAUSE.ECALL + this.mode, 0n)
        return false
      case 0x0010_0073:
        this.trap(CAUSE.BREAKPOINT, this.pc)
        return false
      case 0x3020_0073:
        if (this.mode === MACHINE) this.#returnFromMachine()
        else this.#illegal(instruction)
        return false
      case 0x1020_0073:
        if (this.mode < SUPERVISOR || (this.mode === SUPERVISOR && this.mstatus & TSR)) this.#illegal(instruction)
        else this.#returnFromSupervisor()
        return false
      case 0x1050_0073:
        if (this.mode < MACHINE && this.mstatus & TW) {
          this.#illegal(instruction)
          return false
        }
        this.#retire()
        return true
    }
    // SFENCE.VMA has nothing to do.
    const isFence = (instruction & 0xfe00_7fff) >>> 0 === 0x1200_0073
    if (isFence && this.mode >= SUPERVISOR && !(this.mode === SUPERVISOR && this.mstatus & TVM)) this.#retire()
    else this.#illegal(instruction)
    return false
  }

  #retire(next = this.pc + 4n) {
    this.#state[STATE.retired / 8] += 1n
    this.pc = next
  }

  #illegal(instruction) {
    this.trap(CAUSE.ILLEGAL, BigInt(instruction >>> 0))
  }

  #returnFromMachine() {
    const to = Number((this.mstatus & MPP) >> 11n)
    const on = this.mstatus & MPIE ? MIE : 0n
    this.mstatus = (this.mstatus & ~(MIE | MPP)) | on | MPIE
    if (to !== MACHINE) this.mstatus &= ~MPRV
    this.mode = to
    this.#retire(this.#trap.m.epc)
    this.takeInterrupt()
  }

  #returnFromSupervisor() {
    const to = this.mstatus & SPP ? SUPERVISOR : USER
    const on = this.mstatus & SPIE ? SIE : 0n
    this.mstatus = (this.mstatus & ~(SIE | SPP | MPRV)) | on | SPIE
    this.mode = to
    this.#retire(this.#trap.s.epc)
    this.takeInterrupt()
  }

  /** @returns {boolean} Whether there is such a CSR, for this mode, and may be written if it is. */
  #csr(instruction, funct3) {
    const number = instruction >>> 20
    const source = (instruction >>> 15) & 31
    const rd = (instruction >>> 7) & 31
    const writes = (funct3 & 3) === 1 || source !== 0
    const csr = this.#csrs.get(number)
    if (csr === undefined || ((number >> 8) & 3) > this.mode || (writes && number >>> 10 === 3)) return false
    if (csr.refuses?.()) return false
    const operand = BigInt.asUintN(64, funct3 & 4 ? BigInt(source) : this.#state[source])
    const old = csr.read()
    if (writes) {
      const before = csr.modified?.() ?? old
      if ((funct3 & 3) === 1) csr.write(operand)
      else csr.write((funct3 & 3) === 2 ? before | operand : before & ~operand & ALL)
    }
    if (rd !== 0) this.#state[rd] = word(old)
    return true
  }

  // The registers.

  #addCsrs(id) {
    const add = (number, read, write = () => {}, more = {}) =>
      this.#csrs.set(number, { read: () => BigInt.asUintN(64, read()), write, ...more })
    const constant = (numbers, value) => {
      for (const number of numbers) add(number, () => value)
    }
    // mvendorid, marchid, mimpid, mconfigptr.
    constant([0xf11, 0xf12, 0xf13, 0xf15], 0n)
    constant([0xf14], BigInt(id))
    constant([0x301], MISA)
    // Counters of events, which count nothing.
    constant(Array.from({ length: 29 }, (_, index) => [0xb03 + index, 0x323 + index]).flat(), 0n)
    add(
      0x300,
      () => this.mstatus | LENGTHS,
      value => this.#setStatus(value, MSTATUS),
    )
    add(
      0x100,
      () => (this.mstatus & SSTATUS) | SSTATUS_LENGTHS,
      value => this.#setStatus(value, SSTATUS),
    )
    for (const [base, set] of [
      [0x300, this.#trap.m],
      [0x100, this.#trap.s],
    ]) {
      // Of tvec's modes there are direct and vectored.
      add(
        base + 0x05,
        () => set.tvec,
        value => {
          set.tvec = value & ~2n
        },
      )
      add(
        base + 0x06,
        () => set.counteren,
        value => {
          set.counteren = value & COUNTERS
        },
      )
      for (const [number, name] of ['scratch', 'epc', 'cause', 'tval'].entries())
        add(
          base + 0x40 + number,
          () => set[name],
          value => {
            set[name] = word(name === 'epc' ? value & ~1n : value)
          },
        )
    }
    this.#addInterruptCsrs(add)
    this.#addCounters(add)
    const traps = () => this.mode === SUPERVISOR && (this.mstatus & TVM) !== 0n
    // satp: there is no translation.
    add(0x180, () => 0n, undefined, { refuses: traps })
  }

  #addInterruptCsrs(add) {
    add(
      0x302,
      () => this.#medeleg,
      value => {
        this.#medeleg = value & DELEGATED
      },
    )
    add(
      0x303,
      () => this.#mideleg,
      value => {
        this.#mideleg = value & SUPERVISOR_INTERRUPTS
      },
    )
    add(
      0x304,
      () => this.mie,
      value => {
        this.mie = value & ALL_INTERRUPTS
      },
    )
    // What is set and cleared by bits is what was stored, without the wires.
    add(
      0x344,
      () => this.mip,
      value => {
        this.#pending = value & SUPERVISOR_INTERRUPTS
      },
      { modified: () => this.#pending },
    )
    add(
      0x104,
      () => this.mie & this.#mideleg,
      value => {
        this.mie = (this.mie & ~this.#mideleg) | (value & this.#mideleg)
      },
    )
    add(
      0x144,
      () => this.mip & this.#mideleg,
      value => {
        const mask = BigInt(MIP.SSIP) & this.#mideleg
        this.#pending = (this.#pending & ~mask) | (value & mask)
      },
      { modified: () => this.#pending },
    )
  }

  #addCounters(add) {
    const retired = () => this.#state[STATE.retired / 8]
    const cycle = () => retired() + this.#cycleOffset
    const instret = () => retired() + this.#instretOffset
    // The instruction that stores to a counter is not counted itself.
    add(0xb00, cycle, value => {
      this.#cycleOffset = value - retired() - 1n
    })
    add(0xb02, instret, value => {
      this.#instretOffset = value - retired() - 1n
    })
    for (const [index, read] of [cycle, this.#time, instret].entries()) {
      const bit = 1n << BigInt(index)
      const refuses = () =>
        (this.mode < MACHINE && (this.#trap.m.counteren & bit) === 0n) ||
        (this.mode < SUPERVISOR && (this.#trap.s.counteren & bit) === 0n)
      add(0xc00 + index, read, undefined, { refuses })
    }
  }

  /** MPP has no mode 2: it stays what it was. */
  #setStatus(value, mask) {
    const most = (value & MPP) === 2n << 11n ? mask & ~MPP : mask
    this.mstatus = (this.mstatus & ~most) | (value & most)
  }
}
