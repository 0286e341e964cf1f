// A guest that is nothing but firmware: from the reset vector on it drives the cards, and says on the serial port what it
// saw, as lines of a name and a number.

import { assemble, EAX, EBX, ECX, EDI, EDX, ESP } from './assembler.mjs'
import { driveDisk } from './disk-driver.mjs'
import { driveEdu } from './edu-driver.mjs'
import { EDU_REGISTERS, INTERRUPTS, SEEN_INTERRUPTS, STRUCTURES } from './guest-memory.mjs'
import { say } from './steps.mjs'

const ROM = 0xf_0000
const ROM_BYTES = 0x1_0000
const RESET = 0xf_fff0
const SERIAL = 0x3f8
const IDT = 0x6000
const STACK = 0x8000
const IRQ = 10
const VECTOR = 0x28 + IRQ - 8

/** @returns {Uint8Array} What `bios` of v86 takes: the last 64 KiB of the first MiB. */
export function firmware() {
  return assemble(ROM, code => {
    protectedMode(code)
    takeInterrupts(code)
    driveEdu(code)
    driveDisk(code)
    code.mov(EAX, 0)
    code.load(EAX, EAX, INTERRUPTS)
    say(code, 'interrupts')
    code.mov(EAX, 0)
    say(code, 'done')
    code.label('stop')
    code.jmp('stop')
    routines(code)
    tables(code)
    code.org(RESET)
    code.db(0xea, 0x00, 0x00, 0x00, 0xf0) // jmp 0xf000:0
    code.org(ROM + ROM_BYTES)
  })
}

/** 16-bit code: to protected mode, with segments that are all of memory. */
function protectedMode(code) {
  code.db(0xfa, 0x2e, 0x66, 0x0f, 0x01, 0x16) // cli; lgdt cs:[gdtr]
  code.dw(code.at('gdtr'))
  code.db(0x0f, 0x20, 0xc0, 0x0c, 0x01, 0x0f, 0x22, 0xc0) // mov eax, cr0; or al, 1; mov cr0, eax
  code.db(0x66, 0xea) // jmp 8:protected
  code.dd(code.at('protected'))
  code.dw(8)
  code.label('protected')
  code.mov(EAX, 0x10)
  code.db(0x8e, 0xd8, 0x8e, 0xc0, 0x8e, 0xd0) // mov ds, ax; mov es, ax; mov ss, ax
  code.mov(ESP, STACK)
}

/** All PCI interrupt lines come as one IRQ, and are seen at its vector. */
function takeInterrupts(code) {
  const controllers = [
    [0x20, 0x11], // Their vectors, how the two are connected, which lines are let through.
    [0x21, 0x20],
    [0x21, 0x04],
    [0x21, 0x01],
    [0xa0, 0x11],
    [0xa1, VECTOR & ~7],
    [0xa1, 0x02],
    [0xa1, 0x01],
    [0x21, 0xff & ~(1 << 2)],
    [0xa1, 0xff & ~(1 << (IRQ - 8))],
    [0x4d1, 1 << (IRQ - 8)], // Level-triggered.
  ]
  for (const [port, byte] of controllers) {
    code.mov(EDX, port)
    code.mov(EAX, byte)
    code.db(0xee) // out dx, al
  }
  code.mov(EAX, 0x8000_0860) // The four PIRQ registers of the ISA bridge.
  code.call('config')
  code.mov(EAX, IRQ * 0x0101_0101)
  code.db(0xef) // out dx, eax
  code.mov(EDI, IDT + 8 * VECTOR)
  code.poke(EDI, 0, (8 << 16) | (code.at('handler') & 0xffff))
  code.poke(EDI, 4, (code.at('handler') & 0xffff_0000) | 0x8e00)
  code.db(0x0f, 0x01, 0x1d) // lidt [idtr]
  code.dd(code.at('idtr'))
  code.db(0xfb) // sti
}

function routines(code) {
  // Reads a register of PCI configuration space, EAX as the address; leaves the port of its data in EDX.
  code.label('config')
  code.mov(EDX, 0xcf8)
  code.db(0xef) // out dx, eax
  code.mov(EDX, 0xcfc)
  code.db(0xed, 0xc3) // in eax, dx; ret

  code.label('put')
  code.mov(EDX, SERIAL)
  code.db(0xee, 0xc3) // out dx, al; ret

  // EAX as eight digits, and the end of the line.
  code.label('hex')
  code.mov(ECX, 8)
  code.label('digit')
  code.db(0xc1, 0xc0, 0x04, 0x50) // rol eax, 4; push eax
  code.and(EAX, 0xf)
  code.db(0x8a, 0x80) // mov al, [eax + digits]
  code.dd(code.at('digits'))
  code.call('put')
  code.db(0x58, 0x49) // pop eax; dec ecx
  code.jnz('digit')
  code.mov(EAX, 0x0a)
  code.jmp('put')

  // Waits for an interrupt; one that came before counts.
  code.label('interrupt')
  code.mov(EAX, 0)
  code.load(ECX, EAX, INTERRUPTS)
  code.db(0x3b, 0x0d) // cmp ecx, [seen]
  code.dd(SEEN_INTERRUPTS)
  code.jz('interrupt')
  code.store(EAX, SEEN_INTERRUPTS, ECX)
  code.db(0xc3) // ret

  // Acknowledges what either card has raised. Where there is no such card, its registers are zeros in RAM.
  code.label('handler')
  code.db(0x50, 0x53) // push eax; push ebx
  code.mov(EAX, 0)
  code.load(EBX, EAX, EDU_REGISTERS)
  code.load(EAX, EBX, 0x24)
  code.store(EBX, 0x64, EAX)
  code.mov(EAX, 0)
  code.load(EBX, EAX, STRUCTURES + 4 * 3)
  code.db(0x8a, 0x03) // mov al, [ebx]
  code.db(0xff, 0x05) // inc dword [interrupts]
  code.dd(INTERRUPTS)
  code.mov(EAX, 0x20)
  code.db(0xe6, 0xa0, 0xe6, 0x20) // out 0xa0, al; out 0x20, al
  code.db(0x5b, 0x58, 0xcf) // pop ebx; pop eax; iretd
}

function tables(code) {
  code.label('digits')
  code.db(...Array.from('0123456789abcdef', digit => digit.charCodeAt(0)))
  code.label('gdt')
  code.db(0, 0, 0, 0, 0, 0, 0, 0)
  code.db(0xff, 0xff, 0, 0, 0, 0x9a, 0xcf, 0) // Code.
  code.db(0xff, 0xff, 0, 0, 0, 0x92, 0xcf, 0) // Data.
  code.label('gdtr')
  code.dw(23)
  code.dd(code.at('gdt'))
  code.label('idtr')
  code.dw(0x7ff)
  code.dd(IDT)
}
