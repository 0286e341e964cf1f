// As much of an assembler for the 6502 as the example's ROM needs. Operands are absolute where the name has no suffix.

const IMPLIED = { sei: 0x78, cld: 0xd8, clc: 0x18, txs: 0x9a, inx: 0xe8, dey: 0x88, rti: 0x40 }
const IMMEDIATE = { 'lda#': 0xa9, 'ldx#': 0xa2, 'ldy#': 0xa0, 'and#': 0x29, 'cpx#': 0xe0 }
const BRANCH = { bne: 0xd0, bpl: 0x10 }
const ABSOLUTE = { lda: 0xad, sta: 0x8d, 'lda,x': 0xbd, 'sta,x': 0x9d, bit: 0x2c, inc: 0xee, adc: 0x6d, eor: 0x4d }
const JUMP = { jmp: 0x4c }

/**
 * @param {number} origin Where the program is in the CPU's address space.
 * @param {(string | (string | number)[])[]} lines A label, or an instruction: its name, then its operand.
 * @returns {{ bytes: Uint8Array, labels: Map<string, number> }}
 */
export function assemble(origin, lines) {
  /** @type {Map<string, number>} */
  const labels = new Map()
  let end = origin
  for (const line of lines)
    if (typeof line === 'string') labels.set(line, end)
    else end += line[0] in IMPLIED ? 1 : line[0] in ABSOLUTE || line[0] in JUMP ? 3 : 2
  /** @type {number[]} */
  const bytes = []
  for (const line of lines) if (typeof line !== 'string') bytes.push(...encode(line, origin + bytes.length))
  return { bytes: Uint8Array.from(bytes), labels }

  function encode([name, operand], at) {
    if (name in IMPLIED) return [IMPLIED[name]]
    if (name in IMMEDIATE) return [IMMEDIATE[name], operand]
    if (name in ABSOLUTE) return [ABSOLUTE[name], operand & 0xff, operand >> 8]
    const target = labels.get(operand)
    if (target === undefined) throw new Error(`no label ${operand}`)
    if (name in BRANCH) return [BRANCH[name], (target - at - 2) & 0xff]
    if (name in JUMP) return [JUMP[name], target & 0xff, target >> 8]
    throw new Error(`no instruction ${name}`)
  }
}
