import {
  checkAddress,
  checkBoolean,
  checkBytes,
  checkFunction,
  checkInteger,
  checkKeys,
  checkObject,
  checkOptions,
  checkText,
  ownOption,
  show,
} from '../check.ts'
import { NO_LOGS, type Section } from '../dispatch/section.ts'
import type { SectionMap } from '../dispatch/section-map.ts'
import { HOST_LITTLE_ENDIAN } from '../host/endian.ts'
import type { Value } from '../ram/access/cell-values.ts'
import type { Cells } from '../ram/access/cells.ts'
import { PUN32, PUN64, punFloat, storePair } from '../ram/access/pun.ts'
import { NO_VIEWS } from '../ram/access/section-views.ts'
import { swap, swap16, swap32, swap64 } from '../ram/access/views.ts'
import { PrivatePart } from '../ram/copy/private-part.ts'
import { completion } from '../region/device/completer.ts'
import type { MemoryRegion } from '../region/memory-region.ts'
import { checkRegion } from '../region/tree/region-tree.ts'
import { checkAttrs, MemTxAttrs, UNSPECIFIED } from '../request/attrs.ts'
import { guestNumber } from '../request/guest-address.ts'
import type { MemTxResult } from '../request/result.ts'
import { BounceBudget } from '../transfer/bounce-budget.ts'
import type { DmaWindow } from '../transfer/dma-window.ts'
import { copyAnew, copyOn } from '../transfer/latest-copy.ts'
import { mapWindow } from '../transfer/map-window.ts'
import { type Transfer, transfer } from '../transfer/transfer.ts'
import type { FlatView } from '../view/flat-view.ts'
import { Accesses } from './accesses.ts'
import { type AddressSpaceOptions, type CheckedSpaceOptions, checkSpaceOptions } from './address-space-options.ts'
import { EndianForms } from './endian-forms.ts'
import { SpaceTree } from './space-tree.ts'
import type { Tlb } from './tlb.ts'

/** What `AddressSpace.map` may be told. */
export interface MapOptions {
  /** The device stores to the bytes. False unless said: it loads them. */
  readonly write?: boolean | undefined
  readonly attrs?: MemTxAttrs | undefined
}

/** What `AddressSpace.whenRoom` may be told. */
export interface RoomOptions {
  /** How much is wanted, bytes; 1 unless said. More than the whole budget counts as the whole. */
  readonly bytes?: number | bigint | undefined
}

const MAP_OPTIONS = ['write', 'attrs'] as const
const NO_BYTES = /* @__PURE__ */ new Uint8Array(0)

/**
 * What one bus master sees: addresses, and at each of them what a region tree shows there (QEMU's AddressSpace).
 *
 * Addresses are bytes, integers below 2^53. What a guest can cause is a MemTxResult and throws nothing: an address where
 * nothing is, a write to ROM, an access that a device refuses give DECODE_ERROR, and zero where data is asked for. Of the
 * latest access of this space it stays in `result`. An address that is no such integer is the caller's mistake, and
 * throws a RangeError, what is no number a TypeError; of a bigint or a symbol the engine's own, where the access is of 8 to 32
 * bits: to look for them would take a tenth of it.
 *
 * A space belongs to one thread; the bytes of its RAM are shared. Its accesses are ordered unless their attributes
 * say RELAXED: no store is seen before one that was made before it.
 *
 * Its fields begin with a value where they are declared, all but public ones: ARCHITECTURE.md, "Rules of the hot paths".
 */
