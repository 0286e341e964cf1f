import { checkInteger } from '../check.ts'
import type { Section } from '../dispatch/section.ts'
import type { RamBlock } from '../ram/ram-block.ts'
import { MemTxResult } from '../request/result.ts'
import type { BounceBudget } from './bounce-budget.ts'

/** A bounce buffer: bytes out of the budget, in place of those that the device may not touch itself. */
export interface Bounce {
  readonly bytes: Uint8Array
  readonly budget: BounceBudget
  /** Writes the first `size` bytes back. */
  writeBack(size: number): MemTxResult
}

/** What was lent. */
export interface Lent {
  readonly section: Section
  /** Byte address in guest RAM. */
  readonly ram: number
  readonly write: boolean
  /** Undefined of memory itself. */
  readonly bounce: Bounce | undefined
}

/**
 * Guest bytes that a device was lent (QEMU's address_space_map): the memory itself where the route says so, else a
 * bounce buffer, which `unmap` writes back. Until then a direct window keeps its memory, whatever becomes of the map.
 *
 * It belongs to the thread that mapped it. What a device stores through `bytes` carries no promise of order: bytes that
 * a guest watches, such as a completion, go through the space.
 */
export class DmaWindow {
  /** The guest address of the first byte. */
  readonly address: number
  /** Bytes that were granted: perhaps fewer than were asked for, never none. */
  readonly length: number
  /** False: a bounce buffer, of which the guest sees nothing before `unmap`. */
  readonly direct: boolean
  /** Of the read that filled a bounce buffer; OK in all other cases. */
  readonly result: MemTxResult
  #lent: Lent | undefined
  /**
   * The view of the memory, made when it is first asked for: it takes as long to make as all the rest of a window, and a
   * device that hands the memory on by its address does without.
   */
  #bytes: Uint8Array | undefined

  // `lent` is a Lent: its type would have all that is behind it declared to users.
  /** Made by `AddressSpace.map`. */
  constructor(address: number, length: number, result: MemTxResult, lent: object) {
    const own = lent as Lent
    this.address = address
    this.length = length
    this.direct = own.bounce === undefined
    this.result = result
    this.#lent = own
    own.section.block?.use()
  }

  /** The bytes. @throws TypeError once the window is unmapped. */
  get bytes(): Uint8Array {
    const { section, ram, bounce } = this.#still()
    const block = section.block as RamBlock
    let bytes = this.#bytes
    // Private memory that has grown since leaves a view of no length (GuestBytes).
    if (!bytes?.length) bytes = this.#bytes = bounce?.bytes ?? block.view(ram - block.offset, this.length)
    return bytes
  }

  #still(): Lent {
    if (this.#lent === undefined) throw new TypeError(`this window at ${this.address} is unmapped`)
    return this.#lent
  }

  get mapped(): boolean {
    return this.#lent !== undefined
  }

  /**
   * Ends it. Of a window for writing, the first `accessed` bytes are the guest's from here on: written back in order, the
   * last byte last, or marked dirty where they are already there.
   *
   * @param accessed Bytes, 0 to `length`; all unless said. Of no meaning for reading.
   * @returns How the write ended.
   * @throws TypeError where it is unmapped already: a device may do that once.
   */
  unmap(accessed: number = this.length): MemTxResult {
    checkInteger(accessed, 'accessed', 0, this.length)
    const { section, ram, write, bounce } = this.#still()
    this.#lent = undefined
    this.#bytes = undefined
    section.block?.letGo()
    if (bounce === undefined) {
      // The device may have stored to the bytes at any time until now, so they are marked now, for those who log them now.
      if (write && section.logs[0] !== 0) section.mark(ram, accessed)
      return MemTxResult.OK
    }
    try {
      return write ? bounce.writeBack(accessed) : MemTxResult.OK
    } finally {
      // Also where a handler threw, or no stack was left to call one: an assignment needs no stack.
      bounce.budget.left += this.length
      bounce.budget.wake()
    }
  }
}
