import { show } from '../../check.ts'
import type { Value } from '../../ram/access/cell-values.ts'
import type { MemTxAttrs } from '../../request/attrs.ts'
import { MemTxFault, MemTxResult } from '../../request/result.ts'
import type { AtomicsHandler } from './atomics-handler.ts'
import { BUS, type BusBase, type Completer, completion, endWith, MAX_NESTING, UNGUARDED } from './completer.ts'
import type { CheckedOps, MemoryRegionOps } from './ops.ts'
import type { Guard } from './reentrancy-guard.ts'

/**
 * Asked for each write that is valid. `value` is unsigned, in the device's order, and a bigint where `size` is 8.
 * Returns true where an event notifier has taken the write.
 */
export type TakesWrite = (offset: number, size: number, value: Value) => boolean

type Handlers<Key extends keyof MemoryRegionOps> = { [Each in Key]: NonNullable<MemoryRegionOps[Each]> }

const RESULTS = 'a MemTxResult, memTxFault(...) or nothing, as an arrow function does that has braces'

const ANY_SIZE = { minSize: 1, maxSize: 0, unaligned: true }

/** Accesses to a region of kind io: what its ops accept, adapted to what its handlers take (RULES G). */
export class OpsCompleter implements Completer {
  readonly maxSize: number
  readonly unaligned: boolean
  readonly endianness: 'little' | 'big' | 'native'
  /** `accepts` asks a handler; else its answer follows from the size, and the alignment to it. */
  readonly asks: boolean
  readonly atomics: 'read-write' | 'refuse' | AtomicsHandler
  readonly readsRuns: number
  readonly writesRuns: number
  readonly bus: BusBase | undefined
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
  readonly #guard: Guard | undefined
  #unguarded: OpsCompleter | undefined
  #peeker: OpsCompleter | undefined
  #before: (() => void) | undefined
  #takes: TakesWrite | undefined
  readonly #name: string

