import { type MemTxAttrs, MemTxResult } from 'guestmem'
import { RequestBuffers } from './request-buffers.ts'
import { hex, Machine } from './request-machine.ts'
import { changedMap, firstMap, type RequestMap, rangeBytes, seenAt } from './request-map.ts'
import { plainRam } from './request-ram.ts'
import { ATTRS, FORMS, type MapChange, type Plan, type RamSpec, type Request, type WorldSpec } from './request-spec.ts'
import {
  bytesOf,
  type Data,
  DeviceTarget,
  type Handlers,
  MemoryTarget,
  nothing,
  numberOf,
  REJECTED,
  type Target,
} from './request-targets.ts'

const PAGE = 4096

export function dirtyPage(ram: number, client: number, page: number): string {
  return `RAM ${ram}, client ${client}, page ${page}`
}

/** E11: how many bytes a fill writes at once. */
const PATTERN = 512

/** The reference: a request is carried out one byte of memory or one piece for a device at a time, as RULES E, G and I say. */
export class Reference extends Machine {
  readonly rams: readonly Uint8Array[]
  /** What is dirty: guest RAM, client and page (F2). */
  readonly dirty: Set<string> = new Set()
  #map: RequestMap
  /** By place: its handlers, and its bytes. */
  readonly #devices: readonly Target[]
  readonly #memories: readonly (MemoryTarget | undefined)[]
  readonly #buffers: RequestBuffers

