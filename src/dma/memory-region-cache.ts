import { checkAddress, checkBoolean, checkBytes, checkInteger, checkOptions, show } from '../check.ts'
import { loadScalar, storeScalar } from '../dispatch/scalar-access.ts'
import { Section } from '../dispatch/section.ts'
import { taps } from '../dispatch/section-map.ts'
import type { Value } from '../ram/access/cell-values.ts'
import { checkBlock } from '../ram/ram-block.ts'
import { completion } from '../region/device/completer.ts'
import type { MemoryRegion } from '../region/memory-region.ts'
import { checkAttrs, MemTxAttrs } from '../request/attrs.ts'
import { guestNumber } from '../request/guest-address.ts'
import type { MemTxResult } from '../request/result.ts'
import type { AddressSpace } from '../space/address-space.ts'
import { checkSpace } from '../space/check-space.ts'
import { EndianForms } from '../space/endian-forms.ts'
import { transfer } from '../transfer/transfer.ts'
import type { FlatRange, FlatView } from '../view/flat-view.ts'

/** What `new MemoryRegionCache` may be told. */
export interface MemoryRegionCacheOptions {
  /** Stores and writes are made through it, too. False unless said. */
  readonly write?: boolean | undefined
}

/**
 * A part of an address space that a device accesses again and again, such as a ring of descriptors, looked up once
 * (QEMU's MemoryRegionCache, RULES J5). What was there when it was made is what is accessed, also after the map has
 * changed: `stale` tells, and who owns the cache makes another.
 *
 * Offsets are bytes from its start. Its accesses are made as an AddressSpace makes them: `load8` to `store64` are one
 * access each, `read` and `write` are in order and in pieces that a device takes, and results are in `result`. To go over its
 * end is the device author's mistake, and throws a RangeError, as does a value to store that is no integer. Every argument
 * of every access is checked. A thread's, as the space is.
 */
export class MemoryRegionCache extends EndianForms {
  readonly space: AddressSpace
  /** In the space, bytes; 2^53 for a guest's address that lies higher, where nothing is. */
  readonly address: number
  /** Bytes: as many as asked for, or up to where another region, another RAM block or nothing begins. */
  readonly length: number
  /** The accesses go to guest RAM; else to handlers, or through an IOMMU, which is asked each time. */
  readonly direct: boolean
  readonly #write: boolean
  #section: Section
  /** The one section there is, for `transfer`. */
  #map: { select(address: number): Section }
  /** What was tapped and counted when the section was made. */
  #version = taps.version
  readonly #big: boolean
  /** What was shown there when it was made. */
  readonly #shown: Shown
  /** The latest view in which the same was shown. */
  #view: FlatView
  #result = 0 as MemTxResult

