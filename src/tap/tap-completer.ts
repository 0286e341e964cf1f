import { show } from '../check.ts'
import { loadScalar, storeScalar } from '../dispatch/scalar-access.ts'
import type { Section } from '../dispatch/section.ts'
import type { Value } from '../ram/access/cell-values.ts'
import { partOf } from '../ram/access/user-part.ts'
import { type Completer, completion, type Perform } from '../region/device/completer.ts'
import { REJECTING } from '../region/device/rejecting-completer.ts'
import type { MemTxAttrs } from '../request/attrs.ts'
import type { MemTxResult } from '../request/result.ts'
import type { AddressSpace } from '../space/address-space.ts'
import { transfer } from '../transfer/transfer.ts'
import type { SetTap } from './set-tap.ts'
import type { TapAccess } from './tap-access.ts'

/** What a tap is told of in one range of a space, by address. */
export interface Part {
  readonly tap: SetTap
  readonly start: number
  readonly end: number
}

/** The sections that accesses go by. */
export interface PlainMap {
  select(address: number): Section
}

const OK = 0 as MemTxResult

/**
 * Carries out the accesses that begin in a tapped section: in the section that would be there without taps, so that all is as
 * it would be, and tells the taps before and after. Accesses go by address, as a section of RAM that was not allocated yet is
 * another one later.
 */
export class TapCompleter implements Completer {
  readonly maxSize: number
  readonly unaligned: boolean
  readonly endianness: Completer['endianness']
  readonly asks: boolean
  readonly atomics: Completer['atomics']
  readonly readsRuns: number | undefined
  readonly writesRuns: number | undefined
  readonly requests: Completer | undefined
  readonly debug: Completer | undefined
  readonly #inner: Completer
  readonly #plain: PlainMap
  readonly #big: boolean
  readonly #shift: number
  readonly #space: AddressSpace
  readonly #parts: readonly Part[]
  readonly #section: Section
  readonly #dma: boolean

  /**
   * @param section The tapped one. Its block is asked for before it loses it.
   * @param shift What an address of the section is less than what taps are told: behind an IOMMU, of a space that is tapped before
   *   it.
   * @param inner What answers in its place where no tap is.
   * @param write It is for writes.
   * @param dma It is for the pieces of requests.
   */
  constructor(
    section: Section,
    inner: Completer,
    plain: PlainMap,
    shift: number,
    space: AddressSpace,
    parts: readonly Part[],
    write: boolean,
    dma = false,
  ) {
    // Requests to memory come in one piece, as they would without a tap.
    const whole = dma && section.route(write, true) !== 'ops'
    this.maxSize = inner.maxSize
    this.unaligned = inner.unaligned
    this.endianness = inner.endianness
    this.asks = inner.asks === true
    this.atomics = inner.atomics
    this.readsRuns = whole ? 0 : inner.readsRuns
    this.writesRuns = whole ? 0 : inner.writesRuns
    this.debug = inner.debug
    this.#inner = inner
    this.#plain = plain
    this.#big = space.settings.big
    this.#shift = shift
    this.#space = space
    this.#parts = parts
    this.#section = section
    this.#dma = dma
    if (!dma)
      this.requests =
        // What nothing accepts is rejected in few steps, however long it is.
        inner.requests === REJECTING && !whole
          ? REJECTING
          : new TapCompleter(section, inner, plain, shift, space, parts, write, true)
  }

  get bus(): undefined {
    return undefined
  }

  accepts(offset: number, size: number, isWrite: boolean, attrs: MemTxAttrs): boolean {
    return this.#inner.accepts(offset, size, isWrite, attrs)
  }

  read(offset: number, size: number, attrs: MemTxAttrs, big: boolean): Value {
    const address = this.#addressOf(offset)
    const kind = attrs.fetch ? 'fetch' : 'read'
    const nothing = size === 8 ? 0n : 0
    const given = this.#tell(kind, true, address, size, nothing, big, OK, attrs)
    if (given !== undefined) {
      completion.result = OK
      return given
    }
    const section = this.#plain.select(address)
    const at = address - section.start
    const value = this.#dma
      ? (section.device(false) as Completer).read(section.offset + at, size, attrs, big)
      : loadScalar(section, at, size, attrs, big)
    const { result } = completion
    const replaced = this.#tell(kind, false, address, size, value, big, result, attrs)
    completion.result = result
    return replaced ?? value
  }

