import { ADDRESS_LIMIT, checkBytes, checkInteger, show } from '../check.ts'
import { bytesOf, partOf } from '../ram/access/user-part.ts'
import { checkAttrs, MemTxAttrs } from '../request/attrs.ts'
import { guestNumber } from '../request/guest-address.ts'
import { MemTxResult } from '../request/result.ts'
import { AddressSpace } from '../space/address-space.ts'
import { checkSpace } from '../space/check-space.ts'
import { readDirect, writeDirect } from '../transfer/direct-piece.ts'

/** Contiguous guest bytes. Frozen. */
export interface ScatterGatherElement {
  readonly space: AddressSpace
  /** Of the first byte; 2^53 for a guest's address that lies higher, where nothing is. */
  readonly address: number
  /** Bytes. */
  readonly length: number
}

/** A part of an element that is accessed; returns how many bytes were, all of `size` unless the user's array has gone. */
type Visit = (element: ScatterGatherElement, address: number, at: number, size: number) => number

/**
 * Guest memory in pieces, as a descriptor table or a page list gives it to a device, seen as one run of bytes (QEMU's
 * QEMUSGList). Each element goes by the route of its own space, the elements in the order of the list.
 *
 * Its addresses and lengths may be any that a guest can write to a table, so that no device needs a compare of its own:
 * bytes past 2^53 are in the list, and to access them is a DECODE_ERROR. Zero is read there, and what is written is
 * dropped.
 *
 * It belongs to the thread of its spaces.
 */
export class ScatterGatherList {
  readonly #elements: ScatterGatherElement[] = []
  /** Where each element begins in the run, bytes. Undefined until somebody asks for a place behind the beginning. */
  #starts: number[] | undefined
  #length = 0
  #result: MemTxResult = MemTxResult.OK
  /** The elements as they were handed out; undefined where some were added since. Frozen then: a device adds many. */
  #shown: readonly ScatterGatherElement[] | undefined

  /** Bytes, up to 2^53 - 1. */
  get length(): number {
    return this.#length
  }

  /** The elements of now. The array is frozen, as each of them is: another is given once an element was added. */
  get elements(): readonly ScatterGatherElement[] {
    this.#shown ??= Object.freeze(this.#elements.map(element => Object.freeze(element)))
    return this.#shown
  }

  /** The results of all elements of the latest `read`, `write` or `copyFrom`, OR-ed. */
  get result(): MemTxResult {
    return this.#result
  }

  /**
   * Adds an element behind the others. One that goes on where the last one ends makes it longer.
   *
   * @param address Bytes; a guest's, so a bigint too.
   * @param length Bytes; a guest's too. 0 adds nothing. An element that would make the list longer than 2^53 - 1 bytes is
   *   nowhere, and makes it that long.
   */
  add(space: AddressSpace, address: number | bigint, length: number | bigint): this {
    checkSpace(space, 'space')
    const start = guestNumber(address, 'address')
    const bytes = guestNumber(length, 'length')
    if (this.#length + bytes <= Number.MAX_SAFE_INTEGER) this.#add(space, start, bytes)
    else this.#add(space, ADDRESS_LIMIT, Number.MAX_SAFE_INTEGER - this.#length)
    return this
  }

  /** Adds all elements of another list: chained descriptor tables are one list. */
  append(list: ScatterGatherList): this {
    checkList(list, 'list')
    for (const { space, address, length } of list.elements) this.add(space, address, length)
    return this
  }

  /**
   * Reads the run from `offset` on into `bytes`.
   *
   * @param offset In the run, bytes, 0 to `length`.
   * @returns The residue: how many of `bytes` are left as they were, because the run ended, or because a handler has
   *   detached or shrunk their buffer. How the accesses ended is in `result`.
   */
  read(offset: number, bytes: Uint8Array, attrs: MemTxAttrs = MemTxAttrs.UNSPECIFIED): number {
    return this.#move('read', offset, bytes, attrs)
  }

  /** Writes `bytes` to the run from `offset` on, in the order of the list. @returns The residue, as of `read`. */
  write(offset: number, bytes: Uint8Array, attrs: MemTxAttrs = MemTxAttrs.UNSPECIFIED): number {
    return this.#move('write', offset, bytes, attrs)
  }

  /**
   * Copies bytes of another run to this one, each piece as `AddressSpace.copy` does. Pieces that overlap others of the
   * two runs are copied in the order of the list. Bytes that would go past 2^53 are not read.
   *
   * @param offset In this run, bytes, 0 to its `length`.
   * @param source Perhaps this list itself.
   * @param sourceOffset In the other run, bytes, 0 to its `length`.
   * @param length Bytes; a guest's, so a bigint too.
   * @returns The residue: how many bytes were not copied, because one of the two runs ended. A `length` over 2^53 counts
   *   as that.
   */
  copyFrom(
    offset: number,
    source: ScatterGatherList,
    sourceOffset: number,
    length: number | bigint,
    attrs: MemTxAttrs = MemTxAttrs.UNSPECIFIED,
  ): number {
    checkList(source, 'source')
    checkInteger(offset, 'offset', 0, this.#length)
    checkInteger(sourceOffset, 'sourceOffset', 0, source.length)
    const asked = guestNumber(length, 'length')
    checkAttrs(attrs)
    const size = Math.min(asked, this.#length - offset, source.length - sourceOffset)
    let result = 0
    this.#walk(offset, size, ({ space }, address, at, piece) =>
      source.#walk(sourceOffset + at, piece, (from, sourceAddress, done, part) => {
        result |= copyPart(space, address + done, from.space, sourceAddress, part, attrs)
        return part
      }),
    )
    this.#result = result as MemTxResult
    return asked - size
  }

