import {
  checkAddress,
  checkBoolean,
  checkBytes,
  checkInteger,
  checkKeys,
  checkObject,
  checkOptions,
  checkText,
  ownOption,
  show,
} from '../check.ts'
import { loadScalar, storeScalar } from '../dispatch/scalar-access.ts'
import { loadBytes, reachesOver, storeBytes } from '../dispatch/seams.ts'
import { NO_LOGS, Section } from '../dispatch/section.ts'
import type { SectionMap } from '../dispatch/section-map.ts'
import { HOST_LITTLE_ENDIAN } from '../host/endian.ts'
import type { Value } from '../ram/access/cell-values.ts'
import { NO_VIEWS } from '../ram/access/section-views.ts'
import { swap, swap16, swap32 } from '../ram/access/views.ts'
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
import { type AddressSpaceOptions, type CheckedSpaceOptions, checkSpaceOptions } from './address-space-options.ts'
import { EndianForms } from './endian-forms.ts'
import { SpaceTree } from './space-tree.ts'

export interface MapOptions {
  /** The device stores to the bytes. False unless said: it loads them. */
  readonly write?: boolean | undefined
  readonly attrs?: MemTxAttrs | undefined
}

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
 * throws a RangeError.
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
  /** The high half of the latest `load64Pair`, unsigned. */
  high: number
  /** @internal */
  readonly settings: CheckedSpaceOptions
  /** What follows the region tree. @internal */
  readonly tree: SpaceTree<AddressSpace>
  readonly #big: boolean
  /** The target's byte order is not the host's, which elements are in. */
  readonly #swaps: boolean
  /** A section that holds no address. */
  readonly #none: Section
  readonly #bounce: BounceBudget
  readonly #splitsSeams: boolean
  readonly #onReject: AddressSpaceOptions['onReject']
  #result = 0
  /** The RAM that the latest access which did not take the fast path was made to. */
  #latestRam: Section
  /** The device that was called last. */
  #latestDevice: Section
  // The fast path: where its RAM starts modulo 2^32, as an integer that the JIT keeps unboxed, and its elements.
  #low = 0
  #loads8: Uint8Array = NO_VIEWS.u8
  #loads16: Uint16Array = NO_VIEWS.u16
  #loads32: Uint32Array = NO_VIEWS.u32
  #stores8: Uint8Array = NO_VIEWS.u8
  #stores16: Uint16Array = NO_VIEWS.u16
  #stores32: Uint32Array = NO_VIEWS.u32
  /**
   * How the fast path stores: 0 as it is. 1 more, with its bytes swapped. 2 more where other threads have the guest RAM: one
   * of them may log all memory, which is looked at after each store (RULES F2).
   */
  #storeWay = 0
  /** In place of `#stores8` where other threads have the guest RAM: `store8` has no other test that could tell. */
  #sharedStores8: Uint8Array = NO_VIEWS.u8
  /** Of its guest RAM (BlockMemory.logs). */
  #logs: Int32Array = NO_LOGS

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
    this.high = 0
    this.settings = settings
    this.#big = settings.big
    this.#swaps = settings.big === HOST_LITTLE_ENDIAN
    this.#none = Section.unassigned(0, 0, settings)
    this.#latestRam = this.#none
    this.#latestDevice = this.#none
    this.#bounce = new BounceBudget(settings.bounceBytes)
    this.#splitsSeams = settings.splitsSeams
    this.#onReject = settings.onReject
    this.tree = new SpaceTree(this, root, settings)
  }

  get endian(): 'little' | 'big' {
    return this.#big ? 'big' : 'little'
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
    this.high = high
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
    this.#latestRam = this.#none
    this.#latestDevice = this.#none
    this.#setFastPath(this.#none)
  }

  // One access each, of 8 to 32 bits, in the target's byte order (RULES I1): memory is loaded or stored at once, a
  // device gets one access of the whole size. An access that is not wholly within one piece of memory is rejected.
  //
  // The fast path is written out in each, for the JIT: integer arithmetic, two compares and an element access. It is for
  // addresses below 2^32, as a guest's registers hold them. The compare with the address fails for one that is higher,
  // negative, fractional or no number; the other, the typed array's own bounds check, for one that is outside the
  // section. The result, MemTxResult.OK, is written as the number that it is: the JIT looks a member of an export up each
  // time, and even a constant of the module's costs 0.3 of 1.9 ns.

  load8(address: number, attrs?: MemTxAttrs): number {
    const word = address >>> 0
    const index = (word - this.#low) >>> 0
    const elements = this.#loads8
    if (word === address && index < elements.length && (attrs === undefined || attrs instanceof MemTxAttrs)) {
      this.#result = 0
      return elements[index] as number
    }
    return this.#load(address, 1, attrs)
  }

  load16(address: number, attrs?: MemTxAttrs): number {
    const word = address >>> 0
    const at = (word - this.#low) >>> 0
    const index = at >>> 1
    const elements = this.#loads16
    if (
      word === address &&
      (at & 1) === 0 &&
      index < elements.length &&
      (attrs === undefined || attrs instanceof MemTxAttrs)
    ) {
      this.#result = 0
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
    if (
      word === address &&
      (at & 3) === 0 &&
      index < elements.length &&
      (attrs === undefined || attrs instanceof MemTxAttrs)
    ) {
      this.#result = 0
      const value = elements[index] as number
      return this.#swaps ? swap32(value) : value
    }
    return this.#load(address, 4, attrs)
  }

  /** @param value Its low 8 bits, as a typed array's element takes them; of the value nothing else is checked. */
  store8(address: number, value: number, attrs?: MemTxAttrs): void {
    const word = address >>> 0
    const index = (word - this.#low) >>> 0
    const elements = this.#stores8
    if (word === address && index < elements.length && (attrs === undefined || attrs instanceof MemTxAttrs)) {
      this.#result = 0
      elements[index] = value
      return
    }
    const shared = this.#sharedStores8
    if (word === address && index < shared.length && (attrs === undefined || attrs instanceof MemTxAttrs)) {
      this.#result = 0
      shared[index] = value
      if (this.#logs[1] !== 0) this.#mark(word, 1)
    } else this.#store(address, value & 0xff, 1, attrs)
  }

  /** @param value Its low 16 bits, as of `store8`. */
  store16(address: number, value: number, attrs?: MemTxAttrs): void {
    const word = address >>> 0
    const at = (word - this.#low) >>> 0
    const index = at >>> 1
    const elements = this.#stores16
    if (
      word === address &&
      (at & 1) === 0 &&
      index < elements.length &&
      (attrs === undefined || attrs instanceof MemTxAttrs)
    ) {
      this.#result = 0
      const way = this.#storeWay
      if (way === 0) elements[index] = value
      else if (way === 2) {
        elements[index] = value
        if (this.#logs[1] !== 0) this.#mark(word, 2)
      } else {
        elements[index] = swap16(value)
        if (way !== 1 && this.#logs[1] !== 0) this.#mark(word, 2)
      }
    } else this.#store(address, value & 0xffff, 2, attrs)
  }

  /** @param value Its low 32 bits, as of `store8`. */
  store32(address: number, value: number, attrs?: MemTxAttrs): void {
    const word = address >>> 0
    const at = (word - this.#low) >>> 0
    const index = at >>> 2
    const elements = this.#stores32
    if (
      word === address &&
      (at & 3) === 0 &&
      index < elements.length &&
      (attrs === undefined || attrs instanceof MemTxAttrs)
    ) {
      this.#result = 0
      const way = this.#storeWay
      if (way === 0) elements[index] = value
      else if (way === 2) {
        elements[index] = value
        if (this.#logs[1] !== 0) this.#mark(word, 4)
      } else {
        elements[index] = swap32(value)
        if (way !== 1 && this.#logs[1] !== 0) this.#mark(word, 4)
      }
    } else this.#store(address, value >>> 0, 4, attrs)
  }

  // 64 bits, one access each, too. As a bigint, or as two numbers of 32 bits.

  load64(address: number, attrs: MemTxAttrs = UNSPECIFIED): bigint {
    checkAttrs(attrs)
    return this.#loadIn(this.#select(address), address, 8, attrs) as bigint
  }

  /** @param value Taken modulo 2^64. */
  store64(address: number, value: bigint, attrs: MemTxAttrs = UNSPECIFIED): void {
    if (typeof value !== 'bigint') throw new TypeError(`value must be a bigint, got ${show(value)}`)
    checkAttrs(attrs)
    this.#storeIn(this.#select(address), address, BigInt.asUintN(64, value), 8, attrs)
  }

  /** 64 bits as two numbers, without a bigint: returns the low half, unsigned, and leaves the high one in `high`. */
  load64Pair(address: number, attrs: MemTxAttrs = UNSPECIFIED): number {
    checkAttrs(attrs)
    const section = this.#select(address)
    const at = address - section.start
    const { cells } = section
    const ram = section.base + at
    if (section.readable && at + 8 <= section.length && cells?.permits(ram, 8)) {
      this.#result = 0
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
  store64Pair(address: number, low: number, high: number, attrs: MemTxAttrs = UNSPECIFIED): void {
    checkAttrs(attrs)
    const section = this.#select(address)
    const at = address - section.start
    const { cells } = section
    const ram = section.base + at
    if (section.writable && at + 8 <= section.length && cells?.permits(ram, 8)) {
      this.#result = 0
      if (this.#big) cells.store64Pair(ram, swap32(high), swap32(low))
      else cells.store64Pair(ram, low, high)
      if (section.logs[0] !== 0) section.mark(ram, 8)
    } else this.store64(address, (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0), attrs)
  }

  // Requests of any length, cut where what is seen changes (RULES E). What lies in one piece of ordered memory, as a
  // descriptor does, goes to its lane at once: `transfer` would do the same with it, after as much work again.

  /**
   * Reads `bytes.length` bytes into `bytes`. Every one of them is written: where nothing is, with zero.
   *
   * @returns The results of the pieces, OR-ed.
   */
  read(address: number | bigint, bytes: Uint8Array, attrs: MemTxAttrs = UNSPECIFIED): MemTxResult {
    const start = guestNumber(address, 'address')
    const own = checkBytes(bytes, 'bytes')
    const { length } = own
    const section = this.tree.sections.select(start)
    const at = start - section.start
    if (attrs !== UNSPECIFIED || section.reads === undefined || at + length > section.length || length === 0)
      return this.#transfer({ kind: 'read', bytes: own, byte: 0 }, start, length, attrs)
    section.reads.copyOut(own, 0, section.base + at, length)
    this.#result = 0
    return 0 as MemTxResult
  }

  /**
   * Writes `bytes`. In order, the last byte last, unless `attrs` are relaxed (S2, S4). As a device's write it goes to RAM
   * also through a readonly alias; to a ROM it does not (RULES E2).
   */
  write(address: number | bigint, bytes: Uint8Array, attrs: MemTxAttrs = UNSPECIFIED): MemTxResult {
    const start = guestNumber(address, 'address')
    const own = checkBytes(bytes, 'bytes')
    const { length } = own
    const section = this.tree.sections.select(start)
    const at = start - section.start
    if (attrs !== UNSPECIFIED || section.writes === undefined || at + length > section.length || length === 0)
      return this.#transfer({ kind: 'write', bytes: own, byte: 0 }, start, length, attrs)
    section.writes.copyIn(section.base + at, own, 0, length)
    if (section.logs[0] !== 0) section.mark(section.base + at, length)
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
    transfer(this.tree.sections, { kind: 'rom', bytes: own, byte: 0 }, address, own.length, UNSPECIFIED)
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
   *   and `length` is over 1 GiB, or over 64 KiB and the guest RAM's `scratchLimit`: it goes by way of one buffer.
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
    const { sections } = this.tree
    if (!(source instanceof AddressSpace)) throw new TypeError(`source must be an AddressSpace, got ${show(source)}`)
    if (copyOn(sections, address, source.tree.sections, sourceAddress, length, attrs)) {
      this.#result = 0
      return 0 as MemTxResult
    }
    const to = guestNumber(address, 'address')
    const from = guestNumber(sourceAddress, 'sourceAddress')
    const size = guestNumber(length, 'length')
    const given = attrs === undefined ? UNSPECIFIED : checkAttrs(attrs)
    const result = copyAnew(sections, to, source.tree.sections, from, size, given)
    return this.#ended(result, to, size, true, given)
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
    return size === 0 ? undefined : mapWindow(this.sections, this.#bounce, start, size, write, attrs)
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
    if (typeof callback !== 'function') throw new TypeError(`callback must be a function, got ${show(callback)}`)
    const { bytes = 1 } = checkOptions<RoomOptions>(options, ['bytes'])
    return this.#bounce.whenRoom(callback, guestNumber(bytes, 'options.bytes'))
  }

  #transfer(request: Transfer, address: number, length: number, attrs: MemTxAttrs): MemTxResult {
    const result = transfer(this.tree.sections, request, address, length, checkAttrs(attrs))
    return this.#ended(result, address, length, request.kind !== 'read', attrs)
  }

  // What the fast path does not take. Below 2^32, what was accessed before is found as quickly: the device that was
  // called last, then other devices and RAM.

  #load(address: number, size: number, attrs: MemTxAttrs | undefined): number {
    const given = attrs === undefined ? UNSPECIFIED : checkAttrs(attrs)
    const word = address >>> 0
    let section = this.#latestDevice
    if ((word - section.start32) >>> 0 >= section.reach32) {
      section = this.tree.sections.candidate(word)
      if (section.callable) this.#latestDevice = section
    }
    const at = (word - section.start32) >>> 0
    if (word !== address || at + size > section.reach32 || given.memory)
      return this.#loadIn(this.#select(address), address, size, given) as number
    if (!section.callable) return this.#loadIn(section, address, size, given) as number
    const big = section.completerBig
    const value = section.readCompleter.read(section.offset + at, size, given, big) as number
    this.#ended(completion.result, address, size, false, given)
    return big === this.#big ? value : swap(value, size)
  }

  #store(address: number, value: number, size: number, attrs: MemTxAttrs | undefined): void {
    const given = attrs === undefined ? UNSPECIFIED : checkAttrs(attrs)
    const word = address >>> 0
    let section = this.#latestDevice
    if ((word - section.start32) >>> 0 >= section.reach32) {
      section = this.tree.sections.candidate(word)
      if (section.callable) this.#latestDevice = section
    }
    const at = (word - section.start32) >>> 0
    if (word !== address || at + size > section.reach32 || given.memory)
      this.#storeIn(this.#select(address), address, value, size, given)
    else if (section.callable) {
      const big = section.completerBig
      section.writeCompleter.write(section.offset + at, big === this.#big ? value : swap(value, size), size, given, big)
      this.#ended(completion.result, address, size, true, given)
    } else this.#storeIn(section, address, value, size, given)
  }

  #loadIn(section: Section, address: number, size: number, attrs: MemTxAttrs): Value {
    this.#considerFastPath(section)
    const value = this.#isSeam(section, address, size, false, attrs)
      ? loadBytes(this.tree.sections, address, size, attrs, this.#big)
      : loadScalar(section, address - section.start, size, attrs, this.#big)
    this.#ended(completion.result, address, size, false, attrs)
    return value
  }

  #storeIn(section: Section, address: number, value: Value, size: number, attrs: MemTxAttrs): void {
    this.#considerFastPath(section)
    if (this.#isSeam(section, address, size, true, attrs))
      storeBytes(this.tree.sections, address, value, size, attrs, this.#big)
    else storeScalar(section, address - section.start, value, size, attrs, this.#big)
    this.#ended(completion.result, address, size, true, attrs)
  }

  /** The access has to be made of several: it reaches over a seam, and this space splits those. */
  #isSeam(section: Section, address: number, size: number, write: boolean, attrs: MemTxAttrs): boolean {
    return this.#splitsSeams && reachesOver(section, this.tree.sections, address, size, write, attrs)
  }

  /** Keeps how an access ended, and has it told where that is not well. */
  #ended(result: MemTxResult, address: number, size: number, write: boolean, attrs: MemTxAttrs): MemTxResult {
    this.#result = result
    if (result !== 0) this.#onReject?.(address, size, write, attrs, result)
    return result
  }

  /** The section that holds an address. */
  #select(address: number): Section {
    return this.tree.sections.select(checkAddress(address, 'address'))
  }

  /** RAM that is accessed twice gets the fast path: accesses to other sections in between don't drive it out. */
  #considerFastPath(section: Section): void {
    const { u8 } = section.views
    if (u8 === this.#loads8 || u8.length === 0) return
    if (section === this.#latestRam) this.#setFastPath(section)
    else this.#latestRam = section
  }

  /** Another thread logs all memory: marks what was just stored on the fast path. */
  #mark(address: number, size: number): void {
    const section = this.tree.sections.select(address)
    section.mark(section.base + (address - section.start), size)
  }

  /** Has the fast path lead to this section. */
  #setFastPath(section: Section): void {
    this.#low = section.start | 0
    const { logs, views } = section
    this.#loads8 = views.u8
    this.#loads16 = views.u16
    this.#loads32 = views.u32
    // Who logs the region in this thread has the fast path forgotten when that begins or ends; stores that must be marked
    // do not take it.
    const stores = section.writable && !section.region?.dirtyLogMask ? views : NO_VIEWS
    const shared = logs[2] !== 0
    this.#storeWay = (this.#swaps ? 1 : 0) + (shared ? 2 : 0)
    this.#stores8 = shared ? NO_VIEWS.u8 : stores.u8
    this.#stores16 = stores.u16
    this.#stores32 = stores.u32
    this.#sharedStores8 = shared ? stores.u8 : NO_VIEWS.u8
    this.#logs = logs
  }
}
