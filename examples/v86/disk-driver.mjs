// The guest's driver of virtio-blk, by its PCI transport.

import { EAX, EBX, ECX, EDI, EDX, ESI } from './assembler.mjs'
import { DISK_DATA, DISK_SECTORS, FROM_SECTOR, STRUCTURES, TO_SECTOR } from './guest-memory.mjs'
import { findCard, say } from './steps.mjs'

const VIRTIO_BLK = 0x1042_1af4
const [COMMON, NOTIFY, DEVICE] = [STRUCTURES + 4, STRUCTURES + 8, STRUCTURES + 16]
const DESCRIPTORS = 0x60_0000
const AVAILABLE = 0x60_1000
const USED = 0x60_2000
const HEADER = 0x60_3000
/** Not aligned, as Linux has it at times. */
const STATUS = 0x60_4001
const [IN, OUT] = [0, 1]
const [NEXT, WRITE] = [1, 2]

export function driveDisk(code) {
  findCard(code, 'disk', VIRTIO_BLK)
  findStructures(code)
  startQueue(code)
  code.mov(EAX, 0)
  code.load(EAX, EAX, DEVICE)
  code.load(EAX, EAX, 0)
  say(code, 'sectors')
  request(code, 'read', 0, IN, FROM_SECTOR)
  request(code, 'write', 1, OUT, TO_SECTOR)
  request(code, 'beyond', 2, OUT, 0x7fff_0000)
  code.mov(EAX, 0)
  code.load(EAX, EAX, USED)
  say(code, 'used')
  code.label('no disk')
}

/** Walks the list of capabilities: each says of a type of structure where in the BAR it is. */
function findStructures(code) {
  const configAt = offset => {
    code.copy(EAX, EDI)
    code.db(0x01, 0xf0) // add eax, esi
    code.add(EAX, offset)
    code.call('config')
  }
  code.mov(ESI, 0x34)
  configAt(0)
  code.and(EAX, 0xff)
  code.copy(ESI, EAX)
  code.label('capability')
  configAt(0)
  code.db(0x50) // push eax
  configAt(8)
  code.db(0x01, 0xd8, 0x59) // add eax, ebx; pop ecx
  code.copy(EDX, ECX)
  code.db(0xc1, 0xea, 24, 0x89, 0x04, 0x95) // shr edx, 24; mov [STRUCTURES + 4 * edx], eax
  code.dd(STRUCTURES)
  code.copy(ESI, ECX)
  code.db(0xc1, 0xee, 8) // shr esi, 8
  code.and(ESI, 0xff)
  code.jnz('capability')
}

function startQueue(code) {
  code.mov(EAX, 0)
  code.load(EBX, EAX, COMMON)
  for (const status of [0x0, 0x1, 0x3]) code.pokeByte(EBX, 0x14, status)
  code.poke(EBX, 0x00, 1)
  code.load(EAX, EBX, 0x04)
  say(code, 'features')
  code.poke(EBX, 0x08, 1)
  code.poke(EBX, 0x0c, 1)
  code.pokeByte(EBX, 0x14, 0xb)
  code.pokeWord(EBX, 0x16, 0)
  code.load(EAX, EBX, 0x18)
  say(code, 'queue size')
  for (const [index, address] of [DESCRIPTORS, AVAILABLE, USED].entries()) {
    code.poke(EBX, 0x20 + 8 * index, address)
    code.poke(EBX, 0x24 + 8 * index, 0)
  }
  code.pokeWord(EBX, 0x1c, 1)
  code.pokeByte(EBX, 0x14, 0xf)
}

/** One request of three descriptors. Says the status that the disk stored. */
function request(code, name, index, type, sector) {
  code.mov(EDI, HEADER)
  for (const [word, value] of [type, 0, sector, 0].entries()) code.poke(EDI, 4 * word, value)
  code.mov(EDI, DESCRIPTORS)
  const descriptors = [
    [HEADER, 16, NEXT],
    [DISK_DATA, DISK_SECTORS * 512, type === IN ? NEXT | WRITE : NEXT],
    [STATUS, 1, WRITE],
  ]
  for (const [at, [address, length, flags]] of descriptors.entries())
    for (const [word, value] of [address, 0, length, flags | ((at + 1) << 16)].entries())
      code.poke(EDI, 16 * at + 4 * word, value)
  code.mov(EDI, STATUS)
  code.pokeByte(EDI, 0, 0xff)
  code.mov(EDI, AVAILABLE)
  code.pokeWord(EDI, 4 + 2 * index, 0)
  code.pokeWord(EDI, 2, index + 1)
  code.mov(EAX, 0)
  code.load(EBX, EAX, NOTIFY)
  code.pokeWord(EBX, 0, 0)
  code.call('interrupt')
  code.mov(EAX, 0)
  code.load(EAX, EAX, STATUS)
  code.and(EAX, 0xff)
  say(code, name)
}
