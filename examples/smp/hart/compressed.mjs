// The C extension: each instruction of 16 bits is short for one of 32. A table has them all.

import * as rv from '../assembler.mjs'
import { EXPANSIONS } from '../layout.mjs'

/** What means nothing: it is no instruction. */
const NONE = 0
const [RA, SP] = [1, 2]

/**
 * Writes the table, for all harts of a machine.
 *
 * @param {WebAssembly.Memory} memory
 */
export function writeExpansions(memory) {
  const table = new Uint32Array(memory.buffer, EXPANSIONS, 0x1_0000)
  for (let half = 0; half < 0x1_0000; half++) table[half] = (half & 3) === 3 ? NONE : expand(half)
}

/**
 * @param {number} half An instruction of 16 bits.
 * @returns {number} The one that it is short for, or 0.
 */
export function expand(half) {
  /** Bits of the half, from `from` on, to be at `to` on. */
  const field = (from, count, to = 0) => ((half >>> from) & (2 ** count - 1)) << to
  const sign = (value, count) => (value << (32 - count)) >> (32 - count)
  const rd = field(7, 5)
  const rs2 = field(2, 5)
  // x8 to x15.
  const rdShort = 8 + field(2, 3)
  const rs1Short = 8 + field(7, 3)
  const immediate = sign(field(12, 1, 5) | field(2, 5), 6)
  const shift = field(12, 1, 5) | field(2, 5)
  const offsetWord = field(10, 3, 3) | field(6, 1, 2) | field(5, 1, 6)
  const offsetDouble = field(10, 3, 3) | field(5, 2, 6)
  const branch = sign(field(12, 1, 8) | field(10, 2, 3) | field(5, 2, 6) | field(3, 2, 1) | field(2, 1, 5), 9)

  switch (((half & 3) << 3) | (half >>> 13)) {
    case 0: {
      const size = field(11, 2, 4) | field(7, 4, 6) | field(6, 1, 2) | field(5, 1, 3)
      return size === 0 ? NONE : rv.addi(rdShort, SP, size)
    }
    case 2:
      return rv.lw(rdShort, rs1Short, offsetWord)
    case 3:
      return rv.ld(rdShort, rs1Short, offsetDouble)
    case 6:
      return rv.sw(rdShort, rs1Short, offsetWord)
    case 7:
      return rv.sd(rdShort, rs1Short, offsetDouble)
    case 8:
      return rv.addi(rd, rd, immediate)
    case 9:
      return rd === 0 ? NONE : rv.addiw(rd, rd, immediate)
    case 10:
      return rv.addi(rd, 0, immediate)
    case 11: {
      if (immediate === 0) return NONE
      if (rd !== SP) return rv.lui(rd, immediate << 12)
      return rv.addi(
        SP,
        SP,
        sign(field(12, 1, 9) | field(6, 1, 4) | field(5, 1, 6) | field(3, 2, 7) | field(2, 1, 5), 10),
      )
    }
    case 12:
      return arithmetic()
    case 13: {
      const low = field(11, 1, 4) | field(9, 2, 8) | field(8, 1, 10) | field(7, 1, 6) | field(6, 1, 7)
      return rv.jal(0, sign(field(12, 1, 11) | low | field(3, 3, 1) | field(2, 1, 5), 12))
    }
    case 14:
      return rv.beq(rs1Short, 0, branch)
    case 15:
      return rv.bne(rs1Short, 0, branch)
    case 16:
      return rv.slli(rd, rd, shift)
    case 18:
      return rd === 0 ? NONE : rv.lw(rd, SP, field(12, 1, 5) | field(4, 3, 2) | field(2, 2, 6))
    case 19:
      return rd === 0 ? NONE : rv.ld(rd, SP, field(12, 1, 5) | field(5, 2, 3) | field(2, 3, 6))
    case 20: {
      if (rs2 !== 0) return field(12, 1) === 0 ? rv.add(rd, 0, rs2) : rv.add(rd, rd, rs2)
      if (rd !== 0) return rv.jalr(field(12, 1) === 0 ? 0 : RA, rd, 0)
      return field(12, 1) === 0 ? NONE : rv.ebreak()
    }
    case 22:
      return rv.sw(rs2, SP, field(9, 4, 2) | field(7, 2, 6))
    case 23:
      return rv.sd(rs2, SP, field(10, 3, 3) | field(7, 3, 6))
    default:
      return NONE
  }

  function arithmetic() {
    switch (field(10, 2)) {
      case 0:
        return rv.srli(rs1Short, rs1Short, shift)
      case 1:
        return rv.srai(rs1Short, rs1Short, shift)
      case 2:
        return rv.andi(rs1Short, rs1Short, immediate)
      default: {
        const operation = [rv.sub, rv.xor, rv.or, rv.and, rv.subw, rv.addw][field(12, 1, 2) | field(5, 2)]
        return operation === undefined ? NONE : operation(rs1Short, rs1Short, rdShort)
      }
    }
  }
}
