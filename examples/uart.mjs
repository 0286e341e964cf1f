// A small board: a ROM, RAM, and a serial port whose bytes come out on the terminal.

import { AddressSpace, GuestRam, MemoryRegion, MemTxResult, ramCopy } from 'guestmem'
import { asCpu } from './cpu.mjs'
import { printTable } from './table.mjs'

// The registers of a 16550 that a program needs to print.
const TRANSMIT = 0
const LINE_STATUS = 5
const TRANSMITTER_EMPTY = 0x60

/** @type {import('guestmem').MemoryRegionOps} */
const uart = {
  read(offset) {
    return offset === LINE_STATUS ? TRANSMITTER_EMPTY : 0
  },
  write(offset, value) {
    if (offset === TRANSMIT) process.stdout.write(String.fromCharCode(value))
  },
  // Registers of one byte: the bus rejects what is wider, and the handlers never see it.
  valid: { maxSize: 1 },
}

const ram = GuestRam.allocate(2 * 2 ** 20)
const flash = ram.block('flash', 64 * 1024)
const text = new TextEncoder().encode('  hello from a guest\n\0')
ramCopy(flash, 0, text, 0, text.length)

const ROM = 0x0000_0000
const UART = 0x1000_0000
const RAM = 0x8000_0000
const RESET = 0xffff_0000

const system = MemoryRegion.container('system', 2 ** 32)
const rom = MemoryRegion.rom('rom', flash)
// One transaction: the map is rendered once, and no access ever sees half of it.
MemoryRegion.transaction(() => {
  system.addSubregion(ROM, rom)
  system.addSubregion(UART, MemoryRegion.io('uart', uart, 8))
  system.addSubregion(RAM, MemoryRegion.ram('ram', ram.block('ram', 2 ** 20)))
  // The same ROM once more, where the CPU begins after a reset.
  system.addSubregion(RESET, MemoryRegion.alias('rom at reset', rom, 0, rom.size))
})
const memory = new AddressSpace('memory', system)

printTable(
  ['region', 'from', 'to', 'kind'],
  memory.view.ranges.map(({ region, start, end }) => [region.name, hex(start), hex(end - 1), region.kind]),
)

// What a guest would do: copy the text to RAM, then print it, byte by byte.
const cpu = asCpu(memory)
const copy = new Uint8Array(text.length)
cpu.read(RESET, copy)
cpu.write(RAM, copy)
for (let at = RAM; cpu.load8(at) !== 0; at++) {
  while ((cpu.load8(UART + LINE_STATUS) & TRANSMITTER_EMPTY) === 0);
  cpu.store8(UART + TRANSMIT, cpu.load8(at))
}
console.log()

// What a guest does wrong throws nothing. The CPU looks at the result, and raises the guest's exception.
printTable(
  ['access', 'data', 'result'],
  [
    attempt('load32 from RAM', () => memory.load32(RAM)),
    attempt('load32 where nothing is', () => memory.load32(0x4000_0000)),
    attempt('load32 from the UART, a byte device', () => memory.load32(UART)),
    attempt('store32 to the ROM', () => memory.store32(ROM, 1)),
  ],
)

/**
 * @param {string} name
 * @param {() => number | void} access
 */
function attempt(name, access) {
  const data = access()
  return [name, data === undefined ? '' : hex(data), resultName(memory.result)]
}

/** @param {number} value */
function hex(value) {
  return `0x${value.toString(16).padStart(8, '0')}`
}

/** @param {number} result */
function resultName(result) {
  const bits = Object.entries(MemTxResult).filter(([, bit]) => (result & bit) !== 0)
  return bits.map(([name]) => name).join(' | ') || 'OK'
}
