// The guest's driver of edu.

import { EAX, EBX, ECX, EDI, EDX, ESI } from './assembler.mjs'
import { CALLS, EDU_REGISTERS, PATTERN, PATTERN_BYTES, RETURNED, STEP } from './guest-memory.mjs'
import { findCard, say } from './steps.mjs'

const EDU = 0x11e8_1234
const BUFFER = 0x4_0000
/** Start, with an interrupt at the end. */
const [TO_CARD, TO_RAM] = [0x5, 0x7]
const FUNCTION = 0x40_0000
const OTHER_FUNCTION = 0x40_1000
/** Past the guest's RAM, and within what the card can address. */
const NOWHERE = 0xf00_0000
const CONFIGURATION = 0x500c

export function driveEdu(code) {
  findCard(code, 'edu', EDU)
  code.mov(EAX, 0)
  code.store(EAX, EDU_REGISTERS, EBX)
  code.store(EAX, CONFIGURATION, EDI)
  code.load(EAX, EBX, 0x00)
  say(code, 'identification')
  code.poke(EBX, 0x04, 0x1234_5678)
  code.load(EAX, EBX, 0x04)
  say(code, 'liveness')
  code.poke(EBX, 0x20, 0x80)
  code.poke(EBX, 0x08, 12)
  code.call('interrupt')
  code.load(EAX, EBX, 0x08)
  say(code, 'factorial')
  thereAndBack(code)
  writeOverCode(code)
  reachNowhere(code)
  code.label('no edu')
}

function thereAndBack(code) {
  code.mov(EDI, PATTERN)
  code.mov(ECX, PATTERN_BYTES / 4)
  code.mov(EAX, STEP)
  code.label('fill')
  code.db(0xab) // stosd
  code.add(EAX, STEP)
  code.db(0x49) // dec ecx
  code.jnz('fill')
  dma(code, PATTERN, BUFFER, PATTERN_BYTES, TO_CARD)
  code.mov(EAX, PATTERN_BYTES)
  say(code, 'sent')
  dma(code, BUFFER, RETURNED, PATTERN_BYTES, TO_RAM)
  code.mov(ESI, PATTERN)
  code.mov(EDI, RETURNED)
  code.mov(ECX, PATTERN_BYTES / 4)
  code.db(0xf3, 0xa7) // repe cmpsd
  code.mov(EAX, 0)
  code.db(0x0f, 0x94, 0xc0) // sete al
  say(code, 'equal')
}

/** A function that is called until v86 has translated it, and that the card then writes another one over. */
function writeOverCode(code) {
  for (const [at, value] of [
    [FUNCTION, 1],
    [OTHER_FUNCTION, 2],
  ]) {
    code.mov(EDI, at)
    code.poke(EDI, 0, 0xb8 | (value << 8)) // mov eax, value; ret
    code.poke(EDI, 4, 0xc3 << 8)
  }
  sumOfCalls(code, 'sum before')
  dma(code, OTHER_FUNCTION, BUFFER, 8, TO_CARD)
  dma(code, BUFFER, FUNCTION, 8, TO_RAM)
  sumOfCalls(code, 'sum after')
}

function sumOfCalls(code, name) {
  code.mov(ESI, FUNCTION)
  code.mov(ECX, CALLS)
  code.mov(EDX, 0)
  code.label(name)
  code.db(0xff, 0xd6, 0x01, 0xc2, 0x49) // call esi; add edx, eax; dec ecx
  code.jnz(name)
  code.copy(EAX, EDX)
  say(code, name)
}

/** That nobody answered is in the status register of the card's configuration space. */
function reachNowhere(code) {
  dma(code, BUFFER, NOWHERE, 8, TO_RAM)
  code.mov(EAX, 0)
  code.load(EAX, EAX, CONFIGURATION)
  code.or(EAX, 0x04)
  code.call('config')
  code.and(EAX, 0x2000_0000)
  say(code, 'master abort')
}

function dma(code, source, destination, count, command) {
  code.poke(EBX, 0x80, source)
  code.poke(EBX, 0x88, destination)
  code.poke(EBX, 0x90, count)
  code.poke(EBX, 0x98, command)
  code.call('interrupt')
}
