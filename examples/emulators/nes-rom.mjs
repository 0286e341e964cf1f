import { assemble } from './mos6502.mjs'

const BANK = 0x4000
// The program is in the upper half of each odd bank, so that it is at 0xe000 whatever bank a mapper shows there.
const PROGRAM = 0xe000
const FRAME = 0x0020
/** How the boards that are known here are told to show another bank, whose number is in the accumulator. */
const SWITCH = {
  // NROM has nothing to switch: the write is lost.
  0: [['sta', 0x8000]],
  // UxROM: 16 KiB at 0x8000.
  2: [['sta', 0x8000]],
  // MMC3: 8 KiB at 0x8000, by the register that an earlier write to another address has chosen.
  4: [
    ['sta', 0x0030],
    ['lda#', 6],
    ['sta', 0x8000],
    ['lda', 0x0030],
    ['sta', 0x9fff],
  ],
  // AxROM: all 32 KiB.
  7: [['sta', 0x8000]],
}

/** What the program does when the screen has been drawn: shows another bank, and draws what is in it. */
const nmi = mapper => [
  'nmi',
  // The frame's number, counted in one mirror of the RAM and read in another.
  ['inc', 0x0800 + FRAME],
  ['lda', 0x1000 + FRAME],
  ['and#', 7],
  ...SWITCH[mapper],
  // Two rows of the picture. The PPU's data register is written in its last mirror.
  ['lda#', 0x20],
  ['sta', 0x2006],
  ['lda', 0x1800 + FRAME],
  ['sta', 0x2006],
  ['ldx#', 192],
  'row',
  ['lda,x', 0x8200],
  ['sta', 0x3fff],
  ['inx'],
  ['bne', 'row'],
  // Sprites, by way of a mirror of the page that DMA takes them from.
  ['ldx#', 192],
  'sprites',
  ['lda,x', 0x8300],
  ['sta,x', 0x0a00],
  ['inx'],
  ['bne', 'sprites'],
  ['lda#', 0],
  ['sta', 0x2003],
  ['lda#', 2],
  ['sta', 0x4014],
  // Sound, a pad, and what is on the bus where nothing is.
  ['lda#', 0x0f],
  ['sta', 0x4015],
  ['lda', 0x8400],
  ['sta', 0x4000],
  ['lda', FRAME],
  ['sta', 0x4002],
  ['sta', 0x4003],
  ['lda#', 1],
  ['sta', 0x4016],
  ['lda#', 0],
  ['sta', 0x4016],
  ['lda', 0x4016],
  ['clc'],
  ['adc', 0x0021],
  ['sta', 0x0021],
  ['lda', 0x4444],
  ['sta', 0x6002],
  // Scrolled by the frame's number.
  ['lda', 0x2002],
  ['lda#', 0],
  ['sta', 0x2005],
  ['lda', FRAME],
  ['sta', 0x2005],
  ['lda#', 0x90],
  ['sta', 0x2000],
  ['rti'],
]

const start = [
  'reset',
  ['sei'],
  ['cld'],
  ['ldx#', 0xff],
  ['txs'],
  ['lda#', 0],
  ['sta', 0x2000],
  ['sta', 0x2001],
  'first',
  ['bit', 0x2002],
  ['bpl', 'first'],
  'second',
  ['bit', 0x200a],
  ['bpl', 'second'],
  // The palette, then the patterns, from the bank that is shown first.
  ['lda#', 0x3f],
  ['sta', 0x2006],
  ['lda#', 0],
  ['sta', 0x2006],
  ['ldx#', 0],
  'palette',
  ['lda,x', 0x8000],
  ['sta', 0x2007],
  ['inx'],
  ['cpx#', 32],
  ['bne', 'palette'],
  ['lda#', 0],
  ['sta', 0x2006],
  ['sta', 0x2006],
  ['ldx#', 0],
  ['ldy#', 32],
  'patterns',
  ['lda,x', 0x8100],
  ['sta', 0x2007],
  ['inx'],
  ['bne', 'patterns'],
  ['dey'],
  ['bne', 'patterns'],
  ['lda#', 0x90],
  ['sta', 0x2000],
  ['lda#', 0x1e],
  ['sta', 0x2001],
  // Until the next frame: counts in the cartridge's RAM.
  'forever',
  ['inc', 0x6000],
  ['lda', 0x6000],
  ['eor', 0x0810],
  ['sta', 0x1010],
  ['jmp', 'forever'],
]

/**
 * A cartridge whose banks are of pseudo-random bytes, all different, with RAM for its patterns.
 *
 * @param {0 | 2 | 4 | 7} mapper
 * @param {number} banks Of 16 KiB, an even number.
 * @returns {Uint8Array} An iNES file.
 */
export function makeRom(mapper, banks) {
  const { bytes, labels } = assemble(PROGRAM, [...start, ...nmi(mapper)])
  const file = new Uint8Array(16 + banks * BANK)
  file.set([0x4e, 0x45, 0x53, 0x1a, banks, 0, (mapper << 4) | 1, mapper & 0xf0])
  let random = 1
  for (let at = 16; at < file.length; at++) {
    random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0
    file[at] = random >>> 24
  }
  for (let bank = 1; bank < banks; bank += 2) {
    const at = 16 + bank * BANK
    file.set(bytes, at + PROGRAM - 0xc000)
    // The vectors: of the non-maskable interrupt, of reset, and of interrupts, which the program masks.
    const vectors = new Uint16Array(['nmi', 'reset', 'reset'].map(label => labels.get(label)))
    file.set(new Uint8Array(vectors.buffer), at + 0x3ffa)
  }
  return file
}
