import { checkAddress } from '../check.ts'
import { loadScalar, storeScalar } from '../dispatch/scalar-access.ts'
import { Section } from '../dispatch/section.ts'
import { HOST_LITTLE_ENDIAN } from '../host/endian.ts'
import { NO_VIEWS } from '../ram/access/section-views.ts'
import { swap, swap16, swap32 } from '../ram/access/views.ts'
import { completion } from '../region/device/completer.ts'
import type { MemoryRegion } from '../region/memory-region.ts'
import { type MemTxAttrs, UNSPECIFIED } from '../request/attrs.ts'
import { checkAttrs, SpaceRequests } from './space-requests.ts'
import type { AddressSpaceOptions } from './space-view.ts'

/** Loads and stores of 8 to 32 bits, the way of most of a guest's accesses. */
export abstract class SpaceAccess extends SpaceRequests {
  readonly #big: boolean
  /** The target's byte order is not the host's, which elements are in. */
  readonly #swaps: boolean
  /** A section that holds no address. */
  readonly #none: Section
  /** RAM of the latest access that had not the short way. */
  #section: Section
  /** The device that was called last. */
  #called: Section
  // What the short way to RAM needs.
  /** Where it starts modulo 2^32, as an integer that the JIT keeps unboxed. */
  #low = 0
  #loads8: Uint8Array = NO_VIEWS.u8
  #loads16: Uint16Array = NO_VIEWS.u16
  #loads32: Uint32Array = NO_VIEWS.u32
  #stores8: Uint8Array = NO_VIEWS.u8
  #stores16: Uint16Array = NO_VIEWS.u16
  #stores32: Uint32Array = NO_VIEWS.u32

  constructor(name: string, root: MemoryRegion, options: AddressSpaceOptions) {
    super(name, root, options)
    this.#big = this.settings.big
    this.#swaps = this.#big === HOST_LITTLE_ENDIAN
    this.#none = Section.unassigned(0, 0, this.settings)
    this.#section = this.#none
    this.#called = this.#none
  }

  protected forgetSection(): void {
    this.#section = this.#none
    this.#called = this.#none
    this.#shorten(this.#none)
  }

  // One access each, of 8 to 32 bits, in the target's byte order (RULES I1): memory is loaded or stored at once, a
  // device gets one access of the whole size. An access that is not wholly within one piece of memory is rejected.
  //
  // The way to RAM is written out in each, for the JIT: integer arithmetic, two compares and an element access. It is for
  // addresses below 2^32, as a guest's registers hold them. The compare with the address fails for one that is higher,
  // negative, fractional or NaN; the other, the typed array's own bounds check, for one that is outside the section. The
  // result, MemTxResult.OK, is written as the number that it is: the JIT looks a member of an export up each time, and even
  // a constant of the module's costs 0.3 of 1.9 ns.

