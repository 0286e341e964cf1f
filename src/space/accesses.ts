import { checkAddress } from '../check.ts'
import { loadScalar, storeScalar } from '../dispatch/scalar-access.ts'
import { loadBytes, reachesOver, storeBytes } from '../dispatch/seams.ts'
import type { Section } from '../dispatch/section.ts'
import type { SectionMap } from '../dispatch/section-map.ts'
import { LOADS, PARTS, SECTION, STORES } from '../dispatch/tlb-table.ts'
import { loadCell, storeCell, swapValue, type Value } from '../ram/access/cell-values.ts'
import type { Cells } from '../ram/access/cells.ts'
import { swap32 } from '../ram/access/views.ts'
import { completion } from '../region/device/completer.ts'
import { checkAttrs, type MemTxAttrs, UNSPECIFIED } from '../request/attrs.ts'
import type { MemTxResult } from '../request/result.ts'
import { transfer } from '../transfer/transfer.ts'
import type { CheckedSpaceOptions } from './address-space-options.ts'
import { Tlb } from './tlb.ts'

/**
 * A space's single accesses of all kinds, of 8 to 64 bits, in the target's byte order (RULES I1): memory is loaded or stored
 * at once, a device gets one access of the whole size. An access that is not wholly within one piece of memory is rejected.
 * The result is left in `completion`.
 *
 * `found` is what the Tlb's table has of the address: 0 where it has nothing, or was not asked. Those that it says are of
 * plain memory AddressSpace makes itself.
 */
export class Accesses {
  readonly tlb: Tlb
  /** The high half of the latest `loadPair`. */
  high: number
  readonly #tree: { readonly sections: SectionMap }
  readonly #big: boolean
  readonly #splitsSeams: boolean

  constructor(tree: { readonly sections: SectionMap }, { ordering, big, splitsSeams }: CheckedSpaceOptions) {
    this.tlb = new Tlb(tree, ordering)
    this.high = 0
    this.#tree = tree
    this.#big = big
    this.#splitsSeams = splitsSeams
  }

  // What the table says is a device is asked first. `load` and `store` are too long for V8 to inline them, past 460 bytes of
  // bytecode, and have to stay so: inlined, a way that is seldom gone takes the room of those that are gone often, and a loop of
  // stores to RAM took three times as long once a device had been stored to.

