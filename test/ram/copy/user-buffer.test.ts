import { GuestRam } from 'guestmem'
import { describe, expect, test } from 'vitest'
import { UserBuffers } from '../../../src/ram/copy/user-buffer.ts'

const ram = new SharedArrayBuffer(64)
const Resizable = ArrayBuffer as unknown as new (
  bytes: number,
  options: { maxByteLength: number },
) => ArrayBuffer & { resize(bytes: number): void }

const seen = (users: UserBuffers, bytes: Uint8Array) => {
  const { offset, guest, shared, views, ownViews } = users.of(bytes, 1)
  return { offset, guest, shared, views: views !== undefined, own: ownViews !== undefined }
}

describe('what a lane knows of a user array', () => {
  test('before any was looked up, nothing is known of it', () => {
    const { guest, shared, views, ownViews } = new UserBuffers(ram)
    expect([guest, shared, views, ownViews]).toEqual([false, false, undefined, undefined])
  })

  test('views of its buffer from the second time on', () => {
    const users = new UserBuffers(ram)
    const bytes = new Uint8Array(new ArrayBuffer(32), 8, 16)
    const plain = { offset: 8, guest: false, shared: false }
    expect(seen(users, bytes)).toEqual({ ...plain, views: false, own: false })
    expect(seen(users, bytes)).toEqual({ ...plain, views: true, own: true })
    const { views, ownViews } = users.of(bytes, 1)
    expect(views).toBe(ownViews)
    expect(views?.u8.buffer).toBe(bytes.buffer)
    expect(users.of(bytes, 1).views).toBe(views)
  })

  test('also where the second is another array of the same buffer', () => {
    const users = new UserBuffers(ram)
    const buffer = new ArrayBuffer(32)
    users.of(new Uint8Array(buffer), 1)
    expect(seen(users, new Uint8Array(buffer, 4))).toMatchObject({ offset: 4, views: true, own: true })
    const { views } = users
    expect(users.of(new Uint8Array(buffer, 5), 1).views).toBe(views)
  })

  test('nothing of the array before it', () => {
    const users = new UserBuffers(ram)
    const bytes = new Uint8Array(16)
    users.of(bytes, 1)
    users.of(bytes, 1)
    expect(seen(users, new Uint8Array(8))).toEqual({ offset: 0, guest: false, shared: false, views: false, own: false })
    expect(seen(users, new Uint8Array(ram))).toMatchObject({ guest: true, shared: true })
    expect(seen(users, bytes)).toEqual({ offset: 0, guest: false, shared: false, views: false, own: false })
  })

  test('what others may watch has views at once, and none of its own', () => {
    const users = new UserBuffers(ram)
    const guest = new Uint8Array(ram, 3, 8)
    const other = new Uint8Array(new SharedArrayBuffer(16), 2)
    for (let i = 0; i < 3; i++)
      expect(seen(users, guest)).toEqual({ offset: 3, guest: true, shared: true, views: true, own: false })
    for (let i = 0; i < 3; i++)
      expect(seen(users, other)).toEqual({ offset: 2, guest: false, shared: true, views: true, own: false })
    expect(users.of(other, 1).views?.u8.buffer).toBe(other.buffer)
  })

  test('a resizable buffer never has any: they could go stale', () => {
    const users = new UserBuffers(ram)
    const buffer = new Resizable(32, { maxByteLength: 64 })
    const bytes = new Uint8Array(buffer, 8)
    for (let i = 0; i < 3; i++) expect(seen(users, bytes)).toMatchObject({ offset: 8, views: false, own: false })
    buffer.resize(16)
    for (let i = 0; i < 3; i++) expect(seen(users, bytes)).toMatchObject({ offset: 8, views: false, own: false })
    expect(users.length).toBe(8)
  })

  test('a detached one is looked up again', () => {
    const users = new UserBuffers(ram)
    const bytes = new Uint8Array(16)
    users.of(bytes, 1)
    const { views } = users.of(bytes, 1)
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] })
    users.of(bytes, 0)
    expect(users.length).toBe(0)
    expect(users.views).not.toBe(undefined)
    expect(views?.u8.length).toBe(0)
  })

  test('a byte that it does not have is none to be moved, seen before or not', () => {
    const users = new UserBuffers(ram)
    const bytes = new Uint8Array(16)
    const text = 'bytes is a Uint8Array whose buffer was detached or resized under it'
    expect(() => users.of(bytes, 17)).toThrow(new TypeError(text))
    expect(users.of(bytes, 16).length).toBe(16)
    expect(() => users.of(bytes, 17)).toThrow(new TypeError(text))
    expect(() => users.of(bytes, 17)).toThrow(new TypeError(text))
  })

  test('its length, place and buffer are the ones that the engine says', () => {
    const users = new UserBuffers(ram)
    const bytes = new Uint8Array(new ArrayBuffer(32), 8, 16)
    for (const [key, value] of Object.entries({ length: 24, byteOffset: 0, buffer: ram }))
      Object.defineProperty(bytes, key, { value })
    for (let i = 0; i < 3; i++) {
      const { length, offset, guest, shared } = users.of(bytes, 16)
      expect({ length, offset, guest, shared }).toEqual({ length: 16, offset: 8, guest: false, shared: false })
    }
    expect(() => users.of(bytes, 17)).toThrow(TypeError)
  })

  test('a part of it is a view, all of it is the array itself', () => {
    const users = new UserBuffers(ram)
    const bytes = Uint8Array.of(1, 2, 3, 4).subarray(1)
    expect(users.of(bytes, 3).part(0, 3)).toBe(bytes)
    expect([...users.part(1, 2)]).toEqual([3, 4])
    expect([...users.part(0, 1)]).toEqual([2])
  })

  test('views of a shared buffer are of all its bytes, after it has grown too', () => {
    const Growable = SharedArrayBuffer as unknown as new (
      bytes: number,
      options: { maxByteLength: number },
    ) => SharedArrayBuffer & { grow(bytes: number): void }
    const buffer = new Growable(16, { maxByteLength: 64 })
    const users = new UserBuffers(ram)
    const { views } = users.of(new Uint8Array(buffer), 16)
    expect(users.of(new Uint8Array(buffer, 0, 8), 8).views).toBe(views)
    buffer.grow(64)
    expect(users.of(new Uint8Array(buffer), 64).views?.u32.length).toBe(16)
  })
})

