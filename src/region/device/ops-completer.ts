import type { MemTxAttrs } from '../../request/attrs.ts'
import { MemTxResult } from '../../request/result.ts'
import { readUnits, type Units, writeUnits } from './aligned-units.ts'
import { type Completer, completion } from './completer.ts'
import type { CheckedOps, MemoryRegionOps } from './ops.ts'
import type { Guard } from './reentrancy-guard.ts'

/** Asked of a write; `value` is unsigned, in the device's order, and a bigint where `size` is 8. True: it was taken. */
export type TakesWrite = (offset: number, size: number, value: number | bigint) => boolean

/** Accesses to a region of kind io: what its ops accept, adapted to what its handlers take (RULES G). */
export class OpsCompleter implements Completer {
  readonly maxSize: number
  readonly unaligned: boolean
  readonly endianness: 'little' | 'big' | 'native'
  // First what most accesses need: one cache line, where there are very many devices.
  readonly #ops: MemoryRegionOps
  readonly #guard: Guard | undefined
  /** Sets of sizes, each its own bit: those that go to a handler whole if aligned; none where it is not called first. */
  #wholeReads: number
  #wholeWrites: number
  readonly #checked: CheckedOps
  /** The sizes that are valid, and of them those that go to a handler whole. */
  readonly #valid: number
  readonly #whole: number
  readonly #validUnaligned: boolean
  readonly #implMin: number
  readonly #implMax: number
  /** Only if `impl.aligned` says so. */
  readonly #aligned: boolean
  #unguarded: OpsCompleter | undefined
  #before: (() => void) | undefined
  #takes: TakesWrite | undefined

  /** @param guard Undefined where the user opted out of the re-entrancy guard. */
  constructor(checked: CheckedOps, guard: Guard | undefined) {
    const { ops } = checked
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
    const asked = ops.accepts !== undefined
    this.#whole = asked ? 0 : sizes.filter(size => this.#width(size) === size).reduce(or, 0) & this.#valid
    this.#wholeReads = this.#whole
    this.#wholeWrites = this.#whole
    this.#guard = guard
  }