  #add(space: AddressSpace, address: number, length: number): void {
    if (length === 0) return
    const at = this.#elements.length - 1
    const last = this.#elements[at]
    if (last?.space === space && last.address + last.length === address)
      this.#elements[at] = { space, address: last.address, length: last.length + length }
    else {
      this.#starts?.push(this.#length)
      this.#elements.push({ space, address, length })
    }
    this.#length += length
    this.#shown = undefined
  }

  #move(kind: 'read' | 'write', offset: number, array: Uint8Array, attrs: MemTxAttrs): number {
    const bytes = checkBytes(array, 'bytes')
    checkInteger(offset, 'offset', 0, this.#length)
    checkAttrs(attrs)
    const length = bytesOf(bytes)
    const wanted = Math.min(length, this.#length - offset)
    const isOrdered = attrs === MemTxAttrs.UNSPECIFIED
    const direct = kind === 'read' ? readDirect : writeDirect
    // A subclass has its own where somebody must be told of a device's accesses: an emulator that translates code.
    const plain = AddressSpace.prototype[kind]
    let result = 0
    let at = 0
    let index = this.#indexAt(offset)
    for (let inside = this.#within(index, offset); at < wanted; inside = 0) {
      const { space, address: first, length: all } = this.#elements[index++] as ScatterGatherElement
      const address = first + inside
      const size = Math.min(wanted - at, all - inside)
      // A handler that was called for a piece before may have taken the array's bytes away.
      const left = Math.min(size, Math.max(0, bytesOf(bytes) - at))
      if (left < size || !isOrdered || space[kind] !== plain || !direct(space.sections, address, bytes, at, size)) {
        const there = mapped(address, left)
        if (there > 0) result |= space[kind](address, there === length ? bytes : partOf(bytes, at, there), attrs)
        if (there < left) {
          if (kind === 'read') bytes.fill(0, at + there, at + left)
          result |= nowhere(space, left - there, kind === 'write', attrs)
        }
      }
      at += left
      if (left < size) break
    }
    this.#result = result as MemTxResult
    return length - at
  }

  /**
   * Visits the pieces of `length` bytes from `offset` on: their element, address, place among the bytes, and size.
   *
   * @returns How many bytes were visited: it ends early where a piece did.
   */
  #walk(offset: number, length: number, visit: Visit): number {
    let at = 0
    let index = this.#indexAt(offset)
    for (let inside = this.#within(index, offset); at < length; inside = 0) {
      const element = this.#elements[index++] as ScatterGatherElement
      const size = Math.min(length - at, element.length - inside)
      const visited = visit(element, element.address + inside, at, size)
      at += visited
      if (visited < size) break
    }
    return at
  }

  /** The element that holds the byte at `offset` of the run. */
  #indexAt(offset: number): number {
    if (offset === 0) return 0
    this.#starts ??= this.#findStarts()
    let low = 0
    let high = this.#starts.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#starts[middle] as number) <= offset) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  /** Where `offset` of the run is in the element that holds it, bytes. */
  #within(index: number, offset: number): number {
    return offset === 0 ? 0 : offset - (this.#starts?.[index] as number)
  }

  #findStarts(): number[] {
    let end = 0
    return this.#elements.map(({ length }) => {
      end += length
      return end - length
    })
  }
}

/** How many of `size` bytes are below 2^53. */
function mapped(address: number, size: number): number {
  return Math.min(size, Math.max(0, ADDRESS_LIMIT - address))
}

/** What an access past 2^53 gives, as one to any address where nothing is (RULES E8). The space is told of it. */
function nowhere({ settings }: AddressSpace, size: number, write: boolean, attrs: MemTxAttrs): MemTxResult {
  const result = attrs.memory ? MemTxResult.ACCESS_ERROR : MemTxResult.DECODE_ERROR
  if (!attrs.debug) settings.onReject?.(ADDRESS_LIMIT, size, write, attrs, result)
  return result
}

/** Copies contiguous bytes to contiguous bytes. Those from past 2^53 are zero, those to there are dropped. */
function copyPart(
  to: AddressSpace,
  address: number,
  from: AddressSpace,
  sourceAddress: number,
  size: number,
  attrs: MemTxAttrs,
): MemTxResult {
  const stored = mapped(address, size)
  const loaded = Math.min(stored, mapped(sourceAddress, size))
  let result: number = MemTxResult.OK
  if (loaded > 0) result |= to.copy(address, from, sourceAddress, loaded, attrs)
  if (loaded < stored) {
    result |= to.fill(address + loaded, 0, stored - loaded, attrs) | nowhere(from, stored - loaded, false, attrs)
  }
  if (stored < size) result |= nowhere(to, size - stored, true, attrs)
  return result as MemTxResult
}

function checkList(list: unknown, argument: string): void {
  if (!(list instanceof ScatterGatherList))
    throw new TypeError(`${argument} must be a ScatterGatherList, got ${show(list)}`)
}
