import { checkAddress, checkBytes, checkInteger, show } from '../check.ts'
import { HOST_LITTLE_ENDIAN } from '../host/endian.ts'
import { NO_VIEWS } from '../ram/section-views.ts'
import { swap, swap16, swap32 } from '../ram/views.ts'
import { completion } from '../region/device-access.ts'
import type { MemoryRegion } from '../region/memory-region.ts'
import { MemTxAttrs } from '../request/attrs.ts'
import { MemTxResult } from '../request/result.ts'
import { Section } from './section.ts'
import { loadSection, loadSection64, storeSection, storeSection64 } from './section-access.ts'
import { type AddressSpaceOptions, SpaceView } from './space-view.ts'
import { transfer } from './transfer.ts'
import { writeRom } from './write-rom.ts'

/** Looked up once, for the short ways. */
const UNSPECIFIED: MemTxAttrs = /* @__PURE__ */ (() => MemTxAttrs.UNSPECIFIED)()
const NO_BYTES = /* @__PURE__ */ new Uint8Array(0)

/** The accesses of an AddressSpace: loads and stores of one size, and requests of any length. */
export class SpaceAccess extends SpaceView {
  /** The high half of the latest `load64Pair`, unsigned. */
  high = 0
  readonly #big: boolean
  /** The target's byte order is not the host's, which elements are in. */
  readonly #swaps: boolean
  /** A section that holds no address. */
  readonly #none: Section
  // The section of the latest access that had to look for one.
  #section: Section
  #start = 0
  // What the short way to RAM needs of the latest that was accessed twice: others don't drive it out.
  /** Where it starts modulo 2^32, as an integer that the JIT keeps unboxed. */
  #low = 0
  #loads8: Uint8Array = NO_VIEWS.u8
  #loads16: Uint16Array = NO_VIEWS.u16
  #loads32: Uint32Array = NO_VIEWS.u32
  #stores8: Uint8Array = NO_VIEWS.u8
  #stores16: Uint16Array = NO_VIEWS.u16
  #stores32: Uint32Array = NO_VIEWS.u32
  #result: MemTxResult = MemTxResult.OK

  constructor(name: string, root: MemoryRegion, options: AddressSpaceOptions) {
    super(name, root, options)
    this.#big = this.settings.big
    this.#swaps = this.#big === HOST_LITTLE_ENDIAN
    this.#none = Section.unassigned(0, 0, this.settings)
    this.#section = this.#none
  }

  /** The result of this space's latest access. */
  get result(): MemTxResult {
    return this.#result
  }

  protected forgetSection(): void {
    this.#section = this.#none
    this.#start = 0
    this.#shorten(this.#none)
  }

  /**
   * Reads `bytes.length` bytes into `bytes`. Every one of them is written: where nothing is, with zero.
   *
   * @returns The results of the pieces, OR-ed.
   */
  read(address: number, bytes: Uint8Array, attrs: MemTxAttrs = MemTxAttrs.UNSPECIFIED): MemTxResult {
    checkAddress(address, 'address')
    checkBytes(bytes, 'bytes')
    this.#result = transfer(this.sections, { kind: 'read', bytes, byte: 0 }, address, bytes.length, checkAttrs(attrs))
    return this.#result
  }

  /**
   * Writes `bytes`. In order, the last byte last, unless `attrs` are relaxed (S2, S4). As a device's write it goes to RAM
   * also through a readonly alias; to a ROM it does not (RULES E2).
   */
  write(address: number, bytes: Uint8Array, attrs: MemTxAttrs = MemTxAttrs.UNSPECIFIED): MemTxResult {
    checkAddress(address, 'address')
    checkBytes(bytes, 'bytes')
    this.#result = transfer(this.sections, { kind: 'write', bytes, byte: 0 }, address, bytes.length, checkAttrs(attrs))
    return this.#result
  }

  /**
   * Writes `length` bytes of one value, as `write` would.
   *
   * @param value 0 to 255.
   * @param length Bytes, 0 to 2^53 - 1.
   */
  fill(address: number, value: number, length: number, attrs: MemTxAttrs = MemTxAttrs.UNSPECIFIED): MemTxResult {
    checkAddress(address, 'address')
    const byte = checkInteger(value, 'value', 0, 255)
    checkAddress(length, 'length')
    this.#result = transfer(this.sections, { kind: 'fill', bytes: NO_BYTES, byte }, address, length, checkAttrs(attrs))
    return this.#result
  }

  /**
   * Writes `bytes` to what a guest can only read, too: firmware, before the guest runs. ROM devices in romd mode take
   * them as well; what is no memory is passed over, and no handler is called (RULES E12).
   */
  writeRom(address: number, bytes: Uint8Array): void {
    checkAddress(address, 'address')
    writeRom(this.sections, address, checkBytes(bytes, 'bytes'))
  }

  // One access each, of 8 to 64 bits, in the target's byte order (RULES I1): memory is loaded or stored at once, a
  // device gets one access of the whole size. An access that is not wholly within one piece of memory is rejected.
  //
  // The way to RAM is written out in each, for the JIT: integer arithmetic, two compares and an element access. It is for
  // addresses below 2^32, as a guest's registers hold them. The compare with the address fails for one that is higher,
  // negative, fractional or NaN; the other, the typed array's own bounds check, for one that is outside the section.