  load(address: number, size: number, attrs: MemTxAttrs | undefined, found: number): Value {
    const word = address >>> 0
    const entry = (found & PARTS) === 0 ? found : this.tlb.table.part(found, word)
    if ((entry & SECTION) !== 0) {
      const section = this.tlb.list[entry >>> 4] as Section
      const at = (word - section.start32) >>> 0
      if (section.callable && at < section.reach32 && !this.#splitsSeams && !attrs?.memory) {
        const big = section.completerBig
        const value = section.readCompleter.read(section.offset + at, size, attrs ?? UNSPECIFIED, big)
        const ordered = big === this.#big ? value : swapValue(value, size)
        // A number over 2^31 is an object where the JIT does not know that it is one of 32 bits.
        return typeof ordered === 'number' ? ordered | 0 : ordered
      }
    }
    const given = attrs === undefined ? UNSPECIFIED : checkAttrs(attrs)
    if (given.debug) return this.#debug(address, size, given)
    if ((entry & LOADS) !== 0 && this.#permits(word, entry, size, found)) {
      completion.result = 0 as MemTxResult
      return loadCell(this.tlb.cells as Cells, (word + (entry & -16)) >>> 0, size, this.#big)
    }
    const section = this.tlb.select(address)
    return this.#isSeam(section, address, size, false, given)
      ? loadBytes(this.#tree.sections, address, size, given, this.#big)
      : loadScalar(section, address - section.start, size, given, this.#big)
  }

  /** @param value Unsigned, of `size` bytes. */
  store(address: number, value: Value, size: number, attrs: MemTxAttrs | undefined, found: number): void {
    const word = address >>> 0
    const entry = (found & PARTS) === 0 ? found : this.tlb.table.part(found, word)
    if ((entry & SECTION) !== 0) {
      const section = this.tlb.list[entry >>> 4] as Section
      const at = (word - section.start32) >>> 0
      if (section.callable && at < section.reach32 && !this.#splitsSeams && !attrs?.memory) {
        const big = section.completerBig
        const ordered = big === this.#big ? value : swapValue(value, size)
        section.writeCompleter.write(section.offset + at, ordered, size, attrs ?? UNSPECIFIED, big)
        return
      }
    }
    const given = attrs === undefined ? UNSPECIFIED : checkAttrs(attrs)
    if (given.debug) {
      this.#debug(address, size, given, value)
      return
    }
    if ((entry & STORES) !== 0 && this.#permits(word, entry, size, found)) {
      completion.result = 0 as MemTxResult
      storeCell(this.tlb.cells as Cells, (word + (entry & -16)) >>> 0, value, size, this.#big)
      if (this.tlb.logs[1] !== 0) this.tlb.mark(address, size)
      return
    }
    const section = this.tlb.select(address)
    if (this.#isSeam(section, address, size, true, given))
      storeBytes(this.#tree.sections, address, value, size, given, this.#big)
    else storeScalar(section, address - section.start, value, size, given, this.#big)
  }

  /** Returns the low half of 64 bits, unsigned, and leaves the high one in `high`. */
  loadPair(address: number, attrs: MemTxAttrs | undefined, found: number): number {
    const word = address >>> 0
    if ((found & LOADS) !== 0 && this.#permits(word, found, 8, found)) {
      completion.result = 0 as MemTxResult
      const cells = this.tlb.cells as Cells
      const low = cells.load64Pair((word + (found & -16)) >>> 0)
      this.high = this.#big ? swap32(low) : cells.high
      return this.#big ? swap32(cells.high) : low
    }
    const value = this.load(address, 8, attrs, found) as bigint
    this.high = Number(value >> 32n)
    return Number(value & 0xffff_ffffn)
  }

  storePair(address: number, low: number, high: number, attrs: MemTxAttrs | undefined, found: number): void {
    const word = address >>> 0
    if ((found & STORES) !== 0 && this.#permits(word, found, 8, found)) {
      completion.result = 0 as MemTxResult
      const cells = this.tlb.cells as Cells
      const ram = (word + (found & -16)) >>> 0
      if (this.#big) cells.store64Pair(ram, swap32(high), swap32(low))
      else cells.store64Pair(ram, low, high)
      if (this.tlb.logs[1] !== 0) this.tlb.mark(address, 8)
    } else this.store(address, (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0), 8, attrs, found)
  }

  /**
   * A debugger's access, as a request: those have no side effects.
   *
   * @param value What is stored; undefined of a load.
   */
  #debug(address: number, size: number, attrs: MemTxAttrs, value?: Value): Value {
    const bytes = new Uint8Array(size)
    const place = (i: number): number => (this.#big ? size - 1 - i : i)
    let all = BigInt(value ?? 0)
    for (let i = 0; i < size; i++, all >>= 8n) bytes[place(i)] = Number(all & 255n)
    const kind = value === undefined ? 'read' : 'write'
    const { sections } = this.#tree
    completion.result = transfer(sections, { kind, bytes, byte: 0 }, checkAddress(address, 'address'), size, attrs)
    for (let i = size; i-- > 0; ) all = (all << 8n) | BigInt(bytes[place(i)] as number)
    return size === 8 ? all : Number(all)
  }

  /** An access within a page, or a part of one, may be made by the cells of the memory there, which may have moved. */
  #permits(word: number, entry: number, size: number, found: number): boolean {
    const { tlb } = this
    tlb.renew()
    const last = entry === found ? 4095 : 15
    return (word & last) + size <= last + 1 && (tlb.cells as Cells).permits((word + (entry & -16)) >>> 0, size)
  }

  /** The access has to be made of several: it reaches over a seam, and this space splits those. */
  #isSeam(section: Section, address: number, size: number, write: boolean, attrs: MemTxAttrs): boolean {
    return this.#splitsSeams && reachesOver(section, this.#tree.sections, address, size, write, attrs)
  }
}