  constructor(world: WorldSpec, plans: readonly Plan[], masks: readonly number[] = []) {
    super(world, plans)
    this.rams = world.rams.map(plainRam)
    this.#map = firstMap(world)
    this.#buffers = new RequestBuffers(this.rams)
    const engaged = new Set<number>()
    this.#devices = this.#map.places.map(({ spec }, index): Target => {
      if (spec.kind !== 'io' && spec.kind !== 'romDevice') return REJECTED
      const handlers = {
        accepts: (...call: Parameters<Handlers['accepts']>) => this.accepts(index, ...call),
        called: (...call: Parameters<Handlers['called']>) => this.called(index, ...call),
      }
      return new DeviceTarget(spec.device, world.endian, handlers, engaged)
    })
    this.#memories = this.#map.places.map((place, index): MemoryTarget | undefined => {
      const { kind } = place.spec
      if (kind === 'io' || kind === 'reservation' || kind === 'alias') return undefined
      const ram = place.spec.ram % world.rams.length
      const stored = (address: number): void => {
        for (const client of [1, 2, 4])
          if (((masks[index] ?? 0) & client) !== 0) this.dirty.add(dirtyPage(ram, client, Math.floor(address / PAGE)))
      }
      return new MemoryTarget(place, world.rams[ram] as RamSpec, this.rams[ram] as Uint8Array, world, stored)
    })
  }

  protected change(change: MapChange): void {
    this.#map = changedMap(this.#map, this.world, change)
  }

  protected request(request: Request, address: number): string {
    const map = this.#map
    const attrs = ATTRS[request.attrs] ?? (ATTRS[0] as MemTxAttrs)
    if (request.kind === 'load') {
      const [size, order = this.world.endian] = FORMS[request.form]
      const { bytes, result } = this.#load(map, address, size, attrs)
      return `${hex(numberOf(bytes, order))}, result ${result}`
    }
    if (request.kind === 'store') {
      const [size, order = this.world.endian] = FORMS[request.form]
      return `result ${this.#store(map, address, bytesOf(request.value, size, order), attrs)}`
    }
    if (request.kind === 'fill') {
      let result = 0
      for (let at = 0; at < request.length; at += PATTERN) {
        const pattern = new Uint8Array(Math.min(PATTERN, request.length - at)).fill(request.byte)
        result |= this.#write(map, address + at, pattern, attrs)
      }
      return `result ${result}`
    }
    const bytes = this.#buffers.prepare(request)
    // What others may see, and what is guest RAM, is loaded before anything is stored, and stored after all is loaded.
    const apart = request.buffer.of !== 'own'
    const result =
      request.kind === 'write'
        ? this.#write(map, address, apart ? bytes.slice() : bytes, attrs)
        : apart
          ? this.#readApart(map, address, bytes, attrs)
          : this.#read(map, address, bytes, attrs)
    return `result ${result} ${this.#buffers.text(request.buffer)}`
  }

  /** A handler's bug leaves what was read before. */
  #readApart(map: RequestMap, address: number, into: Uint8Array, attrs: MemTxAttrs): number {
    const bytes = new Uint8Array(into.length)
    let done = 0
    try {
      return this.#read(map, address, bytes, attrs, at => {
        done = at
      })
    } finally {
      into.set(bytes.subarray(0, done))
    }
  }

  /** E: bytes of memory, each for itself, or a piece of what answers elsewhere. */
  #read(
    map: RequestMap,
    address: number,
    into: Uint8Array,
    attrs: MemTxAttrs,
    progress: (at: number) => void = () => undefined,
  ): number {
    let result = 0
    for (let at = 0; at < into.length; ) {
      const { target, offset, left, memory } = this.#find(map, address + at, into.length - at, false)
      if (attrs.memory && !memory) {
        // E8: of the first region, the whole access. What is left out reads as zero.
        const skipped = at === 0 ? into.length : left
        into.fill(0, at, at + skipped)
        result |= MemTxResult.ACCESS_ERROR
        at += skipped
      } else if (target instanceof MemoryTarget && target.direct) {
        const start = target.start + offset
        // The bytes as they are before the piece, which may overlap the array (M1).
        for (const [i, byte] of target.bytes.slice(start, start + left).entries()) into[at + i] = byte
        at += left
      } else {
        const size = pieceSize(target, offset, left)
        const data = target.read(offset, size, attrs)
        for (const [i, byte] of data.bytes.entries()) into[at + i] = byte
        result |= data.result
        at += size
      }
      progress(at)
    }
    return result
  }

  #write(map: RequestMap, address: number, from: Uint8Array, attrs: MemTxAttrs): number {
    let result = 0
    for (let at = 0; at < from.length; ) {
      const { target, offset, left, memory } = this.#find(map, address + at, from.length - at, true)
      if (attrs.memory && !memory) {
        result |= MemTxResult.ACCESS_ERROR
        at += at === 0 ? from.length : left
      } else if (target instanceof MemoryTarget && target.direct) {
        const start = target.start + offset
        for (const [i, byte] of from.slice(at, at + left).entries()) target.store(start + i, byte)
        at += left
      } else {
        const size = pieceSize(target, offset, left)
        result |= target.write(offset, from.slice(at, at + size), attrs)
        at += size
      }
    }
    return result
  }

  /** I1: one access, of the whole size; one that reaches over the end of memory is not memory's. */
  #load(map: RequestMap, address: number, size: number, attrs: MemTxAttrs): Data {
    const { target, offset, left, device, memory } = this.#find(map, address, size, false)
    const asked = left < size ? device : target
    // E8: a load, other than a block, may take what a ROM device holds.
    if (attrs.memory && !memory && !(asked instanceof MemoryTarget)) return nothing(size, MemTxResult.ACCESS_ERROR)
    return asked.read(offset, size, attrs)
  }

  #store(map: RequestMap, address: number, bytes: Uint8Array, attrs: MemTxAttrs): number {
    const { target, offset, left, device, memory } = this.#find(map, address, bytes.length, true)
    if (attrs.memory && !memory) return MemTxResult.ACCESS_ERROR
    return (left < bytes.length ? device : target).write(offset, bytes, attrs)
  }

  /**
   * What answers at an address; how far it goes is limited for memory alone (D4), and for what is read of a ROM device
   * directly (E10). Memory that is readonly itself takes no writes (E2).
   */
  #find(map: RequestMap, address: number, length: number, write: boolean): Found {
    const seen = seenAt(map, address)
    // The unassigned address is its own offset (D3).
    if (seen === undefined) return { target: REJECTED, offset: address, left: length, device: REJECTED, memory: false }
    const { offset, place } = seen
    const flash = place.spec.kind === 'romDevice'
    const own = this.#devices[seen.index] as Target
    const device = own instanceof DeviceTarget && (flash || place.readonly) ? own.unguarded : own
    const memory = this.#memories[seen.index]
    // A ROM device is memory for reads alone, in romd mode, and where it may be touched directly (A3, E2).
    if (memory === undefined || (flash && (write || !place.romd || !memory.direct)))
      return { target: device, offset, left: length, device, memory: false }
    const left = rangeBytes(map, address, length)
    return { target: write && place.readonly ? REJECTED : memory, offset, left, device, memory: !flash }
  }
}

interface Found {
  readonly target: Target
  readonly offset: number
  /** Bytes of the request that it may be asked for. */
  readonly left: number
  /** What answers for what may not be asked of it. */
  readonly device: Target
  /** For requests that are for memory alone (E8). */
  readonly memory: boolean
}

/** E4: the largest power of two that fits, and that the offset in the region is a multiple of. */
function pieceSize({ max, unaligned }: Target, offset: number, length: number): number {
  let size = 1
  while (2 * size <= Math.min(length, max) && (unaligned || offset % (2 * size) === 0)) size *= 2
  return size
}
