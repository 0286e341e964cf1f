import { AddressSpace, GuestRam, MemoryRegion, type RamBlock } from 'guestmem'
import { type PageTable, pageTable } from 'guestmem/page-table'
import { assembleHart } from '../../../../examples/smp/hart/assemble.mjs'
import { writeExpansions } from '../../../../examples/smp/hart/compressed.mjs'
import { Hart } from '../../../../examples/smp/hart/hart.mjs'
import { GUEST_RAM, hartOffset, linearMemory, RAM, tableOffset } from '../../../../examples/smp/layout.mjs'

/** It is the same for all: where the table is, and the hart's state, are constants of it. */
let assembled: WebAssembly.Module | undefined

/** A hart with some RAM, in this thread: no board, no devices but those that a test adds. */
export class OneHart {
  readonly system: MemoryRegion
  readonly space: AddressSpace
  readonly table: PageTable
  readonly block: RamBlock
  readonly main: MemoryRegion
  readonly hart: Hart
  readonly memory: WebAssembly.Memory
  readonly #ram: GuestRam
  time = 0n

  constructor(ramBytes: number) {
    this.memory = linearMemory(ramBytes)
    writeExpansions(this.memory)
    this.#ram = GuestRam.wrap(this.memory, { offset: GUEST_RAM })
    this.block = this.#ram.block('main', ramBytes)
    this.system = MemoryRegion.container('system', 2 ** 32)
    this.main = MemoryRegion.ram('main', this.block)
    this.system.addSubregion(RAM, this.main)
    this.space = new AddressSpace('cpu', this.system)
    this.table = pageTable(this.space, { memory: this.memory, offset: tableOffset(0) })
    assembled ??= assembleHart({ table: this.table, offset: hartOffset(0) })
    const module = assembled
    const time = () => this.time
    this.hart = new Hart({ id: 0, memory: this.memory, module, space: this.space, time })
  }

  /** The guest's RAM, as the reference has it. */
  get bytes(): Uint8Array {
    return new Uint8Array(this.memory.buffer, this.block.offset, this.block.size)
  }

  /** More RAM. */
  addMemory(address: number, bytes: number): void {
    this.system.addSubregion(address, MemoryRegion.ram('more', this.#ram.block('more', bytes)))
  }

  /** @param words Instructions. */
  write(address: number, words: Uint32Array): void {
    this.space.write(address, new Uint8Array(words.buffer, words.byteOffset, words.byteLength))
  }

  x(index: number): bigint {
    return BigInt.asUintN(64, this.hart.state[index] as bigint)
  }
}