export class AddressSpace extends EndianForms {
  readonly name: string
  readonly root: MemoryRegion
  /** The budget of its bounce buffers, bytes (RULES J2). */
  readonly bounceBytes: number
  /** @internal */
  readonly settings: CheckedSpaceOptions
  /** What follows the region tree. @internal */
  readonly tree: SpaceTree<AddressSpace>
  readonly #bounce: BounceBudget
  // How the latest access ended, and the high half of the latest pair.
  #result = 0
  #high = 0
  // What single accesses look at, as the Tlb has it (#take). First its front: as where it starts modulo 2^32, an integer that
  // the JIT keeps unboxed, and its elements.
  #low = 0
  #loads8: Uint8Array = NO_VIEWS.u8
  #loads16: Uint16Array = NO_VIEWS.u16
  #loads32: Uint32Array = NO_VIEWS.u32
  #stores8: Uint8Array = NO_VIEWS.u8
  #stores16: Uint16Array = NO_VIEWS.u16
  #stores32: Uint32Array = NO_VIEWS.u32
  // Then its table, and the elements of the guest RAM that this leads to.
  #pages: Int32Array
  #base = -1
  #pagesAbove: Int32Array
  #all8: Uint8Array = NO_VIEWS.u8
  #all16: Uint16Array = NO_VIEWS.u16
  #all32: Uint32Array = NO_VIEWS.u32
  #all64: BigUint64Array = NO_VIEWS.u64
  #floats: Float64Array | undefined = undefined
  #logs: Int32Array = NO_LOGS
  // And what else it leads to.
  #cells: Cells | undefined = undefined
  /** Of private guest RAM, what the latest request was about, where it has the bytes of one section below 2^32. */
  readonly #private = new PrivatePart()
  /** The target's byte order is not the host's, which elements are in. */
  readonly #swaps: boolean
  // Of two halves in host order the first is not the low one, or they are not in the target's byte order. The arrays stand here
  // as the JIT looks a name of the module up each time.
  readonly #turns: boolean
  readonly #pun32 = PUN32
  readonly #pun64 = PUN64
  readonly #accesses: Accesses
  readonly #tlb: Tlb

  /**
   * @param name For people.
   * @param root What the space shows, from its first byte on.
   */
  constructor(name: string, root: MemoryRegion, options: AddressSpaceOptions = {}) {
    super()
    this.name = checkText(name, 'name')
    checkRegion(root, 'root')
    const settings = checkSpaceOptions(options)
    this.root = root
    this.bounceBytes = settings.bounceBytes
    this.settings = settings
    this.#bounce = new BounceBudget(settings.bounceBytes)
    this.tree = new SpaceTree(this, root, settings)
    this.#accesses = new Accesses(this.tree, settings)
    this.#tlb = this.#accesses.tlb
    this.#pages = this.#pagesAbove = this.#tlb.table.low
    this.#swaps = settings.big === HOST_LITTLE_ENDIAN
    this.#turns = settings.big || !HOST_LITTLE_ENDIAN
  }

  get endian(): 'little' | 'big' {
    return this.settings.big ? 'big' : 'little'
  }

  /** How this space's latest access ended. */
  get result(): MemTxResult {
    return this.#result as MemTxResult
  }

  /** Of an access that was made for this space elsewhere: how it ended. @internal */
  noteResult(result: number): void {
    this.#result = result
  }

  /** The same of a pair: its high half. @internal */
  noteHigh(high: number): void {
    this.#high = high | 0
  }

  /** The high half of the latest `load64Pair`, unsigned. */
  get high(): number {
    return this.#high >>> 0
  }

  /** What is seen at each address, as of the end of the latest transaction. */
  get view(): FlatView {
    return this.tree.sections.view
  }

  /** The sections of the view. @internal */
  get sections(): SectionMap {
    return this.tree.sections
  }

  get destroyed(): boolean {
    return this.tree.destroyed
  }

  /** Lets go of the tree; the space shows nothing from the end of the transaction on, at once where none is open (RULES C10). */
  destroy(): void {
    this.tree.destroy()
  }

  /** @internal */
  forgetSections(): void {
    this.#tlb.forget()
    this.#private.forget()
    this.#take()
  }

