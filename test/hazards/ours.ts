import {
  AddressSpace,
  type CacheMode,
  GuestRam,
  type GuestRamOptions,
  HOST_PROFILES,
  hostProfile,
  MemoryRegion,
  type RamBlock,
  ramMove,
} from 'guestmem'
import { type Copier, MEMORY_BYTES } from './copier.ts'

const x86 = HOST_PROFILES['x86-64']
const noAvx = hostProfile({ base: 'x86-64', access: { normal: { widest: 8 } } })

/** The lanes and tiers of order, each with the profile that selects it. */
export const LANES: Readonly<Record<string, GuestRamOptions>> = {
  '16-byte kernels': { lane: 'wasm', order: 'host', host: x86 },
  '8-byte kernels': { lane: 'wasm', order: 'host', host: noAvx },
  'atomic kernels': { lane: 'wasm', order: 'language', host: x86 },
  script: { lane: 'script', order: 'host', host: x86 },
  'atomic script': { lane: 'script', order: 'language', host: x86 },
}

/** Guest RAM as one block, and a space over it. */
export interface Board {
  readonly block: RamBlock
  readonly memory: AddressSpace
  readonly bytes: Uint8Array
}

export function board(options: GuestRamOptions, cacheMode?: CacheMode): Board {
  const block = GuestRam.allocate(MEMORY_BYTES, options).block('block', MEMORY_BYTES)
  const region =
    cacheMode === undefined ? MemoryRegion.ram('ram', block) : MemoryRegion.ramDevice('bar', block, { cacheMode })
  return { block, memory: new AddressSpace('memory', region), bytes: block.view() }
}

/** RAM to RAM, which may overlap. */
export function moves(name: string, { block, bytes }: Board): Copier {
  return { name: `ramMove, ${name}`, bytes, copy: (dst, src, length) => ramMove(block, dst, block, src, length) }
}

/** From a device's own bytes, to what the space shows. */
export function writes(name: string, { memory, bytes }: Board): Copier {
  // One buffer, as a device would have.
  const own = new Uint8Array(MEMORY_BYTES)
  return {
    name: `memory.write, ${name}`,
    bytes,
    copy(dst, src, length) {
      own.set(bytes.subarray(src, src + length), src)
      memory.write(dst, own.subarray(src, src + length))
    },
  }
}

/** To a device's own bytes, from what the space shows. */
export function reads(name: string, { memory, bytes }: Board): Copier {
  const own = new Uint8Array(MEMORY_BYTES)
  return {
    name: `memory.read, ${name}`,
    bytes,
    copy(dst, src, length) {
      const part = own.subarray(dst, dst + length)
      memory.read(src, part)
      bytes.set(part, dst)
    },
  }
}

/** One access of a guest's: 1, 2, 4 or 8 bytes. */
export function stores(name: string, { memory, bytes }: Board): Copier {
  const values = new DataView(bytes.buffer)
  return {
    name: `memory.store, ${name}`,
    bytes,
    copy(dst, src, length) {
      if (length === 8) memory.store64le(dst, values.getBigUint64(src, true))
      else if (length === 4) memory.store32le(dst, values.getUint32(src, true))
      else if (length === 2) memory.store16le(dst, values.getUint16(src, true))
      else memory.store8(dst, values.getUint8(src))
    },
  }
}

const lanes = Object.entries(LANES)
export const MOVES: readonly Copier[] = lanes.map(([name, options]) => moves(name, board(options)))
export const WRITES: readonly Copier[] = lanes.map(([name, options]) => writes(name, board(options)))
export const STORES: readonly Copier[] = lanes.map(([name, options]) => stores(name, board(options)))
export const OURS: readonly Copier[] = [...MOVES, ...WRITES]
