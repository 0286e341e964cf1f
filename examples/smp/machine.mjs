// The machine: its map and all of its devices, in the thread that owns them. Each hart is in a worker: vcpu.mjs.

import { Worker } from 'node:worker_threads'
import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'
import { Board } from 'guestmem/threads'
import { Clint } from './devices/clint.mjs'
import { Plic } from './devices/plic.mjs'
import { powerRegion } from './devices/power.mjs'
import { Uart } from './devices/uart.mjs'
import { VirtioMmio } from './devices/virtio-mmio.mjs'
import { Wires } from './devices/wires.mjs'
import { assembleHart } from './hart/assemble.mjs'
import { writeExpansions } from './hart/compressed.mjs'
import {
  BOOT_ROM,
  CLINT,
  GUEST_RAM,
  hartOffset,
  IRQ,
  linearMemory,
  PLIC,
  POWER,
  RAM,
  TIMEBASE,
  tableEntries,
  UART,
  VIRTIO,
} from './layout.mjs'
import { ticksSince } from './time.mjs'

const startWorker = workerData => new Worker(new URL('./vcpu.mjs', import.meta.url), { workerData })

/**
 * How a hart has run.
 *
 * @typedef {object} Run
 * @property {number} instructions
 * @property {number} calls Accesses that were calls: of devices, nearly all.
 * @property {number} ms How long it ran.
 * @property {number} haltedMs How long of that it waited for interrupts.
 * @property {number} calledMs And for accesses that were calls.
 */

export class Machine {
  uart
  disk
  #memory
  #space
  #board
  #clint
  #harts
  #start
  #bounds
  #startedAt = process.hrtime.bigint()
  #off = _code => {}

  /**
   * @param {object} options
   * @param {number} options.harts 1 to 4.
   * @param {number} options.ramBytes
   * @param {number} options.disk A file descriptor.
   * @param {(byte: number) => void} options.onByte What the guest prints.
   * @param {'table' | 'compare'} [options.lookup] How the harts' loads and stores find the main memory: by the page table, or,
   *   for comparison, by its bounds.
   * @param {(workerData: object) => Worker} [options.start] Starts a hart's thread.
   */
  constructor({ harts, ramBytes, disk, onByte, lookup = 'table', start = startWorker }) {
    this.#harts = harts
    this.#start = start
    this.#memory = linearMemory(ramBytes)
    writeExpansions(this.#memory)
    const ram = GuestRam.wrap(this.#memory, { offset: GUEST_RAM })
    const system = MemoryRegion.container('system', 2 ** 32)
    this.#space = new AddressSpace('memory', system)
    this.#board = new Board(this.#space, ram, { members: harts })
    const wires = new Wires(this.#board, this.#memory, harts)
    const plic = new Plic(harts, wires)
    this.#clint = new Clint({ harts, wires, time: ticksSince(this.#startedAt), hz: TIMEBASE })
    this.uart = new Uart(onByte, level => plic.set(IRQ.uart, level))
    this.disk = new VirtioMmio(this.#space, disk, level => plic.set(IRQ.virtio, level))
    const block = ram.block('ram', ramBytes)
    if (lookup === 'compare') this.#bounds = { first: RAM, bytes: ramBytes, place: block.offset }
    MemoryRegion.transaction(() => {
      system.addSubregion(BOOT_ROM, MemoryRegion.rom('boot', ram.block('boot', 0x1000)))
      system.addSubregion(RAM, MemoryRegion.ram('ram', block))
      system.addSubregion(CLINT, this.#clint.region)
      system.addSubregion(PLIC, plic.region)
      system.addSubregion(UART, this.uart.region)
      system.addSubregion(VIRTIO, this.disk.region)
      system.addSubregion(
        POWER,
        powerRegion(code => this.turnOff(code)),
      )
    })
  }

  /** Puts bytes into memory, ROM too, before the machine runs. */
  load(address, bytes) {
    this.#space.writeRom(address, bytes)
  }

  /** Eight bytes, as a bus master loads them. */
  load64(address) {
    return this.#space.load64(address)
  }

  /** Turns the machine off, as the guest does. @param {number} code What `run` ends with. */
  turnOff(code) {
    this.#off(code)
  }

  /**
   * Runs all harts from `pc` on, until the guest turns the machine off.
   *
   * @returns {Promise<{ code: number, runs: Run[] }>} The code is 0 if the guest said that all is well.
   * @throws What a hart's thread has thrown.
   */
  async run(pc = BOOT_ROM) {
    const board = this.#board
    const stop = board.listen()
    const isOff = new Promise(resolve => {
      this.#off = resolve
    })
    try {
      const runs = Array.from({ length: this.#harts }, (_, hart) => this.#runHart(hart, pc))
      // A thread that ends before the machine is off has thrown something.
      const code = await Promise.race([isOff, Promise.all(runs).then(() => -1)])
      board.stop()
      return { code, runs: await Promise.all(runs) }
    } finally {
      this.#clint.close()
      // Where one has thrown, the others are to end as well.
      board.stop()
      stop()
      board.close()
    }
  }

  /** @returns {Promise<Run>} */
  #runHart(id, pc) {
    const handle = this.#board.handle()
    const module = assembleHart({ table: { entries: tableEntries(id), bounds: this.#bounds }, offset: hartOffset(id) })
    const worker = this.#start({ handle, memory: this.#memory, module, startedAt: this.#startedAt, pc })
    return new Promise((resolve, reject) => {
      let run
      worker.on('message', told => {
        run = told
      })
      worker.once('error', reject)
      worker.once('exit', () => (run === undefined ? reject(new Error(`hart ${id} has ended`)) : resolve(run)))
    })
  }
}