  load8(address: number, attrs?: MemTxAttrs): number {
    const word = address >>> 0
    const index = (word - this.#low) >>> 0
    const elements = this.#loads8
    if (word === address && index < elements.length) {
      this.#result = MemTxResult.OK
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
      this.#result = MemTxResult.OK
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
      this.#result = MemTxResult.OK
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
      this.#result = MemTxResult.OK
      elements[index] = value
    } else this.#store(address, value & 0xff, 1, attrs)
  }

  store16(address: number, value: number, attrs?: MemTxAttrs): void {
    const word = address >>> 0
    const at = (word - this.#low) >>> 0
    const index = at >>> 1
    const elements = this.#stores16
    if (word === address && (at & 1) === 0 && index < elements.length) {
      this.#result = MemTxResult.OK
      elements[index] = this.#swaps ? swap16(value) : value
    } else this.#store(address, value & 0xffff, 2, attrs)
  }

  store32(address: number, value: number, attrs?: MemTxAttrs): void {
    const word = address >>> 0
    const at = (word - this.#low) >>> 0
    const index = at >>> 2
    const elements = this.#stores32
    if (word === address && (at & 3) === 0 && index < elements.length) {
      this.#result = MemTxResult.OK
      elements[index] = this.#swaps ? swap32(value) : value
    } else this.#store(address, value >>> 0, 4, attrs)
  }

  load64(address: number, attrs: MemTxAttrs = MemTxAttrs.UNSPECIFIED): bigint {
    checkAttrs(attrs)
    const section = this.#select(address)
    const value = loadSection64(section, address - section.start, attrs, this.#big)
    this.#result = completion.result
    return value
  }

  /** @param value Taken modulo 2^64. */
  store64(address: number, value: bigint, attrs: MemTxAttrs = MemTxAttrs.UNSPECIFIED): void {
    if (typeof value !== 'bigint') throw new TypeError(`value must be a bigint, got ${show(value)}`)
    checkAttrs(attrs)
    const section = this.#select(address)
    storeSection64(section, address - section.start, BigInt.asUintN(64, value), attrs, this.#big)
    this.#result = completion.result
  }

  /** 64 bits as two numbers, without a bigint: returns the low half, unsigned, and leaves the high one in `high`. */
  load64Pair(address: number, attrs: MemTxAttrs = MemTxAttrs.UNSPECIFIED): number {
    checkAttrs(attrs)
    const section = this.#select(address)
    const at = address - section.start
    const { cells } = section
    const ram = section.base + at
    if (section.readable && at + 8 <= section.length && cells?.permits(ram, 8)) {
      this.#result = MemTxResult.OK
      const first = cells.load64Pair(ram)
      if (!this.#big) {
        this.high = cells.high
        return first
      }
      this.high = swap32(first)
      return swap32(cells.high)
    }
    const value = this.load64(address, attrs)
    this.high = Number(value >> 32n)
    return Number(value & 0xffff_ffffn)
  }

  /** 64 bits given as two numbers, each taken modulo 2^32. */
  store64Pair(address: number, low: number, high: number, attrs: MemTxAttrs = MemTxAttrs.UNSPECIFIED): void {
    checkAttrs(attrs)
    const section = this.#select(address)
    const at = address - section.start
    const { cells } = section
    const ram = section.base + at
    if (section.writable && at + 8 <= section.length && cells?.permits(ram, 8)) {
      this.#result = MemTxResult.OK
      if (this.#big) cells.store64Pair(ram, swap32(high), swap32(low))
      else cells.store64Pair(ram, low, high)
    } else this.store64(address, (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0), attrs)
  }

  // A device that was accessed before is found as quickly as memory is.

  #load(address: number, size: number, attrs: MemTxAttrs | undefined): number {
    const given = attrs === undefined ? UNSPECIFIED : checkAttrs(attrs)
    const section = this.#section
    const at = address - this.#start
    const index = at >>> 0
    if (index !== at || index >= section.span || typeof address !== 'number' || given.memory)
      return this.#loadFound(address, size, given)
    const big = section.bigDevice
    const value = section.readDevice.read(section.first + index, size, given, big)
    this.#result = completion.result
    return big === this.#big ? value : swap(value, size)
  }

  #store(address: number, value: number, size: number, attrs: MemTxAttrs | undefined): void {
    const given = attrs === undefined ? UNSPECIFIED : checkAttrs(attrs)
    const section = this.#section
    const at = address - this.#start
    const index = at >>> 0
    if (index !== at || index >= section.span || typeof address !== 'number' || given.memory)
      this.#storeFound(address, value, size, given)
    else {
      const big = section.bigDevice
      section.writeDevice.write(section.first + index, big === this.#big ? value : swap(value, size), size, given, big)
      this.#result = completion.result
    }
  }

  // The long way: what was not accessed last; and memory that is in the other byte order, must be accessed atomically,
  // or is not aligned.

  #loadFound(address: number, size: number, attrs: MemTxAttrs): number {
    const section = this.#select(address)
    const value = loadSection(section, address - section.start, size, attrs, this.#big)
    this.#result = completion.result
    return value
  }

  #storeFound(address: number, value: number, size: number, attrs: MemTxAttrs): void {
    const section = this.#select(address)
    storeSection(section, address - section.start, value, size, attrs, this.#big)
    this.#result = completion.result
  }

  /** The section that holds an address; from here on it is the latest. */
  #select(address: number): Section {
    const latest = this.#section
    const at = address - latest.start
    if (at >>> 0 !== at || at >= latest.length || typeof address !== 'number') return this.#find(address)
    if (latest.loads8 !== this.#loads8 && latest.loads8.length > 0) this.#shorten(latest)
    return latest
  }

  #find(address: number): Section {
    checkAddress(address, 'address')
    const section = this.sections.select(address)
    this.#section = section
    this.#start = section.start
    return section
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

export function checkAttrs(attrs: MemTxAttrs): MemTxAttrs {
  if (!(attrs instanceof MemTxAttrs)) throw new TypeError(`attrs must be MemTxAttrs, got ${show(attrs)}`)
  return attrs
}
