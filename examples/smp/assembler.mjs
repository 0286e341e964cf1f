// RV64IMA with CSRs, instruction by instruction, and programs of them with labels.

const register = (opcode, funct3, funct7) => (rd, rs1, rs2) =>
  (opcode | (rd << 7) | (funct3 << 12) | (rs1 << 15) | (rs2 << 20) | (funct7 << 25)) >>> 0
const immediate = (opcode, funct3) => (rd, rs1, value) =>
  (opcode | (rd << 7) | (funct3 << 12) | (rs1 << 15) | (value << 20)) >>> 0
const shift = (opcode, funct3, high) => (rd, rs1, by) => immediate(opcode, funct3)(rd, rs1, high | by)
/** The value first, as assembly has it: sd(value, base, offset). */
const store = funct3 => (rs2, rs1, offset) =>
  (0x23 | ((offset & 31) << 7) | (funct3 << 12) | (rs1 << 15) | (rs2 << 20) | ((offset >> 5) << 25)) >>> 0
const branch = funct3 => (rs1, rs2, offset) =>
  (0x63 |
    (((offset >> 11) & 1) << 7) |
    (((offset >> 1) & 15) << 8) |
    (funct3 << 12) |
    (rs1 << 15) |
    (rs2 << 20) |
    (((offset >> 5) & 63) << 25) |
    (((offset >> 12) & 1) << 31)) >>>
  0
const upper = opcode => (rd, value) => (opcode | (rd << 7) | (value & -4096)) >>> 0
/** The address in rs1. */
const atomic = (funct5, funct3) => (rd, rs2, rs1) => register(0x2f, funct3, funct5 << 2)(rd, rs1, rs2)
const csr = funct3 => (rd, number, source) =>
  (0x73 | (rd << 7) | (funct3 << 12) | (source << 15) | (number << 20)) >>> 0

export const lui = upper(0x37)
export const auipc = upper(0x17)
export const jal = (rd, offset) =>
  (0x6f |
    (rd << 7) |
    (offset & 0xff000) |
    (((offset >> 11) & 1) << 20) |
    (((offset >> 1) & 1023) << 21) |
    (((offset >> 20) & 1) << 31)) >>>
  0
export const jalr = immediate(0x67, 0)
const [beq, bne, blt, bge, bltu, bgeu] = [0, 1, 4, 5, 6, 7].map(branch)

export { beq, bge, bgeu, blt, bltu, bne }
export const [lb, lh, lw, ld, lbu, lhu, lwu] = [0, 1, 2, 3, 4, 5, 6].map(funct3 => immediate(0x03, funct3))
export const [sb, sh, sw, sd] = [0, 1, 2, 3].map(store)
export const [addi, slti, sltiu, xori, ori, andi] = [0, 2, 3, 4, 6, 7].map(funct3 => immediate(0x13, funct3))
export const slli = shift(0x13, 1, 0)
export const srli = shift(0x13, 5, 0)
export const srai = shift(0x13, 5, 0x400)
export const addiw = immediate(0x1b, 0)
export const slliw = shift(0x1b, 1, 0)
export const srliw = shift(0x1b, 5, 0)
export const sraiw = shift(0x1b, 5, 0x400)
export const [add, sll, slt, sltu, xor, srl, or, and] = [0, 1, 2, 3, 4, 5, 6, 7].map(each => register(0x33, each, 0))
export const sub = register(0x33, 0, 0x20)
export const sra = register(0x33, 5, 0x20)
export const [addw, sllw, srlw] = [0, 1, 5].map(funct3 => register(0x3b, funct3, 0))
export const subw = register(0x3b, 0, 0x20)
export const sraw = register(0x3b, 5, 0x20)
export const [mul, mulh, mulhsu, mulhu, div, divu, rem, remu] = [0, 1, 2, 3, 4, 5, 6, 7].map(each =>
  register(0x33, each, 1),
)
export const [mulw, divw, divuw, remw, remuw] = [0, 4, 5, 6, 7].map(funct3 => register(0x3b, funct3, 1))
export const fence = () => 0x0ff0_000f
export const fenceI = () => 0x0000_100f
export const ecall = () => 0x0000_0073
export const ebreak = () => 0x0010_0073
export const mret = () => 0x3020_0073
export const sret = () => 0x1020_0073
export const wfi = () => 0x1050_0073
export const [csrrw, csrrs, csrrc, csrrwi, csrrsi, csrrci] = [1, 2, 3, 5, 6, 7].map(csr)

/** By name and size: amo.add.w(rd, value, address); lr takes no value. */
const FUNCT5 = { add: 0, swap: 1, lr: 2, sc: 3, xor: 4, or: 8, and: 12, min: 16, max: 20, minu: 24, maxu: 28 }
export const amo = Object.fromEntries(
  Object.entries(FUNCT5).map(([name, funct5]) => [name, { w: atomic(funct5, 2), d: atomic(funct5, 3) }]),
)

/** Registers by the names of the calling convention. */
export const X = Object.fromEntries(
  'zero ra sp gp tp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5 a6 a7 s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6'
    .split(' ')
    .map((name, number) => [name, number]),
)

/** A program: instructions, and labels that branches and jumps may name before they are there. */
export class Program {
  /** @type {(number | (() => number))[]} */
  #words = []
  #labels = new Map()

  /** @param {number} origin Where it will be. */
  constructor(origin) {
    this.origin = origin
  }

  /** Where the next instruction will be. */
  get here() {
    return this.origin + 4 * this.#words.length
  }

  /** @param {...number} words Instructions. */
  add(...words) {
    this.#words.push(...words)
    return this
  }

  label(name) {
    if (this.#labels.has(name)) throw new Error(`the label ${name} is there already`)
    this.#labels.set(name, this.here)
    return this
  }

  /** @param {string} name Of a label. */
  address(name) {
    const address = this.#labels.get(name)
    if (address === undefined) throw new Error(`there is no label ${name}`)
    return address
  }

  /** branch(blt, X.a0, X.a1, 'loop') */
  branch(instruction, rs1, rs2, name) {
    return this.#later(offset => instruction(rs1, rs2, offset), name)
  }

  jump(name, rd = 0) {
    return this.#later(offset => jal(rd, offset), name)
  }

  /** The address of a label. */
  la(rd, name) {
    const high = offset => (offset + 0x800) & -4096
    this.#later(offset => auipc(rd, high(offset)), name)
    return this.#later(offset => addi(rd, rd, offset + 4 - high(offset + 4)), name)
  }

  /** A number of 32 bits, signed; in place of `la` also addresses from 0x8000_0000 on, as unsigned numbers. */
  li(rd, value) {
    if (value >= -2048 && value < 2048) return this.add(addi(rd, 0, value))
    this.add(lui(rd, (value + 0x800) & -4096), addiw(rd, rd, (value << 20) >> 20))
    return value >= 2 ** 31 ? this.add(slli(rd, rd, 32), srli(rd, rd, 32)) : this
  }

  /** @returns {Uint32Array} */
  get words() {
    return Uint32Array.from(this.#words, word => (typeof word === 'function' ? word() : word))
  }

  #later(make, name) {
    const here = this.here
    this.#words.push(() => make(this.address(name) - here))
    return this
  }
}
