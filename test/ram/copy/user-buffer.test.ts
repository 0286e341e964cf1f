import { describe, expect, test } from 'vitest'
import { UserBuffers } from '../../../src/ram/copy/user-buffer.ts'

const ram = new SharedArrayBuffer(64)
const Resizable = ArrayBuffer as unknown as new (
  bytes: number,
  options: { maxByteLength: number },
) => ArrayBuffer & { resize(bytes: number): void }

/** An array that counts how often it is asked for its buffer. */
class Counting extends Uint8Array {
  asked = 0
  override get buffer(): ArrayBuffer {
    this.asked++
    return super.buffer as ArrayBuffer
  }
}

const seen = (users: UserBuffers, bytes: Uint8Array) => {
  const { offset, guest, shared, views, ownViews } = users.of(bytes)
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
    const { views, ownViews } = users.of(bytes)
    expect(views).toBe(ownViews)
    expect(views?.u8.buffer).toBe(bytes.buffer)
    expect(users.of(bytes).views).toBe(views)
  })

  test('also where the second is another array of the same buffer', () => {
    const users = new UserBuffers(ram)
    const buffer = new ArrayBuffer(32)
    users.of(new Uint8Array(buffer))
    expect(seen(users, new Uint8Array(buffer, 4))).toMatchObject({ offset: 4, views: true, own: true })
    const { views } = users
    expect(users.of(new Uint8Array(buffer, 5)).views).toBe(views)
  })

  test('the same array is asked for its buffer once', () => {
    const users = new UserBuffers(ram)
    const bytes = new Counting(16)
    for (let i = 0; i < 4; i++) users.of(bytes)
    expect(bytes.asked).toBe(1)
  })

  test('nothing of the array before it', () => {
    const users = new UserBuffers(ram)
    const bytes = new Uint8Array(16)
    users.of(bytes)
    users.of(bytes)
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
    expect(users.of(other).views?.u8.buffer).toBe(other.buffer)
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
    users.of(bytes)
    const { views } = users.of(bytes)
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] })
    users.of(bytes)
    expect(users.length).toBe(0)
    expect(users.views).not.toBe(undefined)
    expect(views?.u8.length).toBe(0)
  })
})