  load8(address: number, attrs?: MemTxAttrs): number {
    const word = address >>> 0
    const index = (word - this.#low) >>> 0
    const elements = this.#loads8
    if (word === address && index < elements.length) {
      this.latestResult = 0
      return elements[index] as number
    }
    return this.#load(address, 1, attrs)
  }

  load16(address: number, attrs?: MemTxAttrs): number {
    const word = address >>> 0
    const at = (word - this.#low) >>> 0
    const index = at >>> 1
    const elements = this.#loads16
    if (word === address && (at & 1) === 0 && index < elements.length) {
      this.latestResult = 0
      const value = elements[index] as number
      return this.#swaps ? swap16(value) : value
    }
    return this.#load(address, 2, attrs)
  }

  /** Unsigned. */
  load32(address: number, attrs?: MemTxAttrs): number {
    const word = address >>> 0
    const at = (word - this.#low) >>> 0
    const index = at >>> 2
    const elements = this.#loads32
    if (word === address && (at & 3) === 0 && index < elements.length) {
      this.latestResult = 0
      const value = elements[index] as number
      return this.#swaps ? swap32(value) : value
    }
    return this.#load(address, 4, attrs)
  }

  store8(address: number, value: number, attrs?: MemTxAttrs): void {
    const word = address >>> 0
    const index = (word - this.#low) >>> 0
    const elements = this.#stores8
    if (word === address && index < elements.length) {
      this.latestResult = 0
      elements[index] = value
    } else this.#store(address, value & 0xff, 1, attrs)
  }

  store16(address: number, value: number, attrs?: MemTxAttrs): void {
    const word = address >>> 0
    const at = (word - this.#low) >>> 0
    const index = at >>> 1
    const elements = this.#stores16
    if (word === address && (at & 1) === 0 && index < elements.length) {
      this.latestResult = 0
      elements[index] = this.#swaps ? swap16(value) : value
    } else this.#store(address, value & 0xffff, 2, attrs)
  }

  store32(address: number, value: number, attrs?: MemTxAttrs): void {
    const word = address >>> 0
    const at = (word - this.#low) >>> 0
    const index = at >>> 2
    const elements = this.#stores32
    if (word === address && (at & 3) === 0 && index < elements.length) {
      this.latestResult = 0
      elements[index] = this.#swaps ? swap32(value) : value
    } else this.#store(address, value >>> 0, 4, attrs)
  }

  // What lies below 2^32, and was accessed before, is found as quickly: the device that was called last, then other
  // devices and RAM.

  #load(address: number, size: number, attrs: MemTxAttrs | undefined): number {
    const given = attrs === undefined ? UNSPECIFIED : checkAttrs(attrs)
    const word = address >>> 0
    if (word !== address || given.memory) return this.#loadFound(address, size, given)
    const called = this.#called
    const at = (word - called.low) >>> 0
    return at < called.near ? this.#call(called, at, size, given) : this.#loadNear(word, size, given)
  }

  #loadNear(word: number, size: number, attrs: MemTxAttrs): number {
    const section = this.sections.near(word)
    const at = (word - section.low) >>> 0
    if (at >= section.near) return this.#loadFound(word, size, attrs)
    if (section.callable) {
      this.#called = section
      return this.#call(section, at, size, attrs)
    }
    // As loadScalar does it, which the JIT does not inline here.
    const { cells } = section
    const ram = section.base + at
    if (cells === undefined || at + size > section.near || !cells.permits(ram, size))
      return this.#loadFound(word, size, attrs)
    this.#touch(section)
    this.latestResult = 0
    const value = size === 4 ? cells.load32(ram) : size === 2 ? cells.load16(ram) : cells.load8(ram)
    return this.#big ? swap(value, size) : value
  }

  #call(section: Section, at: number, size: number, attrs: MemTxAttrs): number {
    const big = section.completerBig
    const value = section.readCompleter.read(section.offset + at, size, attrs, big)
    this.latestResult = completion.result
    return big === this.#big ? value : swap(value, size)
  }

  #store(address: number, value: number, size: number, attrs: MemTxAttrs | undefined): void {
    const given = attrs === undefined ? UNSPECIFIED : checkAttrs(attrs)
    const word = address >>> 0
    let section = this.#called
    if ((word - section.low) >>> 0 >= section.near) {
      section = this.sections.near(word)
      if (section.callable) this.#called = section
    }
    const at = (word - section.low) >>> 0
    if (word !== address || at >= section.near || given.memory) {
      section = this.select(address)
      this.#storeIn(section, address - section.start, value, size, given)
    } else if (section.callable) {
      const big = section.completerBig
      section.writeCompleter.write(section.offset + at, big === this.#big ? value : swap(value, size), size, given, big)
      this.latestResult = completion.result
    } else this.#storeIn(section, at, value, size, given)
  }

  // The long way: what was not accessed before, or lies higher.

  #loadFound(address: number, size: number, attrs: MemTxAttrs): number {
    const section = this.select(address)
    this.#touch(section)
    const value = loadScalar(section, address - section.start, size, attrs, this.#big)
    this.latestResult = completion.result
    return value
  }

  #storeIn(section: Section, at: number, value: number, size: number, attrs: MemTxAttrs): void {
    this.#touch(section)
    storeScalar(section, at, value, size, attrs, this.#big)
    this.latestResult = completion.result
  }

  /** The section that holds an address. */
  protected select(address: number): Section {
    return this.sections.select(checkAddress(address, 'address'))
  }

  /** RAM that is accessed twice has the short way: others don't drive it out. */
  #touch(section: Section): void {
    const { loads8 } = section
    if (loads8 === this.#loads8 || loads8.length === 0) return
    if (section === this.#section) this.#shorten(section)
    else this.#section = section
  }

  /** From here on the short way leads to this section. */
  #shorten(section: Section): void {
    this.#low = section.start | 0
    this.#loads8 = section.loads8
    this.#loads16 = section.loads16
    this.#loads32 = section.loads32
    this.#stores8 = section.stores8
    this.#stores16 = section.stores16
    this.#stores32 = section.stores32
  }
}
