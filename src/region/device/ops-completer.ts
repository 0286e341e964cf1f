import { show } from '../../check.ts'
import type { MemTxAttrs } from '../../request/attrs.ts'
import { MemTxFault, MemTxResult } from '../../request/result.ts'
import { readUnits, type Units, writeUnits } from './aligned-units.ts'
import { type Completer, completion, MAX_NESTING, UNGUARDED } from './completer.ts'
import type { CheckedOps, MemoryRegionOps } from './ops.ts'
import type { Guard } from './reentrancy-guard.ts'

/**
 * Asked for each write that is valid. `value` is unsigned, in the device's order, and a bigint where `size` is 8.
 * Returns true where an event notifier has taken the write.
 */
export type TakesWrite = (offset: number, size: number, value: number | bigint) => boolean

const RESULTS = 'a MemTxResult, memTxFault(...) or nothing, as an arrow function does that has braces'

/** Accesses to a region of kind io: what its ops accept, adapted to what its handlers take (RULES G). */
export class OpsCompleter implements Completer {
  readonly maxSize: number
  readonly unaligned: boolean
  readonly endianness: 'little' | 'big' | 'native'
  /** `accepts` asks a handler; else its answer follows from the size, and the alignment to it. */
  readonly asks: boolean
  // The fields that most accesses need come first, so that they are in one cache line: there may be very many devices.
  readonly #ops: MemoryRegionOps
  /** The guard's id; UNGUARDED where there is none. */
  readonly #device: number
  /**
   * Sets of sizes, each of which is its own bit: an aligned access of such a size is one call of the handler. Empty
   * where something else is asked first: `accepts`, a flush, event notifiers.
   */
  #wholeReads: number
  #wholeWrites: number
  readonly #checked: CheckedOps
  /** The set of sizes that are valid, and those of them that are one call of the handler. */
  readonly #valid: number
  readonly #whole: number
  readonly #validUnaligned: boolean
  readonly #implMin: number
  readonly #implMax: number
  /** `impl.aligned`. */
  readonly #aligned: boolean
  readonly #guard: Guard | undefined
  #unguarded: OpsCompleter | undefined
  #before: (() => void) | undefined
  #takes: TakesWrite | undefined
  readonly #name: string

  /**
   * @param name The region's, for errors.
   * @param guard Undefined where the user opted out of the re-entrancy guard.
   */
  constructor(name: string, checked: CheckedOps, guard: Guard | undefined) {
    const { ops } = checked
    this.#name = name
    this.#checked = checked
    this.maxSize = checked.validMax === 0 ? 4 : checked.validMax
    this.unaligned = checked.implUnaligned
    this.endianness = checked.endianness
    this.#ops = ops
    const sizes = [1, 2, 4, 8]
    const { validMin, validMax } = checked
    this.#valid = sizes.filter(size => validMax === 0 || (size >= validMin && size <= validMax)).reduce(or, 0)
    this.#validUnaligned = checked.validUnaligned
    this.#implMin = checked.implMin
    this.#implMax = checked.implMax
    this.#aligned = checked.implAligned
    this.asks = checked.asks
    this.#whole = this.asks ? 0 : sizes.filter(size => this.#width(size) === size).reduce(or, 0) & this.#valid
    this.#wholeReads = this.#whole
    this.#wholeWrites = this.#whole
    this.#guard = guard
    this.#device = guard?.id ?? UNGUARDED
  }

  get unguarded(): OpsCompleter {
    if (this.#guard === undefined) return this
    if (this.#unguarded === undefined) {
      this.#unguarded = new OpsCompleter(this.#name, this.#checked, undefined)
      this.#unguarded.setBefore(this.#before)
      this.#unguarded.setTakes(this.#takes)
    }
    return this.#unguarded
  }

  /** Has `before` called before each access (RULES G8). */
  setBefore(before: (() => void) | undefined): void {
    this.#before = before
    this.#unguarded?.setBefore(before)
    this.#findWhole()
  }

  /** Has `takes` asked of each write that is valid: one that it takes reaches no handler (RULES H1). */
  setTakes(takes: TakesWrite | undefined): void {
    this.#takes = takes
    this.#unguarded?.setTakes(takes)
    this.#findWhole()
  }

  #findWhole(): void {
    this.#wholeReads = this.#before === undefined ? this.#whole : 0
    this.#wholeWrites = this.#takes === undefined ? this.#wholeReads : 0
  }

