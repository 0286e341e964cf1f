import { hartOffset, STATE } from '../layout.mjs'
import { busOf } from './bus.mjs'
import { Privileged } from './privileged.mjs'

/** One hart, in the thread that runs it. */
export class Hart {
  /** The hart's words of 64 bits: x0 to x31, then what STATE names. */
  state
  privileged
  /** Its accesses that were calls: `bus.calls` is how many. */
  bus
  #exports
  #isWaiting = false

  /**
   * @param {object} options
   * @param {number} options.id
   * @param {WebAssembly.Memory} options.memory
   * @param {WebAssembly.Module} options.module Of assembleHart, for this hart's offset and table.
   * @param {import('guestmem').AddressSpace} options.space
   * @param {() => bigint} options.time
   * @param {number} [options.attention] Where it looks whether it should leave; a word of its own unless given.
   * @param {() => void} [options.onAccess] Called after each access that was a call.
   */
  constructor({ id, memory, module, space, time, attention = hartOffset(id) + STATE.attention, onAccess = () => {} }) {
    this.state = new BigInt64Array(memory.buffer, hartOffset(id), 40)
    this.state.fill(0n)
    const onTrap = () => {
      this.#exports.reserved.value = -1n
    }
    this.privileged = new Privileged({ state: this.state, id, time, onTrap })
    const onFailed = () => {
      this.#exports.failed.value = 1
    }
    this.bus = busOf(space, { onFailed, onAccess })
    const system = instruction => {
      this.#isWaiting = this.privileged.system(instruction)
      return this.#isWaiting ? 1 : 0
    }
    const trap = (cause, tval) => this.privileged.trap(cause, tval)
    const { exports } = new WebAssembly.Instance(module, { hart: { memory, attention, system, trap }, bus: this.bus })
    this.#exports = exports
  }

  get pc() {
    return BigInt.asUintN(64, this.privileged.pc)
  }

  set pc(value) {
    this.privileged.pc = BigInt.asIntN(64, value)
  }

  /** How many instructions have retired. */
  get retired() {
    return this.state[STATE.retired / 8]
  }

  /**
   * Runs until it waits for an interrupt, somebody wants something, or so many instructions have been run.
   *
   * @param {number} most Instructions.
   * @returns {boolean} Whether it waits for an interrupt, and none that it has enabled is pending.
   */
  run(most) {
    this.privileged.takeInterrupt()
    this.#isWaiting = false
    this.#exports.run(most)
    return this.#isWaiting && !this.privileged.isWoken
  }
}
