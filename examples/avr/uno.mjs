import {
  AVRIOPort,
  AVRTimer,
  AVRUSART,
  avrInstruction,
  CPU,
  portBConfig,
  portCConfig,
  portDConfig,
  timer0Config,
  timer1Config,
  timer2Config,
  usart0Config,
} from 'avr8js'
import { GuestCpu } from './guest-cpu.mjs'
import { loadIntelHex } from './intel-hex.mjs'

export const HERTZ = 16e6
const FLASH_BYTES = 32768
const SRAM_BYTES = 2048

/** An Arduino Uno: an ATmega328P and what is on its chip. */
export class Uno {
  /** What its serial port has sent. @type {number[]} */
  sent = []

  /** @param {CPU} cpu */
  constructor(cpu) {
    this.cpu = cpu
    this.timers = [timer0Config, timer1Config, timer2Config].map(config => new AVRTimer(cpu, config))
    this.ports = [portBConfig, portCConfig, portDConfig].map(config => new AVRIOPort(cpu, config))
    this.usart = new AVRUSART(cpu, usart0Config, HERTZ)
    this.usart.onByteTransmit = byte => this.sent.push(byte)
  }

  /** The emulator on its own. @param {string} firmware Intel HEX. */
  static alone(firmware) {
    return new Uno(new CPU(flash(firmware), SRAM_BYTES))
  }

  /** The emulator with its data space on guestmem. @param {string} firmware Intel HEX. */
  static onGuestmem(firmware) {
    return new Uno(new GuestCpu(flash(firmware), SRAM_BYTES))
  }

  /** Runs up to a count of cycles since reset. @param {number} cycles */
  runTo(cycles) {
    const { cpu } = this
    while (cpu.cycles < cycles) {
      avrInstruction(cpu)
      cpu.tick()
    }
  }

  /** All that a program could tell two boards apart by. */
  get state() {
    const { data, pc, cycles, SP: stack } = this.cpu
    return {
      registers: [...data.subarray(0, 0x100)],
      sram: [...data.subarray(0x100)],
      pc,
      stack,
      cycles,
      sent: this.sent,
    }
  }
}

/** @param {string} firmware */
function flash(firmware) {
  const bytes = new Uint8Array(FLASH_BYTES)
  loadIntelHex(firmware, bytes)
  return new Uint16Array(bytes.buffer)
}
