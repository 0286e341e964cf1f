import { AddressSpace, GuestRam, type GuestRamOptions, MemoryRegion, type RamBlock, ramMove } from 'guestmem'
import type { Arena } from './arena.ts'

/** Copies `length` bytes to offset `to` of the guest's block; from offset `from` of it too, or of the device's block. */
export type Copy = (to: number, from: number, length: number) => void

export interface CopyKind {
  readonly name: string
  /** One of guestmem's, which promises that it is never caught; else a rival, or one that is known to be bad. */
  readonly ours: boolean
  /** @param within The bytes come from the guest's block itself. */
  make(arena: Arena, within: boolean): Copy
}

const view = (arena: Arena): Uint8Array => new Uint8Array(arena.ram.buffer)

function source({ guest, device }: Arena, within: boolean): RamBlock {
  return within ? guest : device
}

/** guestmem's `ramMove` on a guest RAM of its own over the same bytes. */
function ours(name: string, options: GuestRamOptions): CopyKind {
  return {
    name,
    ours: true,
    make(arena, within) {
      const [guest, device] = GuestRam.attach(arena.handle, options).blocks as [RamBlock, RamBlock]
      const from = within ? guest : device
      return (to, at, length) => ramMove(guest, to, from, at, length)
    },
  }
}

export const RAM_MOVE: CopyKind = ours('guestmem ramMove', {})
export const LANGUAGE: CopyKind = ours('guestmem ramMove, language order', { order: 'language' })
export const SCRIPT: CopyKind = ours('guestmem ramMove, script lane', { lane: 'script' })

/** A device whose bytes are in JavaScript's heap, as most emulators' are. */
export const SPACE_WRITE: CopyKind = {
  name: 'guestmem AddressSpace.write',
  ours: true,
  make(arena, within) {
    const memory = new AddressSpace('memory', MemoryRegion.ram('guest', arena.guest))
    const bytes = source(arena, within).view()
    const buffer = new Uint8Array(4096)
    return (to, from, length) => {
      const part = buffer.subarray(0, length)
      part.set(bytes.subarray(from, from + length))
      memory.write(to, part)
    }
  },
}

/** One access through an address space: of 2, 4 or 8 bytes. */
export const SPACE_STORE: CopyKind = {
  name: 'guestmem AddressSpace.store',
  ours: true,
  make(arena) {
    const memory = new AddressSpace('memory', MemoryRegion.ram('guest', arena.guest))
    const words = new Uint32Array(arena.ram.buffer, arena.device.offset, arena.device.size / 4)
    return (to, from, length) => {
      const low = words[from / 4] as number
      if (length === 8) memory.store64Pair(to, low, words[from / 4 + 1] as number)
      else if (length === 4) memory.store32(to, low)
      else memory.store16(to, low)
    }
  },
}

export const SET: CopyKind = {
  name: 'Uint8Array.set',
  ours: false,
  make(arena, within) {
    const target = arena.guest.view()
    const from = source(arena, within).view()
    return (to, at, length) => target.set(from.subarray(at, at + length), to)
  },
}

export const COPY_WITHIN: CopyKind = {
  name: 'Uint8Array.copyWithin',
  ours: false,
  make(arena, within) {
    const bytes = view(arena)
    const { offset } = arena.guest
    const from = source(arena, within).offset
    return (to, at, length) => bytes.copyWithin(offset + to, from + at, from + at + length)
  },
}

// (module (import "m" "m" (memory 0 65536 shared))
//   (func (export "copy") (param i32 i32 i32)
//     (memory.copy (local.get 0) (local.get 1) (local.get 2))))
const MEMORY_COPY =
  '0061736d0100000001070160037f7f7f00020b01016d016d020300808004030201000708' +
  '0104636f707900000a0e010c00200020012002fc0a00000b'

/** The engine's memmove. */
export const MEMORY_COPY_KIND: CopyKind = {
  name: 'wasm memory.copy',
  ours: false,
  make(arena, within) {
    const bytes = Uint8Array.from(MEMORY_COPY.match(/../g) as string[], byte => Number.parseInt(byte, 16))
    const imports = { m: { m: arena.handle.memory as WebAssembly.Memory } }
    const { copy } = new WebAssembly.Instance(new WebAssembly.Module(bytes), imports).exports as { copy: Copy }
    const { offset } = arena.guest
    const from = source(arena, within).offset
    return (to, at, length) => copy(offset + to, from + at, length)
  },
}

/** Words in order, and then the last four of them once more, as overlapping stores do (H10). */
export const STORED_TWICE: CopyKind = {
  name: 'known bad: last bytes twice',
  ours: false,
  make(arena) {
    const to = arena.words(arena.guest)
    const from = arena.words(arena.device)
    return (dst, src, length) => {
      const words = length / 4
      for (let i = 0; i < words; i++) to[dst / 4 + i] = from[src / 4 + i] as number
      for (let i = words - 4; i < words; i++) to[dst / 4 + i] = from[src / 4 + i] as number
    }
  },
}

/** As memmove does upwards (H12, H13). */
export const LAST_FIRST: CopyKind = {
  name: 'known bad: last word first',
  ours: false,
  make(arena, within) {
    const to = arena.words(arena.guest)
    const from = arena.words(source(arena, within))
    return (dst, src, length) => {
      for (let i = length / 4 - 1; i >= 0; i--) to[dst / 4 + i] = from[src / 4 + i] as number
    }
  },
}

/** As a loop over bytes does, and DataView may (H2). */
export const BYTEWISE: CopyKind = {
  name: 'known bad: byte by byte',
  ours: false,
  make(arena) {
    const to = arena.guest.view()
    const from = arena.device.view()
    return (dst, src, length) => {
      for (let i = 0; i < length; i++) to[dst + i] = from[src + i] as number
    }
  },
}
