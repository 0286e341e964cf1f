import fc from 'fast-check'
import {
  type AddressSpace,
  accessValid,
  type DmaWindow,
  MemoryRegionCache,
  MemTxAttrs,
  ScatterGatherList,
  translate,
} from 'guestmem'
import type { GuestMachine } from './guest-machine.ts'
import { type GuestNumber, guestNumber, reachable } from './guest-numbers.ts'

/** What a guest has a machine do, by a load or a store, or by a descriptor. */
export interface GuestOp {
  readonly way: (typeof WAYS)[number]
  readonly address: GuestNumber
  readonly other: GuestNumber
  readonly length: GuestNumber
  /** Of one register, where what is past 2^53 may be refused. */
  readonly near: number
  readonly seed: number
}

const WAYS = [
  'read',
  'write',
  'fill',
  'copy',
  'copy to the bus',
  'map',
  'load',
  'store',
  'list',
  'cache',
  'translate',
  'accessValid',
  'writeRom',
] as const

export const guestOp: fc.Arbitrary<GuestOp> = fc.record({
  way: fc.constantFrom(...WAYS),
  address: guestNumber,
  other: guestNumber,
  length: fc.oneof({ weight: 3, arbitrary: fc.nat(300) }, { weight: 1, arbitrary: guestNumber }),
  near: reachable,
  seed: fc.nat(1023),
})

const ATTRS = [
  MemTxAttrs.UNSPECIFIED,
  MemTxAttrs.RELAXED,
  MemTxAttrs.of({ memory: true }),
  MemTxAttrs.of({ memory: true, strict: false }),
  MemTxAttrs.of({ requesterId: 3 }),
] as const

/** The most that a buffer of the host's has, bytes: what a device takes of a guest's length at once. */
const BUFFER = 4096
const AROUND = 16

/** What a guest's numbers may be for the door: numbers and bigints of 64 bits. The types say numbers alone. */
type Any = never

/** Held until the end of the case, as a device holds what it mapped. */
export class Held {
  readonly windows: DmaWindow[] = []
  readonly faults: string[] = []

  /** Bytes of the host's, with others on both sides that must stay as they are. */
  bytes(length: GuestNumber): { readonly bytes: Uint8Array; check(): void } {
    const size = Math.min(Number(length), BUFFER)
    const whole = new Uint8Array(size + 2 * AROUND).fill(0xc5)
    const bytes = whole.subarray(AROUND, AROUND + size).fill(0x77)
    return {
      bytes,
      check: () => {
        const around = [...whole.subarray(0, AROUND), ...whole.subarray(AROUND + size)]
        if (around.some(byte => byte !== 0xc5)) this.faults.push('bytes of the host beside the buffer were stored to')
      },
    }
  }

  release(seed: number): void {
    while (this.windows.length > 0) {
      const window = this.windows.pop() as DmaWindow
      window.unmap(seed % 3 === 0 ? 0 : seed % 3 === 1 ? Math.floor(window.length / 2) : window.length)
    }
  }
}

/** Carries out one of them. @returns The result, where there is one. */
export function carryOut(op: GuestOp, { memory, bus }: GuestMachine, held: Held): number {
  const { way, address, other, length, near, seed } = op
  const attrs = ATTRS[seed % ATTRS.length] as MemTxAttrs
  const space = seed % 7 === 6 ? bus : memory
  const at = address as Any
  const from = other as Any
  const many = length as Any
  switch (way) {
    case 'read':
    case 'write': {
      const buffer = held.bytes(length)
      const result = space[way](at, buffer.bytes, attrs)
      buffer.check()
      return result
    }
    case 'writeRom':
      // A loader's door, which no guest's numbers reach.
      space.writeRom(near, held.bytes(length).bytes)
      return 0
    case 'fill':
      return space.fill(at, seed & 0xff, many, attrs)
    case 'copy':
      return space.copy(at, space, from, many, attrs)
    case 'copy to the bus':
      return bus.copy(at, memory, from, many, attrs)
    case 'map': {
      const window = space.map(at, many, { write: seed % 2 === 0, attrs })
      if (window !== undefined) {
        if (window.length < 1 || window.length > Number(length))
          held.faults.push(`a window of ${window.length} bytes for ${length}`)
        window.bytes[window.length - 1] = seed
        held.windows.push(window)
        if (seed % 3 === 0) held.release(seed)
      }
      return 0
    }
    case 'load':
      return load(space, near, seed, attrs)
    case 'store':
      return store(space, near, seed, attrs)
    case 'list':
      return byList(space, bus, op, attrs, held)
    case 'cache':
      return byCache(space, op, attrs, held)
    case 'translate':
      translate(space, at, (length === 0 || length === 0n ? 1 : length) as Any, { write: seed % 2 === 0, attrs })
      return 0
    case 'accessValid':
      accessValid(space, at, many, { write: seed % 2 === 0, attrs })
      return 0
  }
}

function load(space: AddressSpace, address: number, seed: number, attrs: MemTxAttrs): number {
  if (seed % 5 === 0) space.load8(address, attrs)
  else if (seed % 5 === 1) space.load16be(address, attrs)
  else if (seed % 5 === 2) space.load32(address, attrs)
  else if (seed % 5 === 3) space.load64le(address, attrs)
  else space.load64Pair(address, attrs)
  return space.result
}

function store(space: AddressSpace, address: number, seed: number, attrs: MemTxAttrs): number {
  const value = Math.imul(seed, 0x9e37_79b1) >>> 0
  if (seed % 5 === 0) space.store8(address, value, attrs)
  else if (seed % 5 === 1) space.store16le(address, value, attrs)
  else if (seed % 5 === 2) space.store32be(address, value, attrs)
  else if (seed % 5 === 3) space.store64(address, BigInt(value) << 20n, attrs)
  else space.store64Pair(address, value, seed, attrs)
  return space.result
}

/** Descriptors, as a device adds them to its list without a look. */
function byList(space: AddressSpace, bus: AddressSpace, op: GuestOp, attrs: MemTxAttrs, held: Held): number {
  const { address, other, length, near, seed } = op
  const list = new ScatterGatherList()
  list.add(space, address as Any, length as Any).add(bus, other as Any, (seed % 100) as Any)
  list.add(space, near, 64)
  const buffer = held.bytes(300)
  const start = Math.min(list.length, seed % 8)
  if (seed % 3 === 0) list.read(start, buffer.bytes, attrs)
  else if (seed % 3 === 1) list.write(start, buffer.bytes, attrs)
  else list.copyFrom(start, list, 0, 500, attrs)
  buffer.check()
  return list.result
}

function byCache(space: AddressSpace, op: GuestOp, attrs: MemTxAttrs, held: Held): number {
  const { address, length, seed } = op
  const cache = new MemoryRegionCache(space, address as Any, (length === 0 || length === 0n ? 1 : length) as Any, {
    write: true,
  })
  const buffer = held.bytes(Math.min(cache.length, 64))
  if (cache.length >= 8) {
    cache.load64(0, attrs)
    cache.store32(cache.length - 4, seed, attrs)
  }
  if (cache.length > 0) {
    cache.load8(cache.length - 1, attrs)
    cache.read(0, buffer.bytes, attrs)
    cache.write(cache.length - buffer.bytes.length, buffer.bytes, attrs)
    buffer.check()
  }
  return cache.result
}
