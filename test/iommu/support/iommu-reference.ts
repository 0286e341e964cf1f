import { MemTxResult } from 'guestmem'
import { ADDRESS_LIMIT } from '../../transfer/support/request-spec.ts'
import { type Entry, entryAt, type IommuRequest, type IommuWorld, type Segment, type SpaceSpec } from './iommu-world.ts'

const { ACCESS_ERROR, DECODE_ERROR, OK } = MemTxResult
/** Where a chain of IOMMUs is taken for a circle. */
const DEPTH = 16
/** E11. */
const PATTERN = 512

/** What a device answers: the byte at an offset; and what a write is logged as. */
export function deviceByte(offset: number): number {
  return (offset * 7 + 3) % 256
}

/** Bytes that a write or fill has at `i`. */
export function dataByte(i: number): number {
  return (i * 13 + 101) % 256
}

interface Found {
  readonly kind: Segment['kind']
  /** Key of the segment's bytes, for memory. */
  readonly key: string
  readonly offset: number
  /** D4, K2. */
  readonly length: number
}

/** Requests as RULES E, I and K say, one byte of memory or one piece for a device at a time. */
export class IommuReference {
  log: string[] = []
  readonly memory: Map<string, Uint8Array> = new Map()
  readonly #world: IommuWorld

  constructor(world: IommuWorld, content: (key: string, bytes: number) => Uint8Array) {
    this.#world = world
    for (const [s, { segments }] of world.spaces.entries())
      for (const [i, { kind, skip, size }] of segments.entries())
        if (kind === 'ram' || kind === 'rom') this.memory.set(`${s} ${i}`, content(`${s} ${i}`, skip + size))
  }

  run(request: IommuRequest): string {
    const { kind, offset, length } = request
    const address = Math.min((this.#world.spaces[0] as SpaceSpec).base + offset, ADDRESS_LIMIT - 1)
    const data = Uint8Array.from({ length }, (_, i) => (kind === 'fill' ? dataByte(0) : dataByte(i)))
    if (kind === 'writeRom') return this.#writeRom(address, data)
    if (kind === 'valid') return String(this.#valid(address, length, request))
    if (kind === 'load' || kind === 'store') return this.#single(address, data, request)
    const bytes = kind === 'read' ? new Uint8Array(length) : data
    let result = 0
    const step = kind === 'fill' ? PATTERN : Number.POSITIVE_INFINITY
    for (let at = 0; at < length; at += step) {
      const part = bytes.subarray(at, Math.min(length, at + step))
      result |= this.#block(address + at, part, kind !== 'read', request.memoryOnly)
    }
    return kind === 'read' ? `${Buffer.from(bytes).toString('hex')} ${result}` : `${result}`
  }

  /** E1 to E8. */
  #block(address: number, bytes: Uint8Array, write: boolean, memoryOnly: boolean): number {
    let result = 0
    for (let at = 0; at < bytes.length; ) {
      const found = this.#find(0, address + at, bytes.length - at, write)
      let size = found.length
      const memory = this.memory.get(found.key)
      if (memoryOnly && memory === undefined) {
        result |= ACCESS_ERROR
        if (at === 0) size = bytes.length
      } else if (memory !== undefined && !(write && found.kind === 'rom')) {
        for (let i = 0; i < size; i++)
          if (write) memory[found.offset + i] = bytes[at + i] as number
          else bytes[at + i] = memory[found.offset + i] as number
      } else {
        size = piece(found.offset, found.length)
        result |= this.#device(found, bytes.subarray(at, at + size), write)
      }
      at += size
    }
    return result
  }

  /** One piece; into `bytes`, or from it. 8 are two calls of 4 (G5). */
  #device({ kind, offset }: Found, bytes: Uint8Array, write: boolean): number {
    if (kind !== 'io') return DECODE_ERROR
    if (offset % bytes.length !== 0) return DECODE_ERROR
    for (let at = 0; at < bytes.length; at += 4) {
      const part = bytes.subarray(at, at + 4)
      if (!write) for (const i of part.keys()) part[i] = deviceByte(offset + at + i)
      const value = write ? ` ${Buffer.from(part).toString('hex')}` : ''
      this.log.push(`${write ? 'w' : 'r'} ${part.length} at ${offset + at}${value}`)
    }
    return OK
  }

  /** I1, I2. */
  #single(address: number, data: Uint8Array, { kind, length, memoryOnly }: IommuRequest): string {
    const write = kind === 'store'
    const found = this.#find(0, address, length, write)
    const bytes = write ? data : new Uint8Array(length)
    const memory = this.memory.get(found.key)
    let result: number = OK
    if (memory === undefined) result = memoryOnly ? ACCESS_ERROR : this.#device(found, bytes, write)
    else if (found.length < length || (write && found.kind === 'rom')) result = DECODE_ERROR
    else if (write) memory.set(bytes, found.offset)
    else bytes.set(memory.subarray(found.offset, found.offset + length))
    return write ? `${result}` : `${Buffer.from(bytes).toString('hex')} ${result}`
  }