  /**
   * @param address Bytes; a guest's, so a bigint too. From 2^53 on nothing is mapped: each access is a DECODE_ERROR.
   * @param length Bytes, from 1 on; a guest's too.
   */
  constructor(
    space: AddressSpace,
    address: number | bigint,
    length: number | bigint,
    options: MemoryRegionCacheOptions = {},
  ) {
    super()
    checkSpace(space, 'space')
    const start = guestNumber(address, 'address')
    const bytes = checkInteger(guestNumber(length, 'length'), 'length', 1, 2 ** 53)
    const { write = false } = checkOptions<MemoryRegionCacheOptions>(options, ['write'])
    this.#write = checkBoolean(write, 'options.write')
    this.space = space
    this.address = start
    this.#big = space.endian === 'big'
    this.#view = space.view
    this.#shown = shownAt(this.#view, start)
    const plain = this.#make()
    this.length = Math.min(bytes, plain.end - start)
    this.direct = plain.route(this.#write, true) !== 'ops'
    const section = this.#find()
    this.#section = section
    this.#map = { select: () => section }
  }

  /** What is accessed; undefined where nothing was mapped. */
  get region(): MemoryRegion | undefined {
    return this.#section.region
  }

  get endian(): 'little' | 'big' {
    return this.space.endian
  }

  /** The result of the latest access through this cache. */
  get result(): MemTxResult {
    return this.#result
  }

  /**
   * The space shows something else at these addresses than when the cache was made; a change elsewhere makes nothing
   * stale. What lies behind an IOMMU is looked up for each access, and is never stale. To ask allocates no sparse RAM.
   */
  get stale(): boolean {
    const { view } = this.space
    if (view === this.#view) return false
    if (!isSame(this.#shown, shownAt(view, this.address), this.address + this.length)) return true
    this.#view = view
    return false
  }

  load8(offset: number, attrs?: MemTxAttrs): number {
    return this.#load(offset, 1, attrs) as number
  }

  load16(offset: number, attrs?: MemTxAttrs): number {
    return this.#load(offset, 2, attrs) as number
  }

  /** Unsigned. */
  load32(offset: number, attrs?: MemTxAttrs): number {
    return this.#load(offset, 4, attrs) as number
  }

  load64(offset: number, attrs?: MemTxAttrs): bigint {
    return this.#load(offset, 8, attrs) as bigint
  }

  // Values are integers, and taken modulo what the size holds.

  store8(offset: number, value: number, attrs?: MemTxAttrs): void {
    this.#store(offset, checkValue(value) & 0xff, 1, attrs)
  }

  store16(offset: number, value: number, attrs?: MemTxAttrs): void {
    this.#store(offset, checkValue(value) & 0xffff, 2, attrs)
  }

  store32(offset: number, value: number, attrs?: MemTxAttrs): void {
    this.#store(offset, checkValue(value) >>> 0, 4, attrs)
  }

  /** @param value Taken modulo 2^64. */
  store64(offset: number, value: bigint, attrs?: MemTxAttrs): void {
    this.#store(offset, BigInt.asUintN(64, checkBigint(value)), 8, attrs)
  }

  // These may swap the value before it is stored: it is checked first.

  override store16le(offset: number, value: number, attrs?: MemTxAttrs): void {
    super.store16le(offset, checkValue(value), attrs)
  }

  override store16be(offset: number, value: number, attrs?: MemTxAttrs): void {
    super.store16be(offset, checkValue(value), attrs)
  }

  override store32le(offset: number, value: number, attrs?: MemTxAttrs): void {
    super.store32le(offset, checkValue(value), attrs)
  }

  override store32be(offset: number, value: number, attrs?: MemTxAttrs): void {
    super.store32be(offset, checkValue(value), attrs)
  }

  override store64le(offset: number, value: bigint, attrs?: MemTxAttrs): void {
    super.store64le(offset, checkBigint(value), attrs)
  }

  override store64be(offset: number, value: bigint, attrs?: MemTxAttrs): void {
    super.store64be(offset, checkBigint(value), attrs)
  }

  /** Reads `bytes.length` bytes from `offset` on, as AddressSpace.read does. */
  read(offset: number, bytes: Uint8Array, attrs: MemTxAttrs = MemTxAttrs.UNSPECIFIED): MemTxResult {
    const checked = checkBytes(bytes, 'bytes')
    return this.#transfer('read', this.#place(offset, checked.length), checked, attrs)
  }

  /** Writes `bytes` from `offset` on, as AddressSpace.write does. */
  write(offset: number, bytes: Uint8Array, attrs: MemTxAttrs = MemTxAttrs.UNSPECIFIED): MemTxResult {
    const checked = checkBytes(bytes, 'bytes')
    return this.#transfer('write', this.#writable(offset, checked.length), checked, attrs)
  }

  #transfer(kind: 'read' | 'write', at: number, bytes: Uint8Array, attrs: MemTxAttrs): MemTxResult {
    const start = this.#section.start + at
    const { length } = bytes
    completion.result = transfer(this.#map, { kind, bytes, byte: 0 }, start, length, checkAttrs(attrs))
    return this.#end(start, length, kind === 'write', attrs)
  }

  #load(offset: number, size: number, attrs: MemTxAttrs = MemTxAttrs.UNSPECIFIED): Value {
    const at = this.#place(offset, size)
    const { start } = this.#section
    const value = loadScalar(this.#section, at, size, checkAttrs(attrs), this.#big)
    this.#end(start + at, size, false, attrs)
    return value
  }

  #store(offset: number, value: Value, size: number, attrs: MemTxAttrs = MemTxAttrs.UNSPECIFIED): void {
    const at = this.#writable(offset, size)
    const { start } = this.#section
    storeScalar(this.#section, at, value, size, checkAttrs(attrs), this.#big)
    this.#end(start + at, size, true, attrs)
  }

  /** Keeps how an access ended, and has its space told where that is not well. */
  #end(address: number, size: number, write: boolean, attrs: MemTxAttrs): MemTxResult {
    const { result } = completion
    this.#result = result
    const { onReject } = this.space.settings
    if (result !== 0 && !attrs.debug && onReject) {
      onReject(address, size, write, attrs, result)
      // It may have made accesses of the cache.
      this.#result = result
    }
    return result
  }

  #make(): Section {
    const { settings } = this.space
    const { range, end } = this.#shown
    return range === undefined
      ? Section.unassigned(this.address, end, settings)
      : Section.ofRange(range, this.address, settings)
  }

  /** The section, as it tells taps, and is counted, from now on. */
  #find(): Section {
    const { space } = this
    const section = this.#make()
    space.tree.refine?.(section)
    if (taps.refine === undefined) return section
    const tapped = this.#make()
    space.tree.refine?.(tapped)
    taps.refine(space, tapped, section)
    return tapped
  }

  /** A request that is under way keeps the section that it began with. */
  #renew(): void {
    const section = this.#find()
    this.#version = taps.version
    this.#section = section
    this.#map = { select: () => section }
  }

