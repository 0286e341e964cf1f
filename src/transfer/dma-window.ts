import { checkInteger } from '../check.ts'
import type { MemTxResult } from '../request/result.ts'
import type { BounceBudget } from './bounce-budget.ts'

/** What stands behind a window. */
export interface Loan {
  /** Of a bounce buffer: where its bytes come from. Undefined of memory itself. */
  readonly budget: BounceBudget | undefined
  /** The bytes, as many as were granted. */
  view(): Uint8Array
  /** The device is done with them, and has stored to the first `accessed` of them. */
  end(accessed: number): MemTxResult
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
  #loan: Loan | undefined
  /**
   * The view of the memory, made when it is first asked for: it takes as long to make as all the rest of a window, and a
   * device that hands the memory on by its address does without.
   */
  #bytes: Uint8Array | undefined

  /** Made by `AddressSpace.map`. */
  constructor(address: number, length: number, result: MemTxResult, loan: Loan) {
    this.address = address
    this.length = length
    this.direct = loan.budget === undefined
    this.result = result
    this.#loan = loan
  }

  /** The bytes. @throws TypeError once the window is unmapped. */
  get bytes(): Uint8Array {
    if (this.#loan === undefined) throw new TypeError(`this window at ${this.address} is unmapped`)
    this.#bytes ??= this.#loan.view()
    return this.#bytes
  }

  get mapped(): boolean {
    return this.#loan !== undefined
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
    const loan = this.#loan
    if (loan === undefined) throw new TypeError(`this window at ${this.address} is unmapped already`)
    this.#loan = undefined
    this.#bytes = undefined
    try {
      return loan.end(accessed)
    } finally {
      const { budget } = loan
      if (budget !== undefined) {
        // Also where a handler threw, or no stack was left to call one: an assignment needs no stack.
        budget.left += this.length
        budget.wake()
      }
    }
  }
}