describe('whether a buffer may be the same memory as guest RAM', () => {
  const apart = (users: UserBuffers, bytes: Uint8Array) => users.of(bytes, 1).apart
  const guest = (bytes: number) => GuestRam.allocate(bytes)

  test('one that nobody shares is not; one that is too small is not', () => {
    const { buffer } = guest(65536)
    const users = new UserBuffers(buffer, 5000)
    expect(apart(users, new Uint8Array(new ArrayBuffer(65536)))).toBe(true)
    expect(apart(users, new Uint8Array(new SharedArrayBuffer(4999)))).toBe(true)
    expect(apart(users, new Uint8Array(new SharedArrayBuffer(5000)))).toBe(false)
    expect(apart(users, new Uint8Array(buffer))).toBe(false)
  })

  test('another guest RAM is not, and a clone of its handle is not; a clone of a buffer may be', () => {
    const [one, two] = [guest(65536), guest(65536)]
    const users = new UserBuffers(one.buffer)
    expect(apart(users, new Uint8Array(two.buffer))).toBe(true)
    expect(apart(users, new Uint8Array(GuestRam.attach(structuredClone(two.handle)).buffer))).toBe(true)
    expect(apart(users, new Uint8Array(GuestRam.attach(structuredClone(one.handle)).buffer))).toBe(false)
    // The memory's own buffer, and the one that came beside it.
    const mixed = { ...structuredClone(two.handle), buffer: structuredClone(two.buffer) }
    const { buffer } = GuestRam.attach(mixed)
    expect(buffer).not.toBe(mixed.buffer)
    expect(apart(users, new Uint8Array(buffer))).toBe(true)
    expect(apart(users, new Uint8Array(mixed.buffer))).toBe(true)
    expect(apart(users, new Uint8Array(structuredClone(one.buffer)))).toBe(false)
    expect(apart(users, new Uint8Array(structuredClone(two.buffer)))).toBe(false)
  })

  test("another guest RAM's elements are shared bytes from 0 on, whatever was looked up before", () => {
    const [one, two] = [guest(65536), guest(65536)]
    const users = new UserBuffers(one.buffer)
    for (let i = 0; i < 2; i++) {
      users.of(new Uint8Array(two.buffer, 100), 1)
      const { offset, length, shared, guest: own, apart: other, views } = users.ofElements(two.elements)
      expect([offset, length, shared, own, other]).toEqual([0, 65536, true, false, true])
      expect(views).toBe(two.elements)
    }
  })
})
