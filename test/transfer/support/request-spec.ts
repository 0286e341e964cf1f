import {
  type AccessConstraints,
  type CacheMode,
  type DirectAccess,
  type HostName,
  MemTxAttrs,
  type UnalignedPolicy,
} from 'guestmem'

/** What a random case of requests is made of: a map, its guest RAMs, and what is done to it. */

export type Endian = 'little' | 'big'

/** A guest RAM: of an allocation (`wasm`, `script`), or around a user's SharedArrayBuffer (`wrap`). */
export interface RamSpec {
  readonly lane: 'wasm' | 'script' | 'wrap'
  readonly order: 'host' | 'language'
  readonly unaligned: UnalignedPolicy
  readonly host: HostName
}

export interface DeviceSpec {
  readonly valid: AccessConstraints
  readonly impl: AccessConstraints
  readonly endianness: Endian | 'native' | undefined
  /** It has the 64-bit pair. */
  readonly wide: boolean
  /** It has `accepts`, which refuses some. */
  readonly picky: boolean
  /** Some accesses fail. */
  readonly faulty: boolean
  /** Devices of the same owner share a guard. */
  readonly owner: number
  readonly guarded: boolean
}

export interface PlaceSpec {
  readonly kind: 'ram' | 'rom' | 'romDevice' | 'ramDevice' | 'io' | 'reservation' | 'alias'
  /** Of WorldSpec.islands, modulo how many there are. */
  readonly island: number
  /** Offset in the island, bytes. */
  readonly offset: number
  readonly size: number
  readonly priority: number
  readonly readonly: boolean
  /** Of memory: which guest RAM, and which block of it. */
  readonly ram: number
  readonly block: number
  readonly cacheMode: CacheMode
  readonly device: DeviceSpec
  /** Of an alias: one of the places before it, and the offset in that. */
  readonly target: number
  readonly targetOffset: number
}

export interface WorldSpec {
  readonly endian: Endian
  readonly directAccess: DirectAccess
  readonly rams: readonly RamSpec[]
  /** Addresses around which something is mapped. */
  readonly islands: readonly number[]
  readonly places: readonly PlaceSpec[]
}

/**
 * An address: near a border of a place as it was mapped first, in an island, near that of the running request, or near
 * one that differs from the latest in the bits from 2^32 on alone.
 */
export interface Spot {
  readonly of: 'start' | 'end' | 'island' | 'running' | 'twin'
  readonly index: number
  readonly delta: number
}

export type Form = '8' | '16' | '16le' | '16be' | '32' | '32le' | '32be' | '64' | '64le' | '64be' | '64Pair'

/** Sizes in bytes, and byte orders: the target's, unless said. */
export const FORMS: Readonly<Record<Form, readonly [size: number, order: Endian | undefined]>> = {
  '8': [1, undefined],
  '16': [2, undefined],
  '16le': [2, 'little'],
  '16be': [2, 'big'],
  '32': [4, undefined],
  '32le': [4, 'little'],
  '32be': [4, 'big'],
  '64': [8, undefined],
  '64le': [8, 'little'],
  '64be': [8, 'big'],
  '64Pair': [8, undefined],
}

/** The caller's array: its own, one that others may watch, or a view of guest RAM. */
export interface BufferSpec {
  readonly of: 'own' | 'shared' | 'guest'
  readonly ram: number
  readonly at: number
  readonly length: number
}

interface Asked {
  readonly spot: Spot
  /** Of ATTRS; -1 where they are left out. */
  readonly attrs: number
}

export type Request =
  | (Asked & { readonly kind: 'read'; readonly buffer: BufferSpec })
  | (Asked & { readonly kind: 'write'; readonly buffer: BufferSpec; readonly seed: number })
  | (Asked & { readonly kind: 'fill'; readonly byte: number; readonly length: number })
  | (Asked & { readonly kind: 'load'; readonly form: Form })
  | (Asked & { readonly kind: 'store'; readonly form: Form; readonly value: bigint })

export interface MapChange {
  readonly kind: 'move' | 'enabled' | 'readonly' | 'romd' | 'targetOffset'
  /** Of the places, modulo how many there are. */
  readonly place: number
  readonly island: number
  readonly value: number
}

export type Action = Request | MapChange | { readonly kind: 'throw' }

/** What a handler does before it answers: the one that is called as the `call`th. */
export interface Plan {
  readonly call: number
  readonly action: Action
}

export const ATTRS: readonly MemTxAttrs[] = [
  MemTxAttrs.UNSPECIFIED,
  MemTxAttrs.RELAXED,
  MemTxAttrs.SECURE,
  MemTxAttrs.of({ user: true, requesterId: 0x1234 }),
  MemTxAttrs.of({ secure: true, requesterId: 0xffff, strict: false }),
  MemTxAttrs.of({ memory: true }),
  MemTxAttrs.of({ memory: true, strict: false }),
]

/** Those of another thread are others with the same values. */
export function attrsIndex(attrs: MemTxAttrs): number {
  const { secure, user, strict, memory, requesterId } = attrs
  const same = ATTRS.indexOf(attrs)
  if (same >= 0) return same
  return ATTRS.findIndex(
    each =>
      each.secure === secure &&
      each.user === user &&
      each.strict === strict &&
      each.memory === memory &&
      each.requesterId === requesterId,
  )
}

/** No address is at or over this. */
export const ADDRESS_LIMIT: number = 2 ** 53

/** The largest region of memory, and where a block of RAM ends. */
export const MEMORY_BYTES = 128
export const BLOCKS = 3

/** Any number from others; the same again from the same. 32 bits, unsigned. */
export function noise(...from: readonly number[]): number {
  let hash = 0x811c_9dc5
  for (const value of from) {
    hash = Math.imul(hash ^ value, 0x0100_0193)
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b_3c6d)
    hash ^= hash >>> 13
  }
  return hash >>> 0
}