  write(offset: number, value: Value, size: number, attrs: MemTxAttrs, big: boolean): void {
    const address = this.#addressOf(offset)
    const stored = this.#tell('write', true, address, size, value, big, OK, attrs) ?? value
    const section = this.#plain.select(address)
    const at = address - section.start
    if (this.#dma) (section.device(true) as Completer).write(section.offset + at, stored, size, attrs, big)
    else storeScalar(section, at, stored, size, attrs, big)
    const { result } = completion
    this.#tell('write', false, address, size, stored, big, result, attrs)
    completion.result = result
  }

  run(isWrite: boolean, offset: number, bytes: Uint8Array, attrs: MemTxAttrs): void {
    const address = this.#addressOf(offset)
    const kind = isWrite ? 'write' : attrs.fetch ? 'fetch' : 'read'
    const end = address + bytes.length
    const before = this.#tellPart(kind, true, address, bytes.length, bytes, OK, attrs)
    const stored = isWrite && before.length > 0 ? bytes.slice() : bytes
    if (isWrite) put(before, stored, address, this.#big)
    // What is answered in place of a read is not read.
    const holes = isWrite ? [] : before.map(({ start, size }) => ({ start, end: start + size }))
    let result = 0
    let at = address
    for (const hole of [...holes.sort((a, b) => a.start - b.start), { start: end, end }]) {
      if (at < hole.start) {
        const piece = partOf(stored, at - address, hole.start - at)
        const request = { kind: isWrite ? 'write' : 'read', bytes: piece, byte: 0 } as const
        result |= transfer(this.#plain, request, at, piece.length, attrs)
      }
      at = Math.max(at, hole.end)
    }
    if (!isWrite) put(before, bytes, address, this.#big)
    const after = this.#tellPart(kind, false, address, bytes.length, stored, result as MemTxResult, attrs)
    if (!isWrite) put(after, bytes, address, this.#big)
    completion.result = result as MemTxResult
  }

  /** What is rejected, or refused, on its way: told before and after. */
  note(
    way: string,
    isWrite: boolean,
    offset: number,
    size: number,
    attrs: MemTxAttrs,
    what: Uint8Array | Value | undefined,
  ): Value | undefined {
    const { result } = completion
    const value =
      result === OK ? undefined : this.#noteUnmade(isWrite, this.#addressOf(offset), size, attrs, what, result)
    this.#inner.note?.(way, isWrite, offset, size, attrs, what)
    return value
  }

  #noteUnmade(
    isWrite: boolean,
    address: number,
    size: number,
    attrs: MemTxAttrs,
    what: Uint8Array | Value | undefined,
    result: MemTxResult,
  ): Value | undefined {
    const kind = isWrite ? 'write' : attrs.fetch ? 'fetch' : 'read'
    const big = this.#big
    if (typeof what !== 'number' && typeof what !== 'bigint') {
      for (const before of [true, false]) {
        const given = this.#tellPart(kind, before, address, size, what, before ? OK : result, attrs)
        if (what && !isWrite) put(given, what, address, big)
      }
      completion.result = result
      return undefined
    }
    const given = this.#tell(kind, true, address, size, what, big, OK, attrs)
    // What a tap answers in place of a read is well.
    completion.result = OK
    if (given !== undefined && !isWrite) return given
    const after = this.#tell(kind, false, address, size, given ?? what, big, result, attrs)
    completion.result = result
    return after
  }

  atomic(offset: number, operand: Value, size: number, attrs: MemTxAttrs, perform: Perform): Value {
    const address = this.#addressOf(offset)
    const big = this.#big
    const given = this.#tell('write', true, address, size, operand, big, OK, attrs, true) ?? operand
    const found = perform(this.#plain, address, given)
    const { result } = completion
    const replaced = this.#tell('write', false, address, size, found, big, result, attrs, true)
    completion.result = result
    return replaced ?? found
  }

  #addressOf(offset: number): number {
    const { start, offset: first } = this.#section
    return start + (offset - first)
  }

  /** Tells of a single access, or a piece for a device. @returns What some tap gave in place of the value. */
  #tell(
    kind: TapAccess['kind'],
    before: boolean,
    address: number,
    size: number,
    value: Value,
    big: boolean,
    result: MemTxResult,
    attrs: MemTxAttrs,
    atomic = false,
  ): Value | undefined {
    if (attrs.debug) return undefined
    let replaced: Value | undefined
    for (const { tap, start, end } of this.#parts) {
      if (address >= end || address + size <= start) continue
      if (!tap.wants(kind, this.#dma, before) && !(atomic && tap.wants('read', false, before))) continue
      const access = this.#access(
        kind,
        before,
        address,
        size,
        replaced ?? value,
        big,
        undefined,
        result,
        attrs,
        atomic,
        this.#dma,
      )
      const answer = tap.tell(access)
      if (answer !== undefined) replaced = cut(answer, size)
    }
    return replaced
  }

  /**
   * Tells of a part of a request: each tap of what is in its range.
   *
   * @param bytes Undefined where there are none, as of a fill that is rejected.
   * @returns What taps gave in place of values.
   */
  #tellPart(
    kind: TapAccess['kind'],
    before: boolean,
    address: number,
    length: number,
    bytes: Uint8Array | undefined,
    result: MemTxResult,
    attrs: MemTxAttrs,
  ): Given[] {
    const given: Given[] = []
    if (attrs.debug) return given
    const big = this.#big
    for (const { tap, start, end } of this.#parts) {
      const from = Math.max(start, address)
      const to = Math.min(end, address + length)
      if (from >= to || !tap.wants(kind, true, before)) continue
      const own = bytes?.subarray(from - address, to - address)
      const value = own && numberOf(own, big)
      const answer = tap.tell(this.#access(kind, before, from, to - from, value, big, own, result, attrs, false, true))
      if (answer !== undefined && value !== undefined)
        given.push({ start: from, size: to - from, value: cut(answer, to - from) })
    }
    return given
  }

  #access(
    kind: TapAccess['kind'],
    before: boolean,
    address: number,
    size: number,
    value: Value | undefined,
    big: boolean,
    bytes: Uint8Array | undefined,
    result: MemTxResult,
    attrs: MemTxAttrs,
    atomic: boolean,
    dma: boolean,
  ): TapAccess {
    const { region, start, offset: first } = this.#section
    const offset = first + (address - start)
    const space = this.#space
    return {
      kind,
      dma,
      atomic,
      address: address + this.#shift,
      offset,
      size,
      value,
      big,
      bytes,
      result,
      before,
      attrs,
      space,
      region,
    }
  }
}

/** What a tap gave in place of a part of a request. */
interface Given {
  /** The address. */
  readonly start: number
  readonly size: number
  readonly value: Value
}

/** Puts what taps gave in its place. @param address Of the first of the bytes. */
function put(given: readonly Given[], bytes: Uint8Array, address: number, big: boolean): void {
  for (const { start, size, value } of given)
    for (let i = 0; i < size; i++) {
      const shift = BigInt(8 * (big ? size - 1 - i : i))
      bytes[start - address + i] = Number((BigInt(value) >> shift) & 0xffn)
    }
}

/** The number that 1, 2, 4 or 8 bytes form. */
function numberOf(bytes: Uint8Array, big: boolean): Value | undefined {
  const { length } = bytes
  if (length > 8 || 8 % length !== 0) return undefined
  let value = 0n
  for (let i = 0; i < length; i++) value = (value << 8n) | BigInt(bytes[big ? i : length - 1 - i] as number)
  return length === 8 ? value : Number(value)
}

/** What a tap gives in place of a value, as an access has it. */
function cut(answer: unknown, size: number): Value {
  const isValue = typeof answer === 'bigint' || Number.isInteger(answer)
  if (!isValue) throw new TypeError(`callback must return an integer, a bigint or nothing, got ${show(answer)}`)
  const value = BigInt.asUintN(8 * size, BigInt(answer as Value))
  return size === 8 ? value : Number(value)
}