  // One access each, in the target's byte order: to plain memory here, all others by Accesses.
  //
  // The front is asked first, then the table. Both ways are written out in each of `load8` to `store32`, for the JIT: integer
  // arithmetic, and an element access. Where nothing is plain, there are no elements. In an entry 4 is LOADS and 8 is STORES,
  // and OK is 0: written as the numbers that they are, as the JIT looks a member of an export up each time, and even a
  // constant of the module's costs 0.3 of 1.9 ns.

  load8(address: number, attrs?: MemTxAttrs): number {
    const word = address >>> 0
    let entry = 0
    if (attrs === undefined || isPlain(attrs)) {
      const at = (word - this.#low) >>> 0
      const front = this.#loads8
      if (word === address && at < front.length) {
        this.#result = 0
        return front[at] as number
      }
      entry = word === address ? (this.#pages[word >>> 12] as number) : this.#above(address, word)
      const ram = (word + (entry & -16)) >>> 0
      const all = this.#all8
      if ((entry & 4) !== 0 && ram < all.length) {
        this.#result = 0
        return all[ram] as number
      }
    }
    return (this.#load(address, 1, attrs, entry) as number) >>> 0
  }

  load16(address: number, attrs?: MemTxAttrs): number {
    const word = address >>> 0
    let entry = 0
    if (attrs === undefined || isPlain(attrs)) {
      const at = (word - this.#low) >>> 0
      const front = this.#loads16
      if (word === address && (at & 1) === 0 && at >>> 1 < front.length) {
        this.#result = 0
        const value = front[at >>> 1] as number
        return this.#swaps ? swap16(value) : value
      }
      entry = word === address ? (this.#pages[word >>> 12] as number) : this.#above(address, word)
      const ram = (word + (entry & -16)) >>> 0
      const all = this.#all16
      if (((word & 1) | (entry & 4)) === 4 && ram >>> 1 < all.length) {
        this.#result = 0
        const value = all[ram >>> 1] as number
        return this.#swaps ? swap16(value) : value
      }
    }
    return (this.#load(address, 2, attrs, entry) as number) >>> 0
  }

  /** Unsigned. */
  load32(address: number, attrs?: MemTxAttrs): number {
    const word = address >>> 0
    let entry = 0
    if (attrs === undefined || isPlain(attrs)) {
      const at = (word - this.#low) >>> 0
      const front = this.#loads32
      if (word === address && (at & 3) === 0 && at >>> 2 < front.length) {
        this.#result = 0
        const value = front[at >>> 2] as number
        return this.#swaps ? swap32(value) : value
      }
      entry = word === address ? (this.#pages[word >>> 12] as number) : this.#above(address, word)
      const ram = (word + (entry & -16)) >>> 0
      const all = this.#all32
      if (((word & 3) | (entry & 4)) === 4 && ram >>> 2 < all.length) {
        this.#result = 0
        const value = all[ram >>> 2] as number
        return this.#swaps ? swap32(value) : value
      }
    }
    return (this.#load(address, 4, attrs, entry) as number) >>> 0
  }

  /** @param value Its low 8 bits, as a typed array's element takes them; of the value nothing else is checked. */
  store8(address: number, value: number, attrs?: MemTxAttrs): void {
    const word = address >>> 0
    let entry = 0
    if (attrs === undefined || isPlain(attrs)) {
      const at = (word - this.#low) >>> 0
      const front = this.#stores8
      if (word === address && at < front.length) {
        this.#result = 0
        front[at] = value
        if (this.#logs[1] !== 0) this.#tlb.mark(address, 1)
        return
      }
      entry = word === address ? (this.#pages[word >>> 12] as number) : this.#above(address, word)
      const ram = (word + (entry & -16)) >>> 0
      const all = this.#all8
      if ((entry & 8) !== 0 && ram < all.length) {
        this.#result = 0
        all[ram] = value
        if (this.#logs[1] !== 0) this.#tlb.mark(address, 1)
        return
      }
    }
    this.#store(address, value & 0xff, 1, attrs, entry)
  }

  /** @param value Its low 16 bits, as of `store8`. */
  store16(address: number, value: number, attrs?: MemTxAttrs): void {
    const word = address >>> 0
    let entry = 0
    if (attrs === undefined || isPlain(attrs)) {
      const at = (word - this.#low) >>> 0
      const front = this.#stores16
      if (word === address && (at & 1) === 0 && at >>> 1 < front.length) {
        this.#result = 0
        if (this.#swaps) front[at >>> 1] = swap16(value)
        else front[at >>> 1] = value
        if (this.#logs[1] !== 0) this.#tlb.mark(address, 2)
        return
      }
      entry = word === address ? (this.#pages[word >>> 12] as number) : this.#above(address, word)
      const ram = (word + (entry & -16)) >>> 0
      const all = this.#all16
      if (((word & 1) | (entry & 8)) === 8 && ram >>> 1 < all.length) {
        this.#result = 0
        if (this.#swaps) all[ram >>> 1] = swap16(value)
        else all[ram >>> 1] = value
        if (this.#logs[1] !== 0) this.#tlb.mark(address, 2)
        return
      }
    }
    this.#store(address, value & 0xffff, 2, attrs, entry)
  }

  /** @param value Its low 32 bits, as of `store8`. */
  store32(address: number, value: number, attrs?: MemTxAttrs): void {
    const word = address >>> 0
    let entry = 0
    if (attrs === undefined || isPlain(attrs)) {
      const at = (word - this.#low) >>> 0
      const front = this.#stores32
      if (word === address && (at & 3) === 0 && at >>> 2 < front.length) {
        this.#result = 0
        if (this.#swaps) front[at >>> 2] = swap32(value)
        else front[at >>> 2] = value
        if (this.#logs[1] !== 0) this.#tlb.mark(address, 4)
        return
      }
      entry = word === address ? (this.#pages[word >>> 12] as number) : this.#above(address, word)
      const ram = (word + (entry & -16)) >>> 0
      const all = this.#all32
      if (((word & 3) | (entry & 8)) === 8 && ram >>> 2 < all.length) {
        this.#result = 0
        if (this.#swaps) all[ram >>> 2] = swap32(value)
        else all[ram >>> 2] = value
        if (this.#logs[1] !== 0) this.#tlb.mark(address, 4)
        return
      }
    }
    this.#store(address, value >>> 0, 4, attrs, entry)
  }

  // 64 bits, one access each, too. As a bigint, or as two numbers of 32 bits.

  load64(address: number, attrs?: MemTxAttrs): bigint {
    const word = wordOf(address)
    let entry = 0
    if (attrs === undefined || isPlain(attrs)) {
      entry = word === address ? (this.#pages[word >>> 12] as number) : this.#above(address, word)
      const ram = (word + (entry & -16)) >>> 0
      const all = this.#all64
      if ((word & 7) === 0 && (entry & 4) !== 0 && ram >>> 3 < all.length) {
        this.#result = 0
        const value = all[ram >>> 3] as bigint
        return this.#swaps ? swap64(value) : value
      }
    }
    return this.#load(address, 8, attrs, entry) as bigint
  }

  /** @param value Taken modulo 2^64. */
  store64(address: number, value: bigint, attrs?: MemTxAttrs): void {
    if (typeof value !== 'bigint') throw new TypeError(`value must be a bigint, got ${show(value)}`)
    const word = wordOf(address)
    let entry = 0
    if (attrs === undefined || isPlain(attrs)) {
      entry = word === address ? (this.#pages[word >>> 12] as number) : this.#above(address, word)
      const ram = (word + (entry & -16)) >>> 0
      const all = this.#all64
      if ((word & 7) === 0 && (entry & 8) !== 0 && ram >>> 3 < all.length) {
        this.#result = 0
        all[ram >>> 3] = this.#swaps ? swap64(value) : value
        if (this.#logs[1] !== 0) this.#tlb.mark(address, 8)
        return
      }
    }
    this.#store(address, BigInt.asUintN(64, value), 8, attrs, entry)
  }

  /** 64 bits as two numbers, without a bigint: returns the low half, unsigned, and leaves the high one in `high`. */
  load64Pair(address: number, attrs?: MemTxAttrs): number {
    const word = wordOf(address)
    let entry = 0
    if (attrs === undefined || isPlain(attrs)) {
      entry = word === address ? (this.#pages[word >>> 12] as number) : this.#above(address, word)
      const ram = (word + (entry & -16)) >>> 0
      const all = this.#all64
      if ((word & 7) === 0 && (entry & 4) !== 0 && ram >>> 3 < all.length) {
        this.#result = 0
        const floats = this.#floats
        const halves = this.#pun32
        if (floats === undefined) this.#pun64[0] = all[ram >>> 3] as bigint
        else punFloat(all, floats, ram >>> 3)
        const first = halves[0] as number
        this.#high = (halves[1] as number) | 0
        return this.#turns ? this.#turn(first) : first
      }
    }
    const low = this.#accesses.loadPair(address, attrs, entry)
    this.#high = this.#accesses.high | 0
    this.#end(address, 8, false, attrs)
    return low
  }

  /** 64 bits given as two numbers, each taken modulo 2^32. */
  store64Pair(address: number, low: number, high: number, attrs?: MemTxAttrs): void {
    const word = wordOf(address)
    let entry = 0
    if (attrs === undefined || isPlain(attrs)) {
      entry = word === address ? (this.#pages[word >>> 12] as number) : this.#above(address, word)
      const ram = (word + (entry & -16)) >>> 0
      const all = this.#all64
      if ((word & 7) === 0 && (entry & 8) !== 0 && ram >>> 3 < all.length) {
        this.#result = 0
        if (this.#swaps) storePair(all, this.#floats, ram >>> 3, swap32(high), swap32(low))
        else storePair(all, this.#floats, ram >>> 3, low, high)
        if (this.#logs[1] !== 0) this.#tlb.mark(address, 8)
        return
      }
    }
    this.#accesses.storePair(address, low, high, attrs, entry)
    this.#end(address, 8, true, attrs)
  }

  /** Of two halves in host order, of which `high` is the second: keeps the high one in the target's order, returns the low one. */
  #turn(first: number): number {
    const second = this.high
    const { big } = this.settings
    const low = big ? second : first
    const high = big ? first : second
    this.#high = (this.#swaps ? swap32(high) : high) | 0
    return this.#swaps ? swap32(low) : low
  }

  /** What the table has of an address with these low 32 bits, from 2^32 on; 0 where it has nothing, and of what is no address. */
  #above(address: number, word: number): number {
    return this.#base + word === address ? (this.#pagesAbove[word >>> 12] as number) : 0
  }

  // All others. What the table says is RAM is unaligned, or atomic, or has moved; Accesses has the rest, devices first, in methods
  // that are too long to be inlined.

  /** @param entry What the table has of the address. It is 0 where `attrs` are a debugger's, or none. */
  #load(address: number, size: number, attrs: MemTxAttrs | undefined, entry: number): Value {
    const ram = ((address >>> 0) + (entry & -16)) >>> 0
    if ((entry & 4) === 0 || size === 8 || !this.#permits(ram, size)) {
      const value = this.#accesses.load(address, size, attrs, entry)
      this.#end(address, size, false, attrs)
      return value
    }
    this.#result = 0
    const cells = this.#cells as Cells
    const { words } = cells
    let value: number
    if (size !== 4) value = size === 2 ? cells.load16(ram) : cells.load8(ram)
    else value = words !== undefined && (ram & words.bits) === 0 ? words.load32(ram) : cells.load32(ram)
    // A number over 2^31 is an object where the JIT does not know that it is one of 32 bits.
    return (this.settings.big ? swap(value, size) : value) | 0
  }

  #store(address: number, value: Value, size: number, attrs: MemTxAttrs | undefined, entry: number): void {
    const ram = ((address >>> 0) + (entry & -16)) >>> 0
    if ((entry & 8) === 0 || typeof value === 'bigint' || !this.#permits(ram, size)) {
      this.#accesses.store(address, value, size, attrs, entry)
      this.#end(address, size, true, attrs)
      return
    }
    this.#result = 0
    const cells = this.#cells as Cells
    const little = this.settings.big ? swap(value, size) : value
    if (size === 4) cells.store32(ram, little)
    else if (size === 2) cells.store16(ram, little)
    else cells.store8(ram, little)
    if (this.#logs[1] !== 0) this.#tlb.mark(address, size)
  }

  /**
   * An access at `ram` may be made by the cells, within its page. Not where their memory has moved: Accesses has them taken
   * anew.
   */
  #permits(ram: number, size: number): boolean {
    const cells = this.#cells
    if (cells === undefined || !(cells.atomic || this.#all8.length !== 0)) return false
    return (ram & (size - 1)) === 0 || ((ram & 4095) + size <= 4096 && cells.permits(ram, size))
  }

  /** After an access or a request that was made elsewhere: keeps how it ended, and has it told where that is not well. */
  #end(address: number, size: number, write: boolean, attrs: MemTxAttrs = UNSPECIFIED): MemTxResult {
    if (this.#tlb.moved) this.#take()
    const { result } = completion
    this.#result = result
    if (result !== 0 && !attrs.debug) this.#tell(address, size, write, attrs, result)
    return result
  }

  #tell(address: number, size: number, write: boolean, attrs: MemTxAttrs, result: MemTxResult): void {
    // Who is told may make accesses of this space: the one that it was told of is the latest all the same.
    const high = this.#high
    this.settings.onReject?.(address, size, write, attrs, result)
    this.#high = high
    this.#result = result
  }

  /** Keeps what the Tlb has now where the ways above look. */
  #take(): void {
    const { front, table, elements, floats, logs, cells } = this.#tlb
    this.#tlb.moved = false
    const loads = front?.views ?? NO_VIEWS
    // Who logs the region in this thread has all of this forgotten when that begins or ends.
    const stores = front?.writable && !front.region?.dirtyLogMask ? loads : NO_VIEWS
    this.#low = (front?.start ?? 0) | 0
    this.#loads8 = loads.u8
    this.#loads16 = loads.u16
    this.#loads32 = loads.u32
    this.#stores8 = stores.u8
    this.#stores16 = stores.u16
    this.#stores32 = stores.u32
    this.#pages = table.low
    this.#base = table.base
    this.#pagesAbove = table.high
    this.#all8 = elements.u8
    this.#all16 = elements.u16
    this.#all32 = elements.u32
    this.#all64 = elements.u64
    this.#floats = floats
    this.#logs = logs
    this.#cells = cells
  }

  // Requests of any length, cut where what is seen changes (RULES E). What lies in one piece of ordered memory, as a
  // descriptor does, goes to its lane at once: `transfer` would do the same with it, after as much work again.

  /**
   * Reads `bytes.length` bytes into `bytes`. Every one of them is written: where nothing is, with zero.
   *
   * @returns The results of the pieces, OR-ed.
   */
  read(address: number | bigint, bytes: Uint8Array, attrs: MemTxAttrs = UNSPECIFIED): MemTxResult {
    if (bytes === this.#private.apart && attrs === UNSPECIFIED && this.#private.read(address, bytes)) {
      this.#result = 0
      return 0 as MemTxResult
    }
    const start = guestNumber(address, 'address')
    const own = checkBytes(bytes, 'bytes')
    const { length } = own
    const section = this.tree.sections.select(start)
    const at = start - section.start
    if (attrs !== UNSPECIFIED || section.reads === undefined || at + length > section.length || length === 0)
      return this.#transfer({ kind: 'read', bytes: own, byte: 0 }, start, length, attrs)
    section.reads.copyOut(own, 0, section.base + at, length)
    if (section.reads.apart !== undefined) this.#takePrivate(section)
    this.#result = 0
    return 0 as MemTxResult
  }

  /**
   * Writes `bytes`. In order, the last byte last, unless `attrs` are relaxed (S2, S4). As a device's write it goes to RAM
   * also through a readonly alias; to a ROM it does not (RULES E2).
   */
  write(address: number | bigint, bytes: Uint8Array, attrs: MemTxAttrs = UNSPECIFIED): MemTxResult {
    if (bytes === this.#private.apart && attrs === UNSPECIFIED && this.#private.write(address, bytes)) {
      this.#result = 0
      return 0 as MemTxResult
    }
    const start = guestNumber(address, 'address')
    const own = checkBytes(bytes, 'bytes')
    const { length } = own
    const section = this.tree.sections.select(start)
    const at = start - section.start
    if (attrs !== UNSPECIFIED || section.writes === undefined || at + length > section.length || length === 0)
      return this.#transfer({ kind: 'write', bytes: own, byte: 0 }, start, length, attrs)
    section.writes.copyIn(section.base + at, own, 0, length)
    if (section.logs[0] !== 0) section.mark(section.base + at, length)
    if (section.writes.apart !== undefined) this.#takePrivate(section)
    this.#result = 0
    return 0 as MemTxResult
  }

  /**
   * Writes `length` bytes of one value, as `write` would.
   *
   * @param value 0 to 255.
   * @param length Bytes, 0 to 2^53 - 1.
   */
  fill(address: number | bigint, value: number, length: number | bigint, attrs: MemTxAttrs = UNSPECIFIED): MemTxResult {
    const start = guestNumber(address, 'address')
    const byte = checkInteger(value, 'value', 0, 255)
    return this.#transfer({ kind: 'fill', bytes: NO_BYTES, byte }, start, guestNumber(length, 'length'), attrs)
  }

  /**
   * Writes `bytes` to what a guest can only read, too: firmware, before the guest runs. ROM devices in romd mode take
   * them as well; what is no memory is passed over, and no handler is called (RULES E12).
   */
  writeRom(address: number, bytes: Uint8Array): void {
    checkAddress(address, 'address')
    const own = checkBytes(bytes, 'bytes')
    transfer(this.tree.sections.plain, { kind: 'rom', bytes: own, byte: 0 }, address, own.length, UNSPECIFIED)
  }

  /**
   * Copies guest bytes to guest bytes, as one `read` and one `write` of them would: in order, the last byte last, also
   * where the ranges overlap (H12, H13). RAM is copied in one go; what a device gives or takes goes by way of a buffer.
   *
   * @param address Where they go in this space, bytes.
   * @param source The space they are read through; this one, or another of this thread.
   * @param sourceAddress Bytes.
   * @param length Bytes.
   * @returns The results of both, OR-ed. ERROR, and nothing is copied, where ranges overlap in several pieces of memory,
   *   and `length` is over 1 GiB, or over 64 KiB and the guest RAM's `scratchLimit`: it goes by way of one buffer. What lies
   *   behind an IOMMU may overlap with all other memory.
   * @throws RangeError, before anything is copied, where ranges overlap in one piece, and the guest RAM's `scratchLimit`
   *   forbids it.
   */
  copy(
    address: number | bigint,
    source: AddressSpace,
    sourceAddress: number | bigint,
    length: number | bigint,
    attrs?: MemTxAttrs,
  ): MemTxResult {
    const isPrivate = this.#private.bytes !== 0 && source === this && attrs === undefined
    if (isPrivate && this.#private.copy(address, sourceAddress, length)) {
      this.#result = 0
      return 0 as MemTxResult
    }
    const { sections } = this.tree
    if (!(source instanceof AddressSpace)) throw new TypeError(`source must be an AddressSpace, got ${show(source)}`)
    if (copyOn(sections, address, source.tree.sections, sourceAddress, length, attrs)) {
      if (isPrivate) this.#takePrivate(sections.copiedTo)
      this.#result = 0
      return 0 as MemTxResult
    }
    const to = guestNumber(address, 'address')
    const from = guestNumber(sourceAddress, 'sourceAddress')
    const size = guestNumber(length, 'length')
    const given = attrs === undefined ? UNSPECIFIED : checkAttrs(attrs)
    // Not afterwards, as a handler may have changed the map by then.
    this.#takePrivate(sections.select(to))
    completion.result = copyAnew(sections, to, source.tree.sections, from, size, given)
    return this.#end(to, size, true, given)
  }

  /**
   * Lends guest bytes to a device, until it gives them back with `unmap` (RULES J1-J3). The window is on the memory
   * itself where the route of such a request says that anything may touch it; else it is a bounce buffer.
   *
   * What is there now is what the window is on, for good: when the map changes, a direct window still shows the memory
   * that it was made on, and a bounce buffer is written back to where it would have been.
   *
   * @param address Bytes, 0 to 2^53 - 1.
   * @param length Bytes; what is granted may be less: it ends where the memory does, or an IOMMU's page leads elsewhere,
   *   or the budget for bounce buffers.
   * @returns Undefined where nothing can be lent: for no bytes, and where no bounce buffer is left; `whenRoom` tells
   *   when one is.
   */
  map(address: number | bigint, length: number | bigint, options: MapOptions = {}): DmaWindow | undefined {
    const start = guestNumber(address, 'address')
    const size = guestNumber(length, 'length')
    checkKeys(checkObject(options, 'options'), MAP_OPTIONS, 'options')
    const write = ownOption(options, 'write', false)
    const attrs = ownOption(options, 'attrs', UNSPECIFIED)
    checkBoolean(write, 'options.write')
    checkAttrs(attrs)
    return size === 0 ? undefined : mapWindow(this.tree, this.#bounce, start, size, write, attrs)
  }

  /** What is left for bounce buffers, bytes. */
  get bounceBytesLeft(): number {
    return this.#bounce.left
  }

  /**
   * Calls back once, when a bounce buffer of `bytes` bytes can be had (QEMU's map clients, RULES J4): soon, where one can
   * already; else after an `unmap` that gives enough back. Of several that can be served, who came first is called first;
   * one that wants more than there is keeps no other waiting. Each call is made in a task, after the timers that are due.
   * One that throws keeps none from being called: its error is an uncaught one.
   *
   * A space whose `bounceBytes` are 0 never calls.
   *
   * @returns What takes it back.
   */
  whenRoom(callback: () => void, options: RoomOptions = {}): () => void {
    checkFunction(callback, 'callback')
    const { bytes = 1 } = checkOptions<RoomOptions>(options, ['bytes'])
    return this.#bounce.whenRoom(callback, guestNumber(bytes, 'options.bytes'))
  }

  /**
   * Keeps what may be gone on with in a quicker way: a section of private guest RAM that is loaded from and stored to directly,
   * while nobody logs it. All is forgotten when one of these may have changed: other threads have no part in private bytes.
   */
  #takePrivate({ region, reads, writes, logs, views, start }: Section): void {
    if (reads?.apart !== undefined && writes === reads && region?.cacheMode === 'normal' && logs[0] === 0)
      this.#private.take(reads.apart, views.u8, start)
  }

  #transfer(request: Transfer, address: number, length: number, attrs: MemTxAttrs): MemTxResult {
    completion.result = transfer(this.tree.sections, request, address, length, checkAttrs(attrs))
    return this.#end(address, length, request.kind !== 'read', attrs)
  }
}

/** The low 32 bits of what should be an address. Of a bigint there are none. */
function wordOf(address: number): number {
  return typeof address === 'number' ? address >>> 0 : checkAddress(address, 'address')
}

/** Not a debugger's: device memory refuses those, and they mark nothing. Of what is none, Accesses says so. */
function isPlain(attrs: MemTxAttrs): boolean {
  return attrs instanceof MemTxAttrs && !attrs.debug
}
