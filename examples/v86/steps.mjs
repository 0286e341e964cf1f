// What both drivers of the guest do. The routines that are called are those of firmware.mjs.

import { EAX, EBX, EDI } from './assembler.mjs'

/** A line: the name, and EAX. */
export function say(code, name) {
  code.db(0x50) // push eax
  for (const character of `${name} `) {
    code.mov(EAX, character.charCodeAt(0))
    code.call('put')
  }
  code.db(0x58) // pop eax
  code.call('hex')
}

/**
 * Looks for a card on the PCI bus. Leaves the address of its configuration space in EDI, that of its BAR in EBX; where
 * there is none, goes to the label `no` and the name.
 *
 * @param {number} id The vendor below the device.
 */
export function findCard(code, name, id) {
  code.mov(EDI, 0x8000_0000)
  code.label(`scan ${name}`)
  code.copy(EAX, EDI)
  code.call('config')
  code.cmp(EAX, id)
  code.jz(`found ${name}`)
  code.add(EDI, 0x800)
  code.cmp(EDI, 0x8001_0000)
  code.jnz(`scan ${name}`)
  code.jmp(`no ${name}`)
  code.label(`found ${name}`)
  code.copy(EAX, EDI)
  code.or(EAX, 0x10)
  code.call('config')
  code.and(EAX, 0xffff_fff0)
  code.copy(EBX, EAX)
  say(code, name)
}