  /** Where an access begins in the section, bytes. */
  #place(offset: number, size: number): number {
    if (this.#version !== taps.version) this.#renew()
    const { block } = this.#section
    if (block !== undefined) checkBlock(block, 'block of the cache')
    if (!Number.isInteger(offset) || offset < 0 || offset + size > this.length) {
      checkAddress(offset, 'offset')
      throw new RangeError(`offset and ${size} bytes must end within ${this.length}, got ${offset}`)
    }
    return this.address - this.#section.start + offset
  }

  #writable(offset: number, size: number): number {
    if (!this.#write) throw new TypeError('options.write must be true for a cache that is written to, got false')
    return this.#place(offset, size)
  }
}

function checkValue(value: number): number {
  if (typeof value !== 'number') throw new TypeError(`value must be a number, got ${show(value)}`)
  if (!Number.isInteger(value)) throw new RangeError(`value must be an integer, got ${value}`)
  return value
}

function checkBigint(value: bigint): bigint {
  if (typeof value !== 'bigint') throw new TypeError(`value must be a bigint, got ${show(value)}`)
  return value
}

/** What a view shows from some address on. */
interface Shown {
  /** Undefined where nothing is mapped. */
  readonly range: FlatRange | undefined
  /** The address behind the last. */
  readonly end: number
}

/**
 * The range that holds an address, with what follows of the same region at contiguous offsets: ranges that differ by how
 * they are shown only are one to a device (RULES J1, E2).
 */
function shownAt(view: FlatView, address: number): Shown {
  const { ranges } = view
  const index = view.indexAt(address)
  const range = ranges[index]
  if (range === undefined || address >= range.end)
    return { range: undefined, end: ranges[index + 1]?.start ?? Number.POSITIVE_INFINITY }
  let { end } = range
  for (let i = index + 1; i < ranges.length; i++) {
    const next = ranges[i] as FlatRange
    const goesOn =
      next.region === range.region && next.start === end && next.offset === range.offset + (end - range.start)
    if (!goesOn) break
    end = next.end
  }
  return { range: { ...range, end }, end }
}

/** Up to `end`, an access to one goes where an access to the other goes. */
function isSame(then: Shown, now: Shown, end: number): boolean {
  if (now.end < end) return false
  const [was, is] = [then.range, now.range]
  if (was === undefined || is === undefined) return was === is
  return (
    is.region === was.region &&
    is.offset - is.start === was.offset - was.start &&
    is.rom === was.rom &&
    is.romd === was.romd &&
    (is.region.block === undefined || is.dirtyLogMask === was.dirtyLogMask)
  )
}
