import { AddressSpace, GuestRam, type GuestRamOptions, MemoryRegion, type RamBlock, ramMove } from 'guestmem'
import type { RaceMemory } from './race-memory.ts'

/**
 * Copies `length` bytes to offset `to` of the guest's block. They come from offset `from` of the device's block, or of the
 * guest's block itself, as the copy was made for.
 */
export type Copy = (to: number, from: number, length: number) => void

export interface CopyKind {
  readonly name: string
  /** It is one of guestmem's, which is never caught; else it is a rival, or one that is known to be bad. */
  readonly ours: boolean
  /** False where this engine, or this page's policy, has no way to make it: it is then left out of the races. */
  readonly isAvailable?: () => boolean
  /** @param within The bytes come from the guest's block itself. */
  make(memory: RaceMemory, within: boolean): Copy
}

function sourceOf({ guest, device }: RaceMemory, within: boolean): RamBlock {
  return within ? guest : device
}

/** `ramMove`, of a GuestRam with these options over the same bytes. */
function ramMoveWith(name: string, options: GuestRamOptions): CopyKind {
  return {
    name,
    ours: true,
    make(memory, within) {
      const [guest, device] = GuestRam.attach(memory.handle, options).blocks as [RamBlock, RamBlock]
      const source = within ? guest : device
      return (to, from, length) => ramMove(guest, to, source, from, length)
    },
  }
}

export const RAM_MOVE: CopyKind = ramMoveWith('guestmem ramMove', {})
export const RAM_MOVE_LANGUAGE: CopyKind = ramMoveWith('guestmem ramMove, language order', { order: 'language' })
export const RAM_MOVE_SCRIPT: CopyKind = ramMoveWith('guestmem ramMove, script lane', { lane: 'script' })

/** `write` of bytes in JavaScript's heap, where most emulators' devices have theirs. */
export const SPACE_WRITE: CopyKind = {
  name: 'guestmem AddressSpace.write',
  ours: true,
  make(memory, within) {
    const space = new AddressSpace('memory', MemoryRegion.ram('guest', memory.guest))
    const source = sourceOf(memory, within).view()
    const heap = new Uint8Array(4096)
    return (to, from, length) => {
      const bytes = heap.subarray(0, length)
      bytes.set(source.subarray(from, from + length))
      space.write(to, bytes)
    }
  },
}

/** One access of 2, 4 or 8 bytes through an address space. */
export const SPACE_STORE: CopyKind = {
  name: 'guestmem AddressSpace.store',
  ours: true,
  make(memory) {
    const space = new AddressSpace('memory', MemoryRegion.ram('guest', memory.guest))
    const words = new Uint32Array(memory.ram.buffer, memory.device.offset, memory.device.size / 4)
    return (to, from, length) => {
      const low = words[from / 4] as number
      if (length === 8) space.store64Pair(to, low, words[from / 4 + 1] as number)
      else if (length === 4) space.store32(to, low)
      else space.store16(to, low)
    }
  },
}

export const SET: CopyKind = {
  name: 'Uint8Array.set',
  ours: false,
  make(memory, within) {
    const target = memory.guest.view()
    const source = sourceOf(memory, within).view()
    return (to, from, length) => target.set(source.subarray(from, from + length), to)
  },
}

export const COPY_WITHIN: CopyKind = {
  name: 'Uint8Array.copyWithin',
  ours: false,
  make(memory, within) {
    const bytes = new Uint8Array(memory.ram.buffer)
    const target = memory.guest.offset
    const source = sourceOf(memory, within).offset
    return (to, from, length) => bytes.copyWithin(target + to, source + from, source + from + length)
  },
}

// (module (import "m" "m" (memory 0 65536 shared))
//   (func (export "copy") (param i32 i32 i32)
//     (memory.copy (local.get 0) (local.get 1) (local.get 2))))
const MEMORY_COPY_MODULE =
  '0061736d0100000001070160037f7f7f00020b01016d016d020300808004030201000708' +
  '0104636f707900000a0e010c00200020012002fc0a00000b'

function compileMemoryCopy(): WebAssembly.Module {
  const pairs = MEMORY_COPY_MODULE.match(/../g) as string[]
  return new WebAssembly.Module(Uint8Array.from(pairs, pair => Number.parseInt(pair, 16)))
}

/** WebAssembly's memory.copy, for which engines call the memmove of their C library. */
export const MEMORY_COPY: CopyKind = {
  name: 'wasm memory.copy',
  ours: false,
  // A page's Content-Security-Policy may forbid to compile WebAssembly; guestmem's own copies then do without it.
  isAvailable() {
    try {
      compileMemoryCopy()
      return true
    } catch {
      return false
    }
  },
  make(memory, within) {
    const imports = { m: { m: memory.handle.memory as WebAssembly.Memory } }
    const { copy } = new WebAssembly.Instance(compileMemoryCopy(), imports).exports as { copy: Copy }
    const target = memory.guest.offset
    const source = sourceOf(memory, within).offset
    return (to, from, length) => copy(target + to, source + from, length)
  },
}

/** Stores words in order, and then the last four of them once more, as copies do whose last stores overlap (H10). */
export const STORED_TWICE: CopyKind = {
  name: 'known bad: last bytes twice',
  ours: false,
  make(memory) {
    const target = memory.words(memory.guest)
    const source = memory.words(memory.device)
    return (to, from, length) => {
      const words = length / 4
      for (let i = 0; i < words; i++) target[to / 4 + i] = source[from / 4 + i] as number
      for (let i = words - 4; i < words; i++) target[to / 4 + i] = source[from / 4 + i] as number
    }
  },
}

/** Stores words from the last one down, as memmove does when it moves bytes up (H12, H13). */
export const LAST_FIRST: CopyKind = {
  name: 'known bad: last word first',
  ours: false,
  make(memory, within) {
    const target = memory.words(memory.guest)
    const source = memory.words(sourceOf(memory, within))
    return (to, from, length) => {
      for (let i = length / 4 - 1; i >= 0; i--) target[to / 4 + i] = source[from / 4 + i] as number
    }
  },
}

/** Stores byte by byte, as a simple loop does, and as a DataView may (H2). */
export const BYTEWISE: CopyKind = {
  name: 'known bad: byte by byte',
  ours: false,
  make(memory) {
    const target = memory.guest.view()
    const source = memory.device.view()
    return (to, from, length) => {
      for (let i = 0; i < length; i++) target[to + i] = source[from + i] as number
    }
  },
}
