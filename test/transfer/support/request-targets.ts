import { HOST_PROFILES, type MemTxAttrs, MemTxResult } from 'guestmem'
import type { Answer } from './request-machine.ts'
import type { Place } from './request-map.ts'
import { blockStart } from './request-ram.ts'
import type { DeviceSpec, Endian, RamSpec, WorldSpec } from './request-spec.ts'

/** What a read gave: bytes in the order of their addresses. */
export interface Data {
  readonly bytes: Uint8Array
  readonly result: number
}

/** What one access goes to, in the reference. Data are bytes in the order of their addresses; no value is ever swapped. */
export interface Target {
  /** The largest piece that a request of any length is cut into, and whether pieces need not be aligned (E4). */
  readonly max: number
  readonly unaligned: boolean
  read(offset: number, size: number, attrs: MemTxAttrs): Data
  write(offset: number, bytes: Uint8Array, attrs: MemTxAttrs): number
}

/** Handlers as the reference calls them. */
export interface Handlers {
  accepts(offset: number, size: number, isWrite: boolean, attrs: MemTxAttrs): boolean
  called(name: string, offset: number, size: number, attrs: MemTxAttrs, value?: bigint): Answer
}

export function nothing(size: number, result: number): Data {
  return { bytes: new Uint8Array(size), result }
}

/** E5: unassigned addresses, reservations, and ROM for a write. */
export const REJECTED: Target = {
  max: 4,
  unaligned: false,
  read: (_offset, size) => nothing(size, MemTxResult.DECODE_ERROR),
  write: () => MemTxResult.DECODE_ERROR,
}

/** The number that bytes form. */
export function numberOf(bytes: Uint8Array, order: Endian): bigint {
  const ascending = order === 'little' ? [...bytes] : [...bytes].reverse()
  return ascending.reduce((value, byte, i) => value | (BigInt(byte) << BigInt(8 * i)), 0n)
}

export function bytesOf(value: bigint, size: number, order: Endian): Uint8Array {
  const bytes = Uint8Array.from({ length: size }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn))
  return order === 'little' ? bytes : bytes.reverse()
}

/** A region of kind io (G). */
export class DeviceTarget implements Target {
  readonly max: number
  readonly unaligned: boolean
  readonly #spec: DeviceSpec
  readonly #order: Endian
  readonly #handlers: Handlers
  /** The owners that are inside a handler: all devices' (G7). */
  readonly #engaged: Set<number>
  /** The same without a guard: of a region that is readonly itself. */
  readonly unguarded: DeviceTarget

  constructor(spec: DeviceSpec, target: Endian, handlers: Handlers, engaged: Set<number>) {
    this.max = spec.valid.maxSize ?? 4
    this.unaligned = spec.impl.unaligned ?? false
    this.#spec = spec
    this.#order = spec.endianness === undefined || spec.endianness === 'native' ? target : spec.endianness
    this.#handlers = handlers
    this.#engaged = engaged
    this.unguarded = spec.guarded ? new DeviceTarget({ ...spec, guarded: false }, target, handlers, engaged) : this
  }

  read(offset: number, size: number, attrs: MemTxAttrs): Data {
    let value = 0n
    const result = this.#access(offset, size, false, attrs, (at, width, shift) => {
      const answer = this.#handlers.called(width === 8 ? 'read64' : 'read', at, width, attrs)
      const piece = answer.result === 0 ? BigInt.asUintN(8 * width, answer.value) : 0n
      value |= shift < 0 ? piece >> BigInt(-shift) : piece << BigInt(shift)
      return answer.result
    })
    return { bytes: bytesOf(value, size, this.#order), result }
  }

  write(offset: number, bytes: Uint8Array, attrs: MemTxAttrs): number {
    const value = numberOf(bytes, this.#order)
    return this.#access(offset, bytes.length, true, attrs, (at, width, shift) => {
      const piece = BigInt.asUintN(8 * width, shift < 0 ? value << BigInt(-shift) : value >> BigInt(shift))
      return this.#handlers.called(width === 8 ? 'write64' : 'write', at, width, attrs, piece).result
    })
  }

  /** G2, then G7, then G5: `piece` for each, with the bit of the value at which its lowest one sits. */
  #access(
    offset: number,
    size: number,
    isWrite: boolean,
    attrs: MemTxAttrs,
    piece: (at: number, width: number, shift: number) => number,
  ): number {
    const { owner, guarded, impl, wide } = this.#spec
    if (!this.#isValid(offset, size, isWrite, attrs)) return MemTxResult.DECODE_ERROR
    if (guarded && this.#engaged.has(owner)) return MemTxResult.ACCESS_ERROR
    if (guarded) this.#engaged.add(owner)
    try {
      const width = Math.max(Math.min(size, impl.maxSize ?? (wide ? 8 : 4)), impl.minSize ?? 1)
      let result = 0
      for (let i = 0; i < size; i += width)
        result |= piece(offset + i, width, 8 * (this.#order === 'little' ? i : size - width - i))
      return result
    } finally {
      if (guarded) this.#engaged.delete(owner)
    }
  }

  #isValid(offset: number, size: number, isWrite: boolean, attrs: MemTxAttrs): boolean {
    const { picky, valid } = this.#spec
    if (picky && !this.#handlers.accepts(offset, size, isWrite, attrs)) return false
    if (!valid.unaligned && offset % size !== 0) return false
    return valid.maxSize === undefined || (size >= (valid.minSize ?? 1) && size <= valid.maxSize)
  }
}

/** A region that is memory. As a target it is its register accessors, for what may not be touched directly (G9, S5). */
export class MemoryTarget implements Target {
  readonly max = 8
  readonly unaligned: boolean
  readonly direct: boolean
  readonly bytes: Uint8Array
  readonly start: number
  readonly #stored: (address: number) => void
  readonly #oneAccess: boolean
  readonly #splits: boolean

  /** @param stored Told of each byte that is stored, by its address in the guest RAM. */
  constructor(
    { spec }: Place,
    ram: RamSpec,
    bytes: Uint8Array,
    { directAccess }: WorldSpec,
    stored: (address: number) => void,
  ) {
    this.#stored = stored
    const { cacheMode } = spec
    this.direct =
      directAccess === 'by-mapping' ||
      cacheMode === 'normal' ||
      (cacheMode === 'writecombine' && directAccess === 'normal-or-writecombine')
    this.bytes = bytes
    this.start = blockStart(spec.block)
    // An instruction that makes an unaligned access is a kernel's; and none of them is atomic, as the language order wants.
    this.#oneAccess = ram.lane === 'wasm' && ram.order === 'host' && HOST_PROFILES[ram.host].access[cacheMode].unaligned
    // A block is cut where its pieces are aligned, unless the host makes unaligned ones in one access each (S6, E4).
    this.unaligned = this.#oneAccess
    this.#splits = ram.unaligned === 'split'
  }

  /** One access (S6). */
  read(offset: number, size: number): Data {
    if (!this.#permits(offset, size)) return nothing(size, MemTxResult.DECODE_ERROR)
    return { bytes: this.bytes.slice(this.start + offset, this.start + offset + size), result: MemTxResult.OK }
  }

  write(offset: number, bytes: Uint8Array): number {
    if (!this.#permits(offset, bytes.length)) return MemTxResult.DECODE_ERROR
    for (const [i, byte] of bytes.entries()) this.store(this.start + offset + i, byte)
    return MemTxResult.OK
  }

  store(address: number, byte: number): void {
    this.bytes[address] = byte
    this.#stored(address)
  }

  #permits(offset: number, size: number): boolean {
    return offset % size === 0 || this.#splits || this.#oneAccess
  }
}
