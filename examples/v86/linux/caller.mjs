// The one program of our own in the guest. It calls a function at a fixed physical address, so often that v86 translates it,
// and ends with what the last call returned as its status.

import { assemble, EAX, EBP, EBX, ECX, EDI, EDX, ESI } from '../assembler.mjs'
import { CALLS } from '../guest-memory.mjs'

const ORIGIN = 0x0804_8000
const PAGE = 4096
// Of Linux for 32-bit PCs: numbers of system calls, and what they take.
const [EXIT, OPEN, MMAP2] = [1, 5, 192]
const [READ_AND_EXECUTE, SHARED] = [5, 1]

/**
 * @param {number} address Physical, of a page.
 * @returns {Uint8Array} An ELF file.
 */
export function caller(address) {
  return assemble(ORIGIN, code => {
    header(code)
    code.label('start')
    systemCall(code, OPEN, code.at('path'), 0)
    code.copy(EDI, EAX)
    code.mov(ESI, SHARED)
    code.mov(EBP, address / PAGE)
    systemCall(code, MMAP2, 0, PAGE, READ_AND_EXECUTE)
    code.copy(ESI, EAX)
    code.mov(ECX, CALLS)
    code.label('again')
    code.db(0xff, 0xd6, 0x49) // call esi; dec ecx
    code.jnz('again')
    code.copy(EBX, EAX)
    code.mov(EAX, EXIT)
    code.db(0xcd, 0x80)
    code.label('path')
    code.db(...Buffer.from('/dev/mem\0'))
    code.label('end')
  })
}

/** int 0x80, the arguments in EBX, ECX and EDX. */
function systemCall(code, number, ...values) {
  for (const [index, value] of values.entries()) code.mov([EBX, ECX, EDX][index], value)
  code.mov(EAX, number)
  code.db(0xcd, 0x80)
}

/** ELF's header, and that of one segment, which is all of the file. */
function header(code) {
  code.db(0x7f, ...Buffer.from('ELF'), 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0)
  code.dw(2) // An executable,
  code.dw(3) // for the 386.
  for (const word of [1, code.at('start'), 52, 0, 0]) code.dd(word)
  for (const half of [52, 32, 1, 0, 0, 0]) code.dw(half)
  const bytes = code.at('end') - ORIGIN
  for (const word of [1, 0, ORIGIN, ORIGIN, bytes, bytes, READ_AND_EXECUTE, PAGE]) code.dd(word)
}
