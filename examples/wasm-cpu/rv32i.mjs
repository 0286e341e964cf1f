// The instructions of RV32I, as numbers: enough of an assembler for the guest's program.

const r = (opcode, f3, f7) => (rd, a, b) => (f7 << 25) | (b << 20) | (a << 15) | (f3 << 12) | (rd << 7) | opcode
const i = (opcode, f3) => (rd, a, value) => (value << 20) | (a << 15) | (f3 << 12) | (rd << 7) | opcode
const s = f3 => (b, a, value) => ((value >> 5) << 25) | (b << 20) | (a << 15) | (f3 << 12) | ((value & 31) << 7) | 0x23
const b = f3 => (a, c, to) =>
  ((to >> 12) << 31) |
  (((to >> 5) & 63) << 25) |
  (c << 20) |
  (a << 15) |
  (f3 << 12) |
  (((to >> 1) & 15) << 8) |
  (((to >> 11) & 1) << 7) |
  0x63

export const add = r(0x33, 0, 0)
export const sub = r(0x33, 0, 32)
export const sll = r(0x33, 1, 0)
export const slt = r(0x33, 2, 0)
export const sltu = r(0x33, 3, 0)
export const xor = r(0x33, 4, 0)
export const srl = r(0x33, 5, 0)
export const sra = r(0x33, 5, 32)
export const or = r(0x33, 6, 0)
export const and = r(0x33, 7, 0)
export const addi = i(0x13, 0)
export const slti = i(0x13, 2)
export const sltiu = i(0x13, 3)
export const xori = i(0x13, 4)
export const ori = i(0x13, 6)
export const andi = i(0x13, 7)
export const slli = i(0x13, 1)
export const srli = i(0x13, 5)
export const srai = (rd, a, bits) => srli(rd, a, bits | 0x400)
export const lb = i(0x03, 0)
export const lh = i(0x03, 1)
export const lw = i(0x03, 2)
export const lbu = i(0x03, 4)
export const lhu = i(0x03, 5)
/** Value, base, offset. */
export const sb = s(0)
export const sh = s(1)
export const sw = s(2)
/** To: bytes from this instruction on. */
export const beq = b(0)
export const bne = b(1)
export const blt = b(4)
export const bge = b(5)
export const bltu = b(6)
export const bgeu = b(7)
export const lui = (rd, value) => (value & 0xffff_f000) | (rd << 7) | 0x37
export const auipc = (rd, value) => (value & 0xffff_f000) | (rd << 7) | 0x17
export const jal = (rd, to) =>
  ((to >> 20) << 31) | (((to >> 1) & 0x3ff) << 21) | (((to >> 11) & 1) << 20) | (to & 0xff000) | (rd << 7) | 0x6f
export const jalr = i(0x67, 0)
export const ecall = () => 0x73
