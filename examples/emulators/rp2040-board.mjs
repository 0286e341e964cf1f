import { createHash } from 'node:crypto'
import { RP2040 } from 'rp2040js'
import { putOnGuestmem } from './rp2040-bus.mjs'
import { assemble } from './thumb.mjs'

const FLASH = 0x1000_0000
const STACK = 0x2004_0000
const NANOSECONDS_PER_CYCLE = 8

const BUFFER = 0x2000_1000
const SIO = 0xd000_0000
const PWM = 0x4005_0000
const DMA = 0x5000_0000
// Channel 0 enabled, by words, both addresses counting, as fast as it can.
const DMA_CONTROL = 1 | (2 << 2) | (1 << 4) | (1 << 5) | (0x3f << 15)

/** Endless: fills a buffer with pseudo-random words, sums it, copies it twice, and uses a device of each kind. */
const PROGRAM = assemble([
  ['ldr=', 7, 0x1234_5678],
  // Pin 0 is SIO's, and an output.
  ['movs', 1, 5],
  ['ldr=', 0, 0x4001_4000],
  ['str', 1, 0, 4],
  ['movs', 1, 1],
  ['ldr=', 0, SIO],
  ['str', 1, 0, 0x24],
  'again',
  ['ldr=', 0, BUFFER],
  ['movs', 1, 60],
  'fill',
  ['bl', 'random'],
  ['str', 7, 0, 0],
  ['adds', 0, 4],
  ['subs', 1, 1],
  ['bne', 'fill'],

  ['ldr=', 0, BUFFER],
  ['movs', 1, 60],
  'sum',
  ['ldrb', 2, 0, 1],
  ['ldrh', 3, 0, 2],
  ['add', 4, 2, 3],
  ['strb', 4, 0, 0],
  ['strh', 4, 0, 2],
  ['adds', 0, 4],
  ['subs', 1, 1],
  ['bne', 'sum'],

  ['ldr=', 0, BUFFER],
  ['ldr=', 5, BUFFER + 0x400],
  ['movs', 6, 20],
  'copy',
  ['ldmia', 0, 0b1110],
  ['stmia', 5, 0b1110],
  ['subs', 6, 1],
  ['bne', 'copy'],

  // The DMA controller copies it, too, and is read in the midst of that.
  ['ldr=', 0, DMA],
  ['ldr=', 1, BUFFER],
  ['str', 1, 0, 0],
  ['ldr=', 1, BUFFER + 0x800],
  ['str', 1, 0, 4],
  ['movs', 1, 60],
  ['str', 1, 0, 8],
  ['ldr=', 1, DMA_CONTROL],
  ['str', 1, 0, 12],
  ['ldr', 2, 0, 4],

  // SIO: pins by XOR. The serial port, by a byte. PWM: a register, then bits of it set and cleared.
  ['ldr=', 0, SIO],
  ['str', 7, 0, 0x1c],
  ['ldr', 2, 0, 0x10],
  ['ldr=', 0, 0x4003_4000],
  ['strb', 7, 0, 0],
  ['ldr=', 0, PWM],
  ['strh', 7, 0, 12],
  ['ldr=', 0, PWM + 0x2000],
  ['strb', 4, 0, 12],
  ['ldr=', 0, PWM + 0x3000],
  ['str', 2, 0, 12],
  ['ldr=', 0, PWM],
  ['ldrh', 5, 0, 12],
  ['ldr=', 0, 0x4005_4000],
  ['ldr', 6, 0, 0x28],

  // USB's RAM, a mirror of the flash, the core's own registers, and where nothing is.
  ['ldr=', 0, 0x5010_0100],
  ['str', 7, 0, 0],
  ['strb', 4, 0, 1],
  ['ldrh', 3, 0, 0],
  ['ldr=', 0, 0x1200_0000],
  ['ldr', 2, 0, 4],
  ['ldr=', 0, 0xe000_ed00],
  ['ldr', 1, 0, 0],
  ['ldr=', 0, 0x3000_0000],
  ['ldr', 2, 0, 0],
  ['b', 'again'],

  'random',
  ['push', 0b1_0000_0011],
  ['ldr=', 0, 1_664_525],
  ['muls', 7, 0],
  ['ldr=', 0, 1_013_904_223],
  ['add', 7, 7, 0],
  ['pop', 0b1_0000_0011],
])

/** A chip with the program in its flash. */
export class Board {
  /** What its serial port has sent. @type {number[]} */
  sent = []
  /** What the emulator has to say, such as of accesses to nothing. @type {string[]} */
  log = []

  /** @param {(chip: RP2040) => import('guestmem').AddressSpace | undefined} prepare */
  constructor(prepare) {
    this.chip = new RP2040()
    /** What data accesses go through; undefined of a chip alone. @type {import('guestmem').AddressSpace | undefined} */
    this.memory = prepare(this.chip)
    const { chip } = this
    // It prints a word as a signed number or not, which depends on the size of the access that it is from.
    const unsigned = text => text.replace(/-([0-9a-f]+)$/, (_, digits) => (-`0x${digits}` >>> 0).toString(16))
    const note = (component, message) => this.log.push(`${component}: ${unsigned(message)}`)
    chip.logger = { debug: note, info: note, warn: note, error: note }
    chip.uart[0].onByte = byte => this.sent.push(byte)
    chip.flash.set(PROGRAM)
    chip.core.PC = FLASH
    chip.core.SP = STACK
  }

  /** The emulator on its own. */
  static alone() {
    return new Board(() => undefined)
  }

  /** The emulator with its bus on guestmem. */
  static onGuestmem() {
    return new Board(putOnGuestmem)
  }

  /** @param {number} instructions */
  run(instructions) {
    const { core, clock } = this.chip
    for (let left = instructions; left > 0; left--) clock.tick(core.executeInstruction() * NANOSECONDS_PER_CYCLE)
  }

  /** All that a program could tell two boards apart by. */
  get state() {
    const { chip, sent, log } = this
    const { registers, cycles, xPSR } = chip.core
    const { sram, flash, usbDPRAM, bootrom, gpioValues } = chip
    const pins = chip.gpio.map(pin => pin.outputValue)
    const memory = [sram, flash, usbDPRAM, bootrom].map(bytes => createHash('sha1').update(bytes).digest('hex'))
    return { registers: [...registers], cycles, xPSR, memory, gpioValues, pins, sent, log, nanos: chip.clock.nanos }
  }
}
