// What U-Boot loads from the disk and starts: in supervisor mode it asks OpenSBI for all other harts, and each runs the same
// loop over memory of its own, and counts its instructions and the time.

import * as rv from '../assembler.mjs'
import { Program, X } from '../assembler.mjs'

export const PAYLOAD = 0x8400_0000
/** What the harts say: a word of 8 bytes for each. */
export const RESULTS = 0x8410_0000
export const [INSTRUCTIONS, TICKS] = [0x100, 0x140]
const STARTED = 0
const FINISHED = 8
/** Each hart's memory is that far from the next one's. */
const AREA_SHIFT = 20
const AREA_BYTES = 0x1_0000

const { zero, a0, a1, a2, a6, a7, s0, s1, s2, s4, s5, s6, s7, s8, s9, t0, t1, t2, t3 } = X
const { add, addi, ld, lw, sd, slli, sub, xor, amo, fence, csrrs } = rv
const [TIME, INSTRET] = [0xc01, 0xc02]
// Of the Supervisor Binary Interface: putting a letter, starting harts, turning the machine off.
const [CONSOLE, HARTS, RESET] = [1, 0x48_534d, 0x5352_5354]

/** @param {{ harts: number, rounds: number }} options Each round is a pass over 64 KiB. */
export function payload({ harts, rounds }) {
  const p = new Program(PAYLOAD)
  const common = () => p.li(s0, RESULTS).li(s4, harts)
  const call = (extension, func) => p.li(a7, extension).li(a6, func).add(rv.ecall())
  const meet = offset => {
    const name = `meet ${offset}`
    p.add(fence(), addi(t0, s0, offset))
      .li(t1, 1)
      .add(amo.add.w(zero, t1, t0))
    p.label(name)
      .add(lw(t1, t0, 0))
      .branch(rv.blt, t1, s4, name)
      .add(fence())
  }

  // The hart that U-Boot runs on: the one that can't be started, as it runs. s5: the hart that is asked for.
  common().li(s5, 0)
  p.label('next')
    .add(addi(a0, s5, 0))
    .la(a1, 'started')
    .li(a2, 0)
  call(HARTS, 0)
  p.branch(rv.beq, a0, zero, 'is another')
    .add(addi(s1, s5, 0))
    .label('is another')
  p.add(addi(s5, s5, 1))
    .branch(rv.blt, s5, s4, 'next')
    .li(s2, 1)
    .jump('work')

  p.label('started')
    .add(addi(s1, a0, 0))
    .li(s2, 0)
  common()

  // s6 to s9: the hart's memory, its end, the time and the instructions when it began.
  p.label('work')
    .add(slli(t0, s1, AREA_SHIFT))
    .li(s6, RESULTS + 2 ** AREA_SHIFT)
    .add(add(s6, s6, t0))
  p.li(t0, AREA_BYTES)
    .add(add(s7, s6, t0))
    .li(s5, rounds)
  meet(STARTED)
  p.add(csrrs(s8, TIME, zero), csrrs(s9, INSTRET, zero))
  p.label('round').add(addi(t0, s6, 0))
  p.label('word').add(ld(t1, t0, 0), add(t2, t2, t1), xor(t3, t2, t0), sd(t3, t0, 0), addi(t0, t0, 8))
  p.branch(rv.bne, t0, s7, 'word')
    .add(addi(s5, s5, -1))
    .branch(rv.bne, s5, zero, 'round')
  p.add(csrrs(t0, INSTRET, zero), csrrs(t1, TIME, zero), sub(t0, t0, s9), sub(t1, t1, s8))
  p.add(slli(t2, s1, 3), add(t2, t2, s0), sd(t0, t2, INSTRUCTIONS), sd(t1, t2, TICKS))
  meet(FINISHED)
  p.branch(rv.beq, s2, zero, 'sleep')
  for (const letter of Buffer.from(`${harts} harts have run\n`)) {
    p.li(a0, letter)
    call(CONSOLE, 0)
  }
  p.li(a0, 0).li(a1, 0)
  call(RESET, 0)
  p.label('sleep').add(rv.wfi()).jump('sleep')
  return new Uint8Array(p.words.buffer)
}
