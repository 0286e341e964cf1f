import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'
import { pageTable, slowAccesses } from 'guestmem/page-table'
import { assembleCpu } from './assemble.mjs'

const MIB = 2 ** 20
export const RAM = 0x8000_0000
export const UART = 0x1000_0000
/** A window on one of four banks, and the register that says which. */
export const WINDOW = 0x2000_0000
export const BANK = 0x1000_1000
const BANK_BYTES = 4096

/** A board whose CPU is a WebAssembly module, in one memory with its RAM and the table of its map. */
export class Board {
  /** What the guest has printed. */
  printed = ''
  /** How many accesses were calls. */
  calls = 0

  /** @param {Uint32Array} program Instructions, for the beginning of RAM. */
  constructor(program) {
    // The memory has three parts: what is the CPU's own, the table, and the guest's RAM.
    const memory = new WebAssembly.Memory({ initial: 24 * 16 })
    const ram = GuestRam.wrap(memory, { offset: 8 * MIB })
    const banks = MemoryRegion.rom('banks', ram.block('banks', 4 * BANK_BYTES))
    const window = MemoryRegion.alias('window', banks, 0, BANK_BYTES)
    const system = MemoryRegion.container('system', 2 ** 32)
    MemoryRegion.transaction(() => {
      system.addSubregion(RAM, MemoryRegion.ram('ram', ram.block('ram', 8 * MIB)))
      system.addSubregion(WINDOW, window)
      system.addSubregion(UART, MemoryRegion.io('uart', this.#uart(), 0x100))
      system.addSubregion(BANK, MemoryRegion.io('bank', { read: () => 0, write: select }, 4))
    })
    function select(_offset, value) {
      // The CPU's next load of the window finds the other bank: its entry has changed by then.
      window.setAliasOffset((value & 3) * BANK_BYTES)
    }
    this.space = new AddressSpace('cpu', system)
    this.table = pageTable(this.space, { memory, offset: MIB })
    for (let bank = 0; bank < 4; bank++) banks.block.view(bank * BANK_BYTES, 1).fill(0x40 + bank)
    this.space.write(RAM, new Uint8Array(program.buffer))
    const { exports } = new WebAssembly.Instance(assembleCpu(this.table), {
      cpu: { memory, registers: 1024 },
      slow: this.#counted(slowAccesses(this.table)),
    })
    this.cpu = exports
    this.cpu.pc.value = RAM
    this.registers = () => new Uint32Array(memory.buffer, 1024, 32)
  }

  /** Runs the guest until its program calls for the environment. @param {number} [most] Instructions. */
  run(most = 100_000_000) {
    this.cpu.run(most)
    return this.cpu.retired.value
  }

  #uart() {
    return {
      read: () => 0,
      write: (_offset, value) => {
        this.printed += String.fromCharCode(value & 0xff)
      },
    }
  }

  /** @param {import('guestmem/page-table').SlowAccesses} accesses */
  #counted(accesses) {
    const counted = {}
    for (const [name, access] of Object.entries(accesses))
      counted[name] = (...args) => {
        this.calls++
        return access(...args)
      }
    return counted
  }
}
