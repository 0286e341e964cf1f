import { checkAddress, checkBytes, checkInteger, show } from '../check.ts'
import { MemTxAttrs } from '../request/attrs.ts'
import { MemTxResult } from '../request/result.ts'
import { AddressSpace } from '../space/address-space.ts'

/** Contiguous guest bytes. */
export interface ScatterGatherElement {
  readonly space: AddressSpace
  readonly address: number
  /** Bytes. */
  readonly length: number
}

/**
 * Guest memory in pieces, as a descriptor table or a page list gives it to a device, seen as one run of bytes (QEMU's
 * QEMUSGList). Each element goes by the route of its own space, the elements in the order of the list.
 *
 * It belongs to the thread of its spaces.
 */
export class ScatterGatherList {
  readonly #elements: ScatterGatherElement[] = []
  /** Where each element begins in the run, bytes. */
  readonly #starts: number[] = []
  #length = 0
  #result: MemTxResult = MemTxResult.OK

  /** Bytes. */
  get length(): number {
    return this.#length
  }

  get elements(): readonly ScatterGatherElement[] {
    return this.#elements
  }

  /** The results of all elements of the latest `read`, `write` or `copyFrom`, OR-ed. */
  get result(): MemTxResult {
    return this.#result
  }

  /**
   * Adds an element behind the others. One that goes on where the last one ends makes it longer.
   *
   * @param address Bytes, 0 to 2^53 - 1.
   * @param length Bytes; 0 adds nothing.
   * @throws RangeError where the list would be over 2^53 - 1 bytes long.
   */
  add(space: AddressSpace, address: number, length: number): this {
    if (!(space instanceof AddressSpace)) throw new TypeError(`space must be an AddressSpace, got ${show(space)}`)
    checkAddress(address, 'address')
    checkInteger(length, 'length', 0, Number.MAX_SAFE_INTEGER - Math.max(this.#length, address))
    if (length === 0) return this
    const at = this.#elements.length - 1
    const last = this.#elements[at]
    if (last?.space === space && last.address + last.length === address)
      this.#elements[at] = { space, address: last.address, length: last.length + length }
    else {
      this.#starts.push(this.#length)
      this.#elements.push({ space, address, length })
    }
    this.#length += length
    return this
  }

  /** Adds all elements of another list: chained descriptor tables are one list. */
  append(list: ScatterGatherList): this {
    checkList(list, 'list')
    checkInteger(this.#length + list.length, 'the length of both lists', 0, Number.MAX_SAFE_INTEGER)
    for (const { space, address, length } of [...list.#elements]) this.add(space, address, length)
    return this
  }

  /**
   * Reads the run from `offset` on into `bytes`.
   *
   * @param offset In the run, bytes, 0 to `length`.
   * @returns The residue: how many of `bytes` are left as they were, because the run ended. How the accesses ended is in
   *   `result`.
   */
  read(offset: number, bytes: Uint8Array, attrs: MemTxAttrs = MemTxAttrs.UNSPECIFIED): number {
    checkBytes(bytes, 'bytes')
    return this.#each(offset, bytes.length, attrs, ({ space }, address, at, size) =>
      space.read(address, at === 0 && size === bytes.length ? bytes : bytes.subarray(at, at + size), attrs),
    )
  }

  /** Writes `bytes` to the run from `offset` on, in the order of the list. @returns The residue, as of `read`. */
  write(offset: number, bytes: Uint8Array, attrs: MemTxAttrs = MemTxAttrs.UNSPECIFIED): number {
    checkBytes(bytes, 'bytes')
    return this.#each(offset, bytes.length, attrs, ({ space }, address, at, size) =>
      space.write(address, at === 0 && size === bytes.length ? bytes : bytes.subarray(at, at + size), attrs),
    )
  }

  /**
   * Copies bytes of another run to this one, each piece as `AddressSpace.copy` does. Pieces that overlap others of the
   * two runs are copied in the order of the list.
   *
   * @param offset In this run, bytes.
   * @param source Perhaps this list itself.
   * @param sourceOffset In the other run, bytes.
   * @param length Bytes.
   * @returns The residue: how many bytes were not copied, because one of the two runs ended.
   */
  copyFrom(
    offset: number,
    source: ScatterGatherList,
    sourceOffset: number,
    length: number,
    attrs: MemTxAttrs = MemTxAttrs.UNSPECIFIED,
  ): number {
    checkList(source, 'source')
    checkInteger(sourceOffset, 'sourceOffset', 0, source.length)
    checkAddress(length, 'length')
    const most = Math.min(length, source.length - sourceOffset)
    const residue = this.#each(offset, most, attrs, ({ space }, address, at, size) => {
      let result: MemTxResult = MemTxResult.OK
      source.#walk(sourceOffset + at, size, (from, sourceAddress, done, piece) => {
        result |= space.copy(address + done, from.space, sourceAddress, piece, attrs)
      })
      return result
    })
    return length - most + residue
  }

  #each(
    offset: number,
    length: number,
    attrs: MemTxAttrs,
    access: (element: ScatterGatherElement, address: number, at: number, size: number) => MemTxResult,
  ): number {
    checkInteger(offset, 'offset', 0, this.#length)
    if (!(attrs instanceof MemTxAttrs)) throw new TypeError(`attrs must be MemTxAttrs, got ${show(attrs)}`)
    let result: MemTxResult = MemTxResult.OK
    const size = Math.min(length, this.#length - offset)
    this.#walk(offset, size, (element, address, at, piece) => {
      result |= access(element, address, at, piece)
    })
    this.#result = result
    return length - size
  }

  /** The pieces of `length` bytes from `offset` on: their element, address, place among the bytes, and size. */
  #walk(
    offset: number,
    length: number,
    visit: (element: ScatterGatherElement, address: number, at: number, size: number) => void,
  ): void {
    for (let at = 0, i = this.#indexAt(offset); at < length; i++) {
      const element = this.#elements[i] as ScatterGatherElement
      const inside = offset + at - (this.#starts[i] as number)
      const size = Math.min(length - at, element.length - inside)
      visit(element, element.address + inside, at, size)
      at += size
    }
  }

  /** The element that holds the byte at `offset` of the run. */
  #indexAt(offset: number): number {
    let low = 0
    let high = this.#starts.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#starts[middle] as number) <= offset) low = middle + 1
      else high = middle
    }
    return low - 1
  }
}

function checkList(list: unknown, argument: string): void {
  if (!(list instanceof ScatterGatherList))
    throw new TypeError(`${argument} must be a ScatterGatherList, got ${show(list)}`)
}