  // `read` and `write` carry out most accesses themselves: those that are valid, are one call of the handler, and are
  // not made by another handler. Then no device is inside a handler, and no guard need be asked.
  //
  // What is taken before a handler is called, a guard or a level of nesting, is given back whatever happens. As the
  // stack may overflow in any call, no function is called between taking it and `try`, nor in `finally`.

  read(offset: number, size: number, attrs: MemTxAttrs, big: boolean): number {
    if (completion.outermost !== 0 || (this.#wholeReads & size) === 0 || (offset & (size - 1)) !== 0)
      return this.#readAdapted(offset, size, attrs, big) as number
    completion.outermost = this.#device
    try {
      return this.#readPiece(offset, size, attrs)
    } finally {
      completion.outermost = 0
    }
  }

  write(offset: number, value: number, size: number, attrs: MemTxAttrs, big: boolean): void {
    if (completion.outermost !== 0 || (this.#wholeWrites & size) === 0 || (offset & (size - 1)) !== 0) {
      this.#writeAdapted(offset, value, size, attrs, big)
      return
    }
    completion.outermost = this.#device
    try {
      this.#writePiece(offset, value, size, attrs)
    } finally {
      completion.outermost = 0
    }
  }

  // All other accesses: validity first (G2), then event notifiers (H1), then the guard (G7).

  read64(offset: number, attrs: MemTxAttrs, big: boolean): bigint {
    return this.#readAdapted(offset, 8, attrs, big) as bigint
  }

  write64(offset: number, value: bigint, attrs: MemTxAttrs, big: boolean): void {
    this.#writeAdapted(offset, value, 8, attrs, big)
  }

  /** A bigint where `size` is 8. */
  #readAdapted(offset: number, size: number, attrs: MemTxAttrs, big: boolean): number | bigint {
    const { outermost, nesting } = completion
    if (outermost !== 0 && nesting >= MAX_NESTING) return refuseTooDeep(size)
    const guard = this.#guard
    let engaged = false
    if (outermost === 0) completion.outermost = UNGUARDED
    else completion.nesting = nesting + 1
    try {
      const whole = (this.#wholeReads & size) !== 0 && (offset & (size - 1)) === 0
      if (!whole && !this.#admit(offset, size, false, attrs)) return reject(size)
      if (guard !== undefined) {
        if (guard.engaged || outermost === guard.id) return refuse(size)
        engaged = guard.engaged = true
      }
      if (whole && size !== 8) return this.#readPiece(offset, size, attrs)
      if (this.#misfits(offset, size)) {
        const value = this.#readUnits(offset, size, attrs, big)
        return size === 8 ? value : Number(value)
      }
      const width = this.#width(size)
      return size === 8
        ? this.#readWide(offset, size, width, attrs, big)
        : this.#readPieces(offset, size, width, attrs, big)
    } finally {
      if (outermost === 0) completion.outermost = 0
      else if (nesting === 0 || completion.nesting <= MAX_NESTING) completion.nesting = nesting
      if (engaged) (guard as Guard).engaged = false
    }
  }

  #writeAdapted(offset: number, value: number | bigint, size: number, attrs: MemTxAttrs, big: boolean): void {
    const { outermost, nesting } = completion
    if (outermost !== 0 && nesting >= MAX_NESTING) {
      refuseTooDeep(size)
      return
    }
    const guard = this.#guard
    let engaged = false
    if (outermost === 0) completion.outermost = UNGUARDED
    else completion.nesting = nesting + 1
    try {
      const whole = (this.#wholeWrites & size) !== 0 && (offset & (size - 1)) === 0
      if (!whole) {
        if (!this.#admit(offset, size, true, attrs)) {
          reject(size)
          return
        }
        if (this.#takes?.(offset, size, value)) {
          // Set after the notifier has run: it may have made accesses.
          completion.result = MemTxResult.OK
          return
        }
      }
      if (guard !== undefined) {
        if (guard.engaged || outermost === guard.id) {
          refuse(size)
          return
        }
        engaged = guard.engaged = true
      }
      const width = this.#width(size)
      if (this.#misfits(offset, size)) this.#writeUnits(offset, BigInt(value), size, attrs, big)
      else if (typeof value === 'bigint') this.#writeWide(offset, value, size, width, attrs, big)
      else if (whole) this.#writePiece(offset, value, size, attrs)
      else this.#writePieces(offset, value, size, width, attrs, big)
    } finally {
      if (outermost === 0) completion.outermost = 0
      else if (nesting === 0 || completion.nesting <= MAX_NESTING) completion.nesting = nesting
      if (engaged) (guard as Guard).engaged = false
    }
  }

  #admit(offset: number, size: number, isWrite: boolean, attrs: MemTxAttrs): boolean {
    this.#before?.()
    return this.accepts(offset, size, isWrite, attrs)
  }

  accepts(offset: number, size: number, isWrite: boolean, attrs: MemTxAttrs): boolean {
    if (this.asks && !this.#ask(offset, size, isWrite, attrs)) return false
    if (!this.#validUnaligned && (offset & (size - 1)) !== 0) return false
    return (this.#valid & size) !== 0
  }

  #ask(offset: number, size: number, isWrite: boolean, attrs: MemTxAttrs): boolean {
    const answer: unknown = this.#ops.accepts?.(offset, size, isWrite, attrs)
    if (typeof answer !== 'boolean') throw this.#wrong('accepts', 'a boolean', answer)
    return answer
  }

  /** The size at which the handlers are called (G5). */
  #width(size: number): number {
    return Math.max(Math.min(size, this.#implMax), this.#implMin)
  }

  /** With `impl.aligned`: the access is smaller than what the handlers take, or not aligned to it. */
  #misfits(offset: number, size: number): boolean {
    if (!this.#aligned) return false
    const width = this.#width(size)
    return size < width || offset % width !== 0
  }

  #readUnits(offset: number, size: number, attrs: MemTxAttrs, big: boolean): bigint {
    const units = this.#units(attrs)
    const value = readUnits(units, offset, size, big)
    completion.result = units.result
    return value
  }

  #writeUnits(offset: number, value: bigint, size: number, attrs: MemTxAttrs, big: boolean): void {
    const units = this.#units(attrs)
    writeUnits(units, offset, value, size, big)
    completion.result = units.result
  }

  #units(attrs: MemTxAttrs): Units & { result: MemTxResult } {
    const units = {
      min: this.#implMin,
      max: this.#implMax,
      result: MemTxResult.OK as MemTxResult,
      read: (offset: number, size: number): bigint | undefined => {
        const value = size === 8 ? this.#readPiece64(offset, attrs) : BigInt(this.#readPiece(offset, size, attrs))
        units.result = (units.result | completion.result) as MemTxResult
        return completion.result === MemTxResult.OK ? value : undefined
      },
      write: (offset: number, value: bigint, size: number): void => {
        if (size === 8) this.#writePiece64(offset, value, attrs)
        else this.#writePiece(offset, Number(value), size, attrs)
        units.result = (units.result | completion.result) as MemTxResult
      },
    }
    return units
  }

  // MemTxResult.OK is written as the number that it is: the JIT looks a member of an export up each time.

  #readPiece(offset: number, size: number, attrs: MemTxAttrs): number {
    const value = this.#ops.read(offset, size, attrs)
    if (typeof value !== 'number') return this.#fail('read', 'a number or memTxFault(...)', value)
    completion.result = 0 as MemTxResult
    return size === 4 ? value >>> 0 : size === 1 ? value & 0xff : value & 0xffff
  }

  #writePiece(offset: number, value: number, size: number, attrs: MemTxAttrs): void {
    const answer = this.#ops.write(offset, value, size, attrs)
    if (answer === undefined) completion.result = 0 as MemTxResult
    else if (typeof answer === 'number' && (answer & 7) === answer) completion.result = (answer & 7) as MemTxResult
    else this.#fail('write', RESULTS, answer)
  }

  /** The answer of a handler that is no value: a fault, or a mistake, which throws. What is read is zero. */
  #fail(handler: string, expected: string, answer: unknown): 0 {
    if (!(answer instanceof MemTxFault && answer.result > 0)) throw this.#wrong(handler, expected, answer)
    completion.result = answer.result
    return 0
  }

  #wrong(handler: string, expected: string, answer: unknown): TypeError {
    const promise = typeof (answer as { then?: unknown } | null | undefined)?.then === 'function'
    return new TypeError(
      `${handler} of region ${show(this.#name)} must return ${expected}, got ${promise ? 'a promise: no handler can be async' : show(answer)}`,
    )
  }

