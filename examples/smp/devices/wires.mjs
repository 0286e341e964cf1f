// The wires from the interrupt controllers to the harts: a word of levels for each hart, which its thread loads.

import { hartOffset, STATE } from '../layout.mjs'

export class Wires {
  #board
  #words
  #levels

  /**
   * @param {import('guestmem/threads').Board} board Each hart is the member of its number.
   * @param {WebAssembly.Memory} memory
   * @param {number} harts
   */
  constructor(board, memory, harts) {
    this.#board = board
    this.#words = new Int32Array(memory.buffer)
    this.#levels = new Int32Array(harts)
  }

  /**
   * @param {number} hart
   * @param {number} bit Of mip.
   * @param {boolean} level
   */
  set(hart, bit, level) {
    const before = this.#levels[hart]
    const levels = level ? before | bit : before & ~bit
    if (levels === before) return
    this.#levels[hart] = levels
    // In order with the replies to the harts' accesses: who clears an interrupt at its device sees the wire low when its store
    // has ended, and nobody sees it high before what the device did first.
    this.#board.afterSettled(() => Atomics.store(this.#words, (hartOffset(hart) + STATE.wires) / 4, levels))
    if (level) this.#board.raise(hart, 1)
  }
}
