// As much of an assembler for Thumb, the instruction set of a Cortex-M0+, as the example's program needs.

const CONDITIONS = ['eq', 'ne', 'cs', 'cc', 'mi', 'pl', 'vs', 'vc', 'hi', 'ls', 'ge', 'lt', 'gt', 'le']
const IMMEDIATE = { movs: 0x2000, cmp: 0x2800, adds: 0x3000, subs: 0x3800 }
const SHIFT = { lsls: 0x0000, lsrs: 0x0800 }
const TWO_REGISTERS = { ands: 0x4000, eors: 0x4040, orrs: 0x4300, muls: 0x4340, mvns: 0x43c0 }
const THREE_REGISTERS = { add: 0x1800, sub: 0x1a00 }
/** Opcode, and the bytes of the access: the offset is in units of them. */
const WITH_OFFSET = {
  str: [0x6000, 4],
  ldr: [0x6800, 4],
  strb: [0x7000, 1],
  ldrb: [0x7800, 1],
  strh: [0x8000, 2],
  ldrh: [0x8800, 2],
}
const MULTIPLE = { stmia: 0xc000, ldmia: 0xc800 }
const LIST = { push: 0xb400, pop: 0xbc00 }

/**
 * @param {(string | (string | number)[])[]} lines A label, or an instruction: its name, then its operands, registers as
 *   numbers. `['ldr=', 0, value]` loads a constant from the pool behind the program, and `push` and `pop` take a set of
 *   registers as a number, bit 8 being LR or PC.
 * @returns {Uint8Array} Whole words.
 */
export function assemble(lines) {
  /** @type {Map<string, number>} */
  const labels = new Map()
  let size = 0
  for (const line of lines)
    if (typeof line === 'string') labels.set(line, size)
    else size += line[0] === 'bl' ? 4 : 2
  const poolStart = (size + 3) & ~3
  /** @type {number[]} */
  const pool = []
  /** @type {number[]} */
  const code = []
  for (const line of lines) if (typeof line !== 'string') code.push(...encode(line, 2 * code.length))
  const bytes = new DataView(new ArrayBuffer(poolStart + 4 * pool.length))
  for (const [at, opcode] of code.entries()) bytes.setUint16(2 * at, opcode, true)
  for (const [at, value] of pool.entries()) bytes.setUint32(poolStart + 4 * at, value, true)
  return new Uint8Array(bytes.buffer)

  function encode([name, a, b, c], at) {
    const distance = () => (labels.get(a) ?? fail(`no label ${a}`)) - at - 4
    if (name in IMMEDIATE) return [IMMEDIATE[name] | (a << 8) | b]
    if (name in SHIFT) return [SHIFT[name] | (c << 6) | (b << 3) | a]
    if (name in TWO_REGISTERS) return [TWO_REGISTERS[name] | (b << 3) | a]
    if (name in THREE_REGISTERS) return [THREE_REGISTERS[name] | (c << 6) | (b << 3) | a]
    if (name in WITH_OFFSET) return [WITH_OFFSET[name][0] | ((c / WITH_OFFSET[name][1]) << 6) | (b << 3) | a]
    if (name in MULTIPLE) return [MULTIPLE[name] | (a << 8) | b]
    if (name in LIST) return [LIST[name] | a]
    if (name === 'bx') return [0x4700 | (a << 3)]
    if (name === 'b') return [0xe000 | ((distance() >> 1) & 0x7ff)]
    if (name === 'bl') return [0xf000 | ((distance() >> 12) & 0x7ff), 0xf800 | ((distance() >> 1) & 0x7ff)]
    if (name === 'ldr=') {
      if (!pool.includes(b)) pool.push(b)
      return [0x4800 | (a << 8) | ((poolStart + 4 * pool.indexOf(b) - ((at + 4) & ~3)) >> 2)]
    }
    const condition = CONDITIONS.indexOf(name.slice(1))
    if (name[0] === 'b' && condition >= 0) return [0xd000 | (condition << 8) | ((distance() >> 1) & 0xff)]
    return fail(`no instruction ${name}`)
  }
}

/** @param {string} message @returns {never} */
function fail(message) {
  throw new Error(message)
}