  /** Pieces in ascending order, whatever the byte order; a failing one doesn't stop the rest (G5). */
  #readPieces(offset: number, size: number, width: number, attrs: MemTxAttrs, big: boolean): number {
    if (width === 8) return Number(this.#readWide(offset, size, width, attrs, big))
    let value = 0
    let result = 0
    for (let at = 0; at < size; at += width) {
      const piece = this.#readPiece(offset + at, width, attrs)
      const shift = pieceShift(at, size, width, big)
      value |= shift < 0 ? piece >>> -shift : piece << shift
      result |= completion.result
    }
    completion.result = result as MemTxResult
    return size === 4 ? value >>> 0 : size === 1 ? value & 0xff : value & 0xffff
  }

  #writePieces(offset: number, value: number, size: number, width: number, attrs: MemTxAttrs, big: boolean): void {
    if (width === 8) {
      this.#writeWide(offset, BigInt(value), size, width, attrs, big)
      return
    }
    let result = 0
    for (let at = 0; at < size; at += width) {
      const shift = pieceShift(at, size, width, big)
      const piece = shift < 0 ? value << -shift : value >>> shift
      this.#writePiece(offset + at, width === 4 ? piece >>> 0 : piece & (width === 1 ? 0xff : 0xffff), width, attrs)
      result |= completion.result
    }
    completion.result = result as MemTxResult
  }

  /** The same in 64 bits: an access of 8 bytes, or one whose handler takes 8. */
  #readWide(offset: number, size: number, width: number, attrs: MemTxAttrs, big: boolean): bigint {
    let value = 0n
    let result = 0
    for (let at = 0; at < size; at += width) {
      const piece =
        width === 8 ? this.#readPiece64(offset + at, attrs) : BigInt(this.#readPiece(offset + at, width, attrs))
      const shift = pieceShift(at, size, width, big)
      value |= shift < 0 ? piece >> BigInt(-shift) : piece << BigInt(shift)
      result |= completion.result
    }
    completion.result = result as MemTxResult
    return BigInt.asUintN(8 * size, value)
  }

  #writeWide(offset: number, value: bigint, size: number, width: number, attrs: MemTxAttrs, big: boolean): void {
    let result = 0
    for (let at = 0; at < size; at += width) {
      const shift = pieceShift(at, size, width, big)
      const piece = BigInt.asUintN(8 * width, shift < 0 ? value << BigInt(-shift) : value >> BigInt(shift))
      if (width === 8) this.#writePiece64(offset + at, piece, attrs)
      else this.#writePiece(offset + at, Number(piece), width, attrs)
      result |= completion.result
    }
    completion.result = result as MemTxResult
  }

  #writePiece64(offset: number, value: bigint, attrs: MemTxAttrs): void {
    const answer = (this.#ops.write64 as NonNullable<MemoryRegionOps['write64']>)(offset, value, attrs)
    if (answer === undefined) completion.result = MemTxResult.OK
    else if (typeof answer === 'number' && (answer & 7) === answer) completion.result = (answer & 7) as MemTxResult
    else this.#fail('write64', RESULTS, answer)
  }

  #readPiece64(offset: number, attrs: MemTxAttrs): bigint {
    const value = (this.#ops.read64 as NonNullable<MemoryRegionOps['read64']>)(offset, attrs)
    if (typeof value !== 'bigint') return BigInt(this.#fail('read64', 'a bigint or memTxFault(...)', value))
    completion.result = MemTxResult.OK
    return BigInt.asUintN(64, value)
  }
}

// What ends an access before a handler is called. What is read is zero.

function refuse(size: number): number | bigint {
  completion.result = MemTxResult.ACCESS_ERROR
  return size === 8 ? 0n : 0
}

function refuseTooDeep(size: number): number | bigint {
  completion.nesting = MAX_NESTING + 1
  return refuse(size)
}

function reject(size: number): number | bigint {
  completion.result = MemTxResult.DECODE_ERROR
  return size === 8 ? 0n : 0
}

function or(set: number, size: number): number {
  return set | size
}

/**
 * Where in the value the piece at byte `at` begins, bits. Below zero where the piece reaches under the lowest bit (G5).
 */
function pieceShift(at: number, size: number, width: number, big: boolean): number {
  return 8 * (big ? size - width - at : at)
}