  /**
   * @param name The region's, for errors.
   * @param guard Undefined where the user opted out of the re-entrancy guard.
   */
  constructor(name: string, checked: CheckedOps, guard: Guard | undefined) {
    const { ops, valid, impl } = checked
    this.#name = name
    this.#checked = checked
    this.maxSize = valid.maxSize || 4
    this.unaligned = impl.unaligned ?? false
    this.endianness = checked.endianness
    this.#ops = ops
    // The set of the sizes, which are powers of two, from one to another is the double of the largest less the smallest.
    this.#valid = valid.maxSize === 0 ? 15 : 2 * valid.maxSize - valid.minSize
    this.asks = checked.asks
    this.atomics = checked.atomics
    this.readsRuns = checked.readsRuns
    this.writesRuns = checked.writesRuns
    this.bus = (ops as { [BUS]?: BusBase })[BUS]
    this.#whole = this.asks ? 0 : (2 * impl.maxSize - impl.minSize) & this.#valid
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

  get requests(): undefined {
    return undefined
  }

  get note(): undefined {
    return undefined
  }

  /** By `peek`, in whole registers; no guard is asked, and nothing is flushed before. */
  get debug(): OpsCompleter | undefined {
    const { ops, peeks, impl } = this.#checked
    if (!peeks) return undefined
    const minSize = Math.min(impl.minSize, 4)
    const checked = {
      ...this.#checked,
      ops: { read: (offset, size, attrs) => ops.peek?.(offset, size, attrs) } as MemoryRegionOps,
      asks: false,
      readsRuns: Number.POSITIVE_INFINITY,
      valid: ANY_SIZE,
      impl: { minSize, maxSize: Math.min(impl.maxSize, 4), unaligned: false, aligned: true },
    }
    this.#peeker ??= new OpsCompleter(this.#name, checked, undefined)
    return this.#peeker
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

  read(offset: number, size: number, attrs: MemTxAttrs, big: boolean): Value {
    if (completion.outermost !== 0 || size === 8 || (this.#wholeReads & size) === 0 || (offset & (size - 1)) !== 0)
      return this.#adapt(false, offset, size === 8 ? 0n : 0, size, attrs, big)
    completion.outermost = this.#device
    try {
      return this.#readPiece(offset, size, attrs)
    } finally {
      completion.outermost = 0
    }
  }

  write(offset: number, value: Value, size: number, attrs: MemTxAttrs, big: boolean): void {
    if (
      typeof value === 'bigint' ||
      completion.outermost !== 0 ||
      (this.#wholeWrites & size) === 0 ||
      (offset & (size - 1)) !== 0
    ) {
      this.#adapt(true, offset, value, size, attrs, big)
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

  run(isWrite: boolean, offset: number, bytes: Uint8Array, attrs: MemTxAttrs): void {
    this.#adapt(isWrite, offset, bytes, 0, attrs, false)
  }

  /** `value` and what is returned are bigints where `size` is 8. Of a run of bytes, `value` is what it is to or from. */
  #adapt(
    isWrite: boolean,
    offset: number,
    value: Value | Uint8Array,
    size: number,
    attrs: MemTxAttrs,
    big: boolean,
  ): Value {
    const { outermost, nesting } = completion
    if (outermost !== 0 && nesting >= MAX_NESTING) {
      completion.nesting = MAX_NESTING + 1
      return endWith(MemTxResult.ACCESS_ERROR, size)
    }
    const guard = this.#guard
    const { minSize, maxSize, aligned } = this.#checked.impl
    let engaged = false
    if (outermost === 0) completion.outermost = UNGUARDED
    else completion.nesting = nesting + 1
    try {
      const isRun = typeof value === 'object'
      // One call of the handler, which is valid.
      const isWhole = (this.#whole & size) !== 0 && (offset & (size - 1)) === 0
      if (!isWhole || ((isWrite ? this.#wholeWrites : this.#wholeReads) & size) === 0) {
        this.#before?.()
        if (!(isRun || isWhole || this.accepts(offset, size, isWrite, attrs)))
          return endWith(MemTxResult.DECODE_ERROR, size)
        if (!isRun && isWrite && this.#takes?.(offset, size, value)) return endWith(MemTxResult.OK, size)
      }
      if (guard !== undefined) {
        if (guard.engaged || outermost === guard.id) return endWith(MemTxResult.ACCESS_ERROR, size)
        engaged = guard.engaged = true
      }
      if (isRun) {
        const ops = this.#ops as MemoryRegionOps & Handlers<'readBytes' | 'writeBytes'>
        if (isWrite) return this.#end('writeBytes', ops.writeBytes(offset, value, attrs))
        this.#end('readBytes', ops.readBytes(offset, value, attrs))
        if (completion.result !== MemTxResult.OK && this.readsRuns !== 0) value.fill(0)
        return 0
      }
      if (isWhole && size !== 8)
        return isWrite ? this.#writePiece(offset, value as number, size, attrs) : this.#readPiece(offset, size, attrs)
      // The size at which the handlers are called (G5).
      const width = Math.max(Math.min(size, maxSize), minSize)
      return size === 8 || width === 8 || (aligned && (size < width || offset % width !== 0))
        ? this.#accessWide(isWrite, offset, value, size, attrs, big)
        : this.#accessPieces(isWrite, offset, value as number, size, width, attrs, big)
    } finally {
      if (outermost === 0) completion.outermost = 0
      else if (nesting === 0 || completion.nesting <= MAX_NESTING) completion.nesting = nesting
      if (engaged) (guard as Guard).engaged = false
    }
  }

  accepts(offset: number, size: number, isWrite: boolean, attrs: MemTxAttrs): boolean {
    if (this.asks && !this.#ask(offset, size, isWrite, attrs)) return false
    if (!this.#checked.valid.unaligned && (offset & (size - 1)) !== 0) return false
    return (this.#valid & size) !== 0
  }

  #ask(offset: number, size: number, isWrite: boolean, attrs: MemTxAttrs): boolean {
    const answer: unknown = this.#ops.accepts?.(offset, size, isWrite, attrs)
    if (typeof answer !== 'boolean') throw this.#wrong('accepts', 'a boolean', answer)
    return answer
  }

  // MemTxResult.OK is written as the number that it is: the JIT looks a member of an export up each time.

  #readPiece(offset: number, size: number, attrs: MemTxAttrs): number {
    const value = this.#ops.read(offset, size, attrs)
    if (typeof value !== 'number') return cut(this.#fail('read', 'a number or memTxFault(...)', value), size)
    completion.result = 0 as MemTxResult
    return cut(value, size)
  }

  /** @returns 0, which nobody looks at. */
  #writePiece(offset: number, value: number, size: number, attrs: MemTxAttrs): 0 {
    return this.#end('write', this.#ops.write(offset, value, size, attrs))
  }

  #end(handler: string, answer: unknown): 0 {
    if (answer === undefined) completion.result = 0 as MemTxResult
    else if (typeof answer === 'number' && (answer & 7) === answer) completion.result = (answer & 7) as MemTxResult
    else this.#fail(handler, RESULTS, answer)
    return 0
  }

  /** The answer of a handler that is no value: a fault, or a mistake, which throws. */
  #fail(handler: string, expected: string, answer: unknown): number {
    if (!(answer instanceof MemTxFault && answer.result > 0)) throw this.#wrong(handler, expected, answer)
    completion.result = answer.result
    return answer.value
  }

  #wrong(handler: string, expected: string, answer: unknown): TypeError {
    const promise = typeof (answer as { then?: unknown } | null | undefined)?.then === 'function'
    // A debugger's reads are of `peek`, of which this is the only handler.
    const called = this.#checked.valid === ANY_SIZE ? 'peek' : handler
    return new TypeError(
      `${called} of region ${show(this.#name)} must return ${expected}, got ${promise ? 'a promise: no handler can be async' : show(answer)}`,
    )
  }

  /**
   * Of up to 4 bytes, by handlers that take up to 4. Pieces in ascending order, whatever the byte order; a failing one
   * doesn't stop the rest (G5).
   */
  #accessPieces(
    isWrite: boolean,
    offset: number,
    value: number,
    size: number,
    width: number,
    attrs: MemTxAttrs,
    big: boolean,
  ): number {
    let all = 0
    let result = 0
    for (let at = 0; at < size; at += width) {
      // Where the piece begins in the value, bits. Below zero where the piece reaches under the lowest bit.
      const shift = 8 * (big ? size - width - at : at)
      if (isWrite)
        this.#writePiece(offset + at, cut(shift < 0 ? value << -shift : value >>> shift, width), width, attrs)
      else {
        const piece = this.#readPiece(offset + at, width, attrs)
        all |= shift < 0 ? piece >>> -shift : piece << shift
      }
      result |= completion.result
    }
    completion.result = result as MemTxResult
    return cut(all, size)
  }

  /**
   * Any access, of 8 bytes or by handlers that take 8 in particular, piece by piece as `#accessPieces`. With `impl.aligned`
   * the pieces are aligned units: of what is read, bytes that were not asked for are dropped. Of a write, a unit of which
   * only a part is written is read first, for the rest of it; where that read fails, the unit is not written.
   */
  #accessWide(isWrite: boolean, offset: number, value: Value, size: number, attrs: MemTxAttrs, big: boolean): Value {
    const { minSize, maxSize, aligned } = this.#checked.impl
    // Counted from the access, as numbers past 2^53 are not all there.
    const skew = offset & 7
    const given = BigInt(value)
    let all = 0n
    let result = 0
    for (let at = 0, next = at; at < size; at = next) {
      let width = maxSize
      while (width > minSize && (at + width > size || (aligned && (skew + at) % width !== 0))) width /= 2
      const base = aligned ? at - ((skew + at) % width) : at
      next = Math.min(base + width, size)
      // Where the bytes of the access begin in the piece, and where they begin in the value of the whole access, bits.
      const shift = BigInt(8 * (big ? base + width - next : at - base))
      const place = BigInt(8 * (big ? size - next : at))
      const mask = BigInt.asUintN(8 * (next - at), -1n)
      const reads = !isWrite || (aligned && next - at < width)
      const read = reads ? this.#piece(false, offset + base, 0n, width, attrs) : 0n
      if (reads) result |= completion.result
      all |= ((read >> shift) & mask) << place
      if (!isWrite || (reads && completion.result !== MemTxResult.OK)) continue
      const piece = (read & ~(mask << shift)) | (((given >> place) & mask) << shift)
      this.#piece(true, offset + base, piece, width, attrs)
      result |= completion.result
    }
    completion.result = result as MemTxResult
    return size === 8 ? all : Number(all)
  }

  /** One call of a handler. @returns What is read. */
  #piece(isWrite: boolean, offset: number, value: bigint, width: number, attrs: MemTxAttrs): bigint {
    const ops = this.#ops as MemoryRegionOps & Handlers<'read64' | 'write64'>
    if (width < 8)
      return BigInt(
        isWrite ? this.#writePiece(offset, Number(value), width, attrs) : this.#readPiece(offset, width, attrs),
      )
    if (isWrite) return BigInt(this.#end('write64', ops.write64(offset, value, attrs)))
    const read = ops.read64(offset, attrs)
    completion.result = MemTxResult.OK
    const all = typeof read === 'bigint' ? read : this.#fail('read64', 'a bigint or memTxFault(...)', read)
    return BigInt.asUintN(64, BigInt(all))
  }
}

/** The low `size` bytes, unsigned. */
function cut(value: number, size: number): number {
  return size === 4 ? value >>> 0 : size === 1 ? value & 0xff : value & 0xffff
}