  get unguarded(): OpsCompleter {
    if (this.#guard === undefined) return this
    if (this.#unguarded === undefined) {
      this.#unguarded = new OpsCompleter(this.#checked, undefined)
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

  // The way of most accesses is written out in `read` and `write`: valid, and taken whole by the handler.

  read(offset: number, size: number, attrs: MemTxAttrs, big: boolean): number {
    if ((this.#wholeReads & size) === 0 || (offset & (size - 1)) !== 0)
      return this.#readAdapted(offset, size, attrs, big)
    if (!this.#engage()) return 0
    try {
      return this.#readPiece(offset, size, attrs)
    } finally {
      this.#leave()
    }
  }

  write(offset: number, value: number, size: number, attrs: MemTxAttrs, big: boolean): void {
    if ((this.#wholeWrites & size) === 0 || (offset & (size - 1)) !== 0) {
      this.#writeAdapted(offset, value, size, attrs, big)
      return
    }
    if (!this.#engage()) return
    try {
      this.#writePiece(offset, value, size, attrs)
    } finally {
      this.#leave()
    }
  }

  #readAdapted(offset: number, size: number, attrs: MemTxAttrs, big: boolean): number {
    if (!this.#admit(offset, size, false, attrs) || !this.#engage()) return 0
    try {
      if (this.#misfits(offset, size)) return Number(this.#readUnits(offset, size, attrs, big))
      return this.#readPieces(offset, size, this.#width(size), attrs, big)
    } finally {
      this.#leave()
    }
  }

  #writeAdapted(offset: number, value: number, size: number, attrs: MemTxAttrs, big: boolean): void {
    if (!this.#admit(offset, size, true, attrs) || this.#isTaken(offset, size, value) || !this.#engage()) return
    try {
      if (this.#misfits(offset, size)) this.#writeUnits(offset, BigInt(value), size, attrs, big)
      else this.#writePieces(offset, value, size, this.#width(size), attrs, big)
    } finally {
      this.#leave()
    }
  }

  read64(offset: number, attrs: MemTxAttrs, big: boolean): bigint {
    if (!this.#admit(offset, 8, false, attrs) || !this.#engage()) return 0n
    try {
      if (this.#misfits(offset, 8)) return this.#readUnits(offset, 8, attrs, big)
      return this.#readWide(offset, 8, this.#width(8), attrs, big)
    } finally {
      this.#leave()
    }
  }

  write64(offset: number, value: bigint, attrs: MemTxAttrs, big: boolean): void {
    if (!this.#admit(offset, 8, true, attrs) || this.#isTaken(offset, 8, value) || !this.#engage()) return
    try {
      if (this.#misfits(offset, 8)) this.#writeUnits(offset, value, 8, attrs, big)
      else this.#writeWide(offset, value, 8, this.#width(8), attrs, big)
    } finally {
      this.#leave()
    }
  }

  // Validity first (G2), then event notifiers (H1), then the guard (G7).

  /** False: nothing is called, and `completion` says why. */
  #admit(offset: number, size: number, isWrite: boolean, attrs: MemTxAttrs): boolean {
    this.#before?.()
    if (this.accepts(offset, size, isWrite, attrs)) return true
    completion.result = MemTxResult.DECODE_ERROR
    return false
  }

  #isTaken(offset: number, size: number, value: number | bigint): boolean {
    if (this.#takes === undefined || !this.#takes(offset, size, value)) return false
    // Set last: what was notified may have made accesses.
    completion.result = MemTxResult.OK
    return true
  }

  /** Sets the device's mark, or refuses where it is set (G7). */
  #engage(): boolean {
    const guard = this.#guard
    if (guard !== undefined) {
      if (guard.engaged) {
        completion.result = MemTxResult.ACCESS_ERROR
        return false
      }
      guard.engaged = true
    }
    return true
  }

  /** Only the access that set the mark comes here, so a nested one can't open the device again. */
  #leave(): void {
    if (this.#guard !== undefined) this.#guard.engaged = false
  }

  get asks(): boolean {
    return this.#ops.accepts !== undefined
  }

  accepts(offset: number, size: number, isWrite: boolean, attrs: MemTxAttrs): boolean {
    if (this.#ops.accepts !== undefined && !this.#ops.accepts(offset, size, isWrite, attrs)) return false
    if (!this.#validUnaligned && (offset & (size - 1)) !== 0) return false
    return (this.#valid & size) !== 0
  }

  /** The size at which the handlers are called (G5). */
  #width(size: number): number {
    return Math.max(Math.min(size, this.#implMax), this.#implMin)
  }

  /** It is not aligned to what the handlers take, or less, and they asked for nothing else. */
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
        units.result |= completion.result
        return completion.result === MemTxResult.OK ? value : undefined
      },
      write: (offset: number, value: bigint, size: number): void => {
        if (size === 8) this.#writePiece64(offset, value, attrs)
        else this.#writePiece(offset, Number(value), size, attrs)
        units.result |= completion.result
      },
    }
    return units
  }

  // MemTxResult.OK is written as the number that it is: the JIT looks a member of an export up each time.

  #readPiece(offset: number, size: number, attrs: MemTxAttrs): number {
    const value = this.#ops.read(offset, size, attrs)
    if (typeof value === 'object') {
      completion.result = value.result
      return 0
    }
    completion.result = 0
    return size === 4 ? value >>> 0 : size === 1 ? value & 0xff : value & 0xffff
  }

  #writePiece(offset: number, value: number, size: number, attrs: MemTxAttrs): void {
    const result = this.#ops.write(offset, value, size, attrs)
    completion.result = typeof result === 'number' ? result : 0
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
    completion.result = result
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
    completion.result = result
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
    completion.result = result
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
    completion.result = result
  }

  #writePiece64(offset: number, value: bigint, attrs: MemTxAttrs): void {
    const answer = (this.#ops.write64 as NonNullable<MemoryRegionOps['write64']>)(offset, value, attrs)
    completion.result = typeof answer === 'number' ? answer : MemTxResult.OK
  }

  #readPiece64(offset: number, attrs: MemTxAttrs): bigint {
    const value = (this.#ops.read64 as NonNullable<MemoryRegionOps['read64']>)(offset, attrs)
    if (typeof value === 'object') {
      completion.result = value.result
      return 0n
    }
    completion.result = MemTxResult.OK
    return BigInt.asUintN(64, value)
  }
}

function or(set: number, size: number): number {
  return set | size
}

/** Where the piece at byte `at` sits in the value, bits; below zero, the piece reaches under its lowest bit (G5). */
function pieceShift(at: number, size: number, width: number, big: boolean): number {
  return 8 * (big ? size - width - at : at)
}