  /** E12. */
  #writeRom(address: number, bytes: Uint8Array): string {
    for (let at = 0; at < bytes.length; ) {
      const found = this.#find(0, address + at, bytes.length - at, true)
      const memory = this.memory.get(found.key)
      const size = memory === undefined ? piece(found.offset, found.length) : found.length
      if (memory !== undefined) memory.set(bytes.subarray(at, at + size), found.offset)
      at += size
    }
    return 'written'
  }

  /** E13, by the offset in the region. */
  #valid(address: number, length: number, { write, memoryOnly }: IommuRequest): boolean {
    for (let at = 0; at < length; ) {
      const found = this.#find(0, address + at, length - at, write)
      const isMemory = this.memory.has(found.key)
      if (found.kind === 'hole' || (write && found.kind === 'rom') || (memoryOnly && !isMemory)) return false
      at += isMemory ? found.length : piece(found.offset, found.length)
    }
    return true
  }

  #find(space: number, address: number, length: number, write: boolean): Found {
    let here = { space, address }
    let left = length
    let iova = 0
    for (let depth = 0; ; depth++) {
      const seen = this.#seen(here.space, here.address)
      if (seen.kind !== 'iommu') {
        const memory = seen.kind === 'ram' || seen.kind === 'rom'
        return {
          kind: seen.kind,
          key: seen.key,
          offset: seen.offset,
          length: memory ? Math.min(left, seen.left) : left,
        }
      }
      iova = seen.offset
      if (depth === DEPTH) break
      this.log.push(`t ${seen.key} ${iova} ${write ? 2 : 1}`)
      const entry: Entry = entryAt(this.#world, here.space, seen.index, iova)
      if ((entry.permissions & (write ? 2 : 1)) === 0) break
      // K2, in exact integers.
      const mask = BigInt(entry.mask)
      const to = (BigInt(entry.translated) & ~mask) | (BigInt(iova) & mask)
      left = Math.min(left, Number(mask - (BigInt(iova) & mask)) + 1)
      here = { space: entry.space, address: Number(to) }
    }
    // K1, D3.
    return { kind: 'hole', key: '', offset: iova, length: left }
  }

  #seen(space: number, address: number) {
    const { base, segments } = this.#world.spaces[space] as SpaceSpec
    let start = base
    for (const [index, { kind, skip, size }] of segments.entries()) {
      const end = Math.min(start + size, ADDRESS_LIMIT)
      if (address >= start && address < end && kind !== 'hole')
        return { kind, key: `${space} ${index}`, index, offset: skip + (address - start), left: end - address }
      start += size
    }
    return { kind: 'hole' as const, key: '', index: -1, offset: address, left: 0 }
  }
}

/** E4, of a device that takes 1 to 4 bytes, aligned. */
function piece(offset: number, length: number): number {
  let size = 4
  while (size > length || offset % size !== 0) size /= 2
  return size
}
