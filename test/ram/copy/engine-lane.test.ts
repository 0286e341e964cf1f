import fc from 'fast-check'
import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { LONG } from '../../support/campaign.ts'

const BYTES = 512

function privateSpace(ram = GuestRam.allocate(BYTES, { shared: false })) {
  const block = ram.block('ram', BYTES, { offset: 0 })
  return { ram, view: block.view(), space: new AddressSpace('space', MemoryRegion.ram('ram', block)) }
}

afterEach(() => void vi.restoreAllMocks())

describe('requests to private guest RAM', () => {
  test('are right whatever array was there before: another, a part of the RAM itself, a shared one', () => {
    const kinds = fc.constantFrom('plain', 'other', 'own', 'shared', 'sharedOther')
    const request = fc.record({
      kind: kinds,
      write: fc.boolean(),
      address: fc.integer({ min: 0, max: BYTES - 64 }),
      at: fc.integer({ min: 0, max: BYTES - 64 }),
      // Around the lengths up to which a loop moves the bytes.
      length: fc.oneof(fc.integer({ min: 1, max: 32 }), fc.integer({ min: 33, max: 64 })),
    })
    fc.assert(
      fc.property(fc.array(request, { minLength: 1, maxLength: 30, ...LONG }), fc.boolean(), (requests, wraps) => {
        const { space, view } = privateSpace(wraps ? GuestRam.wrap(new ArrayBuffer(BYTES)) : undefined)
        const arrays = {
          plain: new Uint8Array(BYTES),
          other: new Uint8Array(BYTES),
          own: view,
          shared: new Uint8Array(new SharedArrayBuffer(BYTES)),
          sharedOther: new Uint8Array(new SharedArrayBuffer(BYTES)),
        }
        for (const array of Object.values(arrays))
          for (let i = 0; i < BYTES; i++) array[i] = (i * 7 + array.length) % 251
        // Arrays that are used again are remembered: there is one of each.
        const parts = new Map<string, Uint8Array>()
        for (const { kind, write, address, at, length } of requests) {
          const key = `${kind} ${at} ${length}`
          const part = parts.get(key) ?? arrays[kind].subarray(at, at + length)
          parts.set(key, part)
          const [from, to] = write ? [part, view] : [view, part]
          const moved = Uint8Array.from(write ? from : from.subarray(address, address + length))
          const wanted = Uint8Array.from(view)
          if (write) wanted.set(moved, address)
          else if (kind === 'own') wanted.set(moved, at)
          if (write) space.write(address, part)
          else space.read(address, part)
          expect(Buffer.compare(view, wanted)).toBe(0)
          if (!write) expect(Buffer.compare(to, moved)).toBe(0)
        }
      }),
      { numRuns: 2000 },
    )
  })

  test('to or from an array that other threads see are no copies of the engine', () => {
    const { space } = privateSpace()
    const shared = new Uint8Array(new SharedArrayBuffer(256))
    const plain = new Uint8Array(256)
    const calls = (body: () => void): number => {
      const set = vi.spyOn(Uint8Array.prototype, 'set')
      body()
      const { length } = set.mock.calls
      set.mockRestore()
      return length
    }
    for (const length of [1, 3, 8, 24, 25, 64, 256]) {
      const [theirs, own] = [shared.subarray(0, length), plain.subarray(0, length)]
      for (const act of [(bytes: Uint8Array) => space.write(0, bytes), (bytes: Uint8Array) => space.read(0, bytes)]) {
        for (let time = 0; time < 3; time++) {
          act(own)
          expect(
            calls(() => act(theirs)),
            `${length} bytes`,
          ).toBe(0)
        }
        // What shows that such calls are seen at all.
        if (length > 24) expect(calls(() => act(own))).toBe(1)
      }
    }
  })
})
