import { BANK, RAM, UART, WINDOW } from './board.mjs'
import * as rv from './rv32i.mjs'

const [ZERO, A0, A1, A2, A3, T0, T1, T2, S0, S1] = [0, 10, 11, 12, 13, 5, 6, 7, 8, 9]
const TEXT = 0x1000
export const FROM = 0x10_0000
export const TO = 0x20_0000
export const WORDS = 16_384
export const ROUNDS = 20

/** Prints a text, copies words and adds them up, and reads a byte of each bank. What it finds is in a0 and a1. */
export const PROGRAM = Uint32Array.from([
  // The text at RAM + TEXT, byte by byte, to the UART.
  rv.lui(S0, RAM),
  rv.lui(T0, RAM + TEXT),
  rv.lui(T1, UART),
  rv.lbu(A2, T0, 0),
  rv.beq(A2, ZERO, 16),
  rv.sb(A2, T1, 0),
  rv.addi(T0, T0, 1),
  rv.jal(ZERO, -16),
  // WORDS words from FROM to TO, ROUNDS times, with their sum in a0.
  rv.addi(A0, ZERO, 0),
  rv.addi(S1, ZERO, ROUNDS),
  rv.lui(T0, RAM + FROM),
  rv.lui(T1, RAM + TO),
  rv.lui(T2, RAM + FROM + 4 * WORDS),
  rv.lw(A2, T0, 0),
  rv.sw(A2, T1, 0),
  rv.add(A0, A0, A2),
  rv.addi(T0, T0, 4),
  rv.addi(T1, T1, 4),
  rv.bltu(T0, T2, -20),
  rv.addi(S1, S1, -1),
  rv.bne(S1, ZERO, -40),
  // The first byte of each bank, in a1: the guest turns the window to it, and loads.
  rv.addi(A1, ZERO, 0),
  rv.lui(T0, BANK),
  rv.lui(T1, WINDOW),
  rv.addi(A3, ZERO, 0),
  rv.addi(T2, ZERO, 4),
  rv.sw(A3, T0, 0),
  rv.lbu(A2, T1, 0),
  rv.slli(A1, A1, 8),
  rv.or(A1, A1, A2),
  rv.addi(A3, A3, 1),
  rv.bne(A3, T2, -20),
  rv.ecall(),
])

/** What the program works on. @param {import('guestmem').AddressSpace} space */
export function prepare(space) {
  space.write(RAM + TEXT, new TextEncoder().encode('hello from a guest whose CPU is WebAssembly\n\0'))
  for (let word = 0; word < WORDS; word++) space.store32(RAM + FROM + 4 * word, Math.imul(word, 2654435761))
}
