import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'
import { describe, expect, test } from 'vitest'
import { GuestBytes } from '../../../src/ram/access/guest-bytes.ts'
import { resolveOptions } from '../../../src/ram/guest-ram-options.ts'
import { makeTables } from '../../../src/ram/memory-tables.ts'
import { MAKER } from '../../../src/ram/ram-block.ts'

const WASM_PAGE = 65_536

interface Resizable extends ArrayBuffer {
  resize(bytes: number): void
}
const ResizableBuffer = ArrayBuffer as unknown as new (bytes: number, options: { maxByteLength: number }) => Resizable

/**
 * A WebAssembly.Memory as `toResizableBuffer` leaves it, which newer engines have: it grows in the same buffer, and detaches no
 * view. Before that is called it has a buffer of a fixed length, as all have.
 */
class Memory {
  buffer: ArrayBuffer
  constructor(pages: number) {
    this.buffer = new ArrayBuffer(pages * WASM_PAGE)
  }
  toResizableBuffer(): void {
    const before = this.buffer
    const after = new ResizableBuffer(before.byteLength, { maxByteLength: 100 * WASM_PAGE })
    new Uint8Array(after).set(new Uint8Array(before))
    structuredClone(before, { transfer: [before] })
    this.buffer = after
  }
  grow(pages: number): void {
    ;(this.buffer as Resizable).resize(this.buffer.byteLength + pages * WASM_PAGE)
  }
}

function guestRam(memory: Memory): GuestRam {
  const { buffer } = memory
  const placed = { memory: memory as unknown as WebAssembly.Memory, buffer, offset: 0, bytes: buffer.byteLength }
  return new GuestRam(MAKER, { ...placed, ...makeTables(2 ** 32, 0, false) }, resolveOptions({}, false))
}

describe.each([true, false])(
  'a memory that grows in a resizable buffer, which it gave before it was wrapped: %s',
  early => {
    test('all bytes that it has can be accessed, in every way', () => {
      const memory = new Memory(1)
      if (early) memory.toResizableBuffer()
      const ram = guestRam(memory)
      const before = new AddressSpace('before', MemoryRegion.ram('before', ram.block('before', WASM_PAGE)))
      for (let i = 0; i < 100; i++) before.store32(WASM_PAGE - 4, i)
      if (!early) memory.toResizableBuffer()
      expect(before.load32(WASM_PAGE - 4)).toBe(99)
      memory.grow(2)
      ram.grow(3 * WASM_PAGE)
      const block = ram.block('after', 2 * WASM_PAGE)
      const after = new AddressSpace('after', MemoryRegion.ram('after', block))
      for (const at of [0, 2 * WASM_PAGE - 64]) {
        for (let i = 0; i < 100; i++) {
          after.store8(at, i)
          after.store16(at + 2, i)
          after.store32(at + 5, i)
          after.store64(at + 16, BigInt(i))
          after.store64Pair(at + 25, i, i)
        }
        after.write(at + 40, Uint8Array.of(1, 2, 3, 4, 5))
        after.copy(at + 50, before, WASM_PAGE - 4, 4)
        after.fill(at + 60, 7, 4)
        expect([after.load8(at), after.load16(at + 2), after.load32(at + 5), after.load64(at + 16)]).toEqual([
          99,
          99,
          99,
          99n,
        ])
        expect([after.load64Pair(at + 25), after.high, after.load32(at + 41), after.load32(at + 50)]).toEqual([
          99, 99, 0x0504_0302, 99,
        ])
        const bytes = new Uint8Array(4)
        after.read(at + 60, bytes)
        expect([...bytes]).toEqual([7, 7, 7, 7])
      }
      expect(new DataView(memory.buffer).getUint32(3 * WASM_PAGE - 64 + 50, true)).toBe(99)
      expect(block.view().length).toBe(2 * WASM_PAGE)
      expect(before.load32(WASM_PAGE - 4)).toBe(99)
    })
  },
)

test('a resizable buffer that is no memory has the bytes that it had when it was wrapped', () => {
  const buffer = new ResizableBuffer(64, { maxByteLength: 128 })
  const bytes = new GuestBytes(buffer, undefined)
  buffer.resize(128)
  expect(bytes.live().u8.length).toBe(64)
  buffer.resize(32)
  expect(() => bytes.live()).toThrow(/^this guest RAM is no more/)
})
