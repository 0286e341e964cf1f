import fc from 'fast-check'
import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'
import { formatFlatView, machineFromJson } from 'guestmem/qemu'
import { mapToJson, streamTrace, TraceRing, type TraceTarget, traceTo } from 'guestmem/trace'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { encodeMessage } from '../../src/trace/stream-message.ts'
import { LONG } from '../support/campaign.ts'
import { Listener } from './support/listener.ts'

const QUIET = { read: () => 0, write: () => undefined }

function machine() {
  const root = MemoryRegion.container('system', 2 ** 32)
  const ram = MemoryRegion.ram('ram', GuestRam.allocate(0x10000).block('ram', 0x10000))
  const uart = MemoryRegion.io('uart', QUIET, 8)
  root.addSubregion(0, ram)
  root.addSubregion(0x9000_0000, uart)
  const space = new AddressSpace('memory', root)
  const ring = TraceRing.allocate({ events: 1024 })
  const tracing = traceTo(space, ring)
  return { root, ram, uart, space, ring, tracing }
}

/** A channel as browsers have it, in one thread: what one end posts the others get at once. */
class Channel {
  readonly posted: (string | ArrayBuffer)[] = []
  readonly #listeners = new Set<(event: { data: unknown }) => void>()
  postMessage(message: string | ArrayBuffer): void {
    this.posted.push(message)
  }
  addEventListener(_: 'message', listener: (event: { data: unknown }) => void): void {
    this.#listeners.add(listener)
  }
  removeEventListener(_: 'message', listener: (event: { data: unknown }) => void): void {
    this.#listeners.delete(listener)
  }
  hear(data: unknown): void {
    for (const listener of this.#listeners) listener({ data })
  }
  get listeners(): number {
    return this.#listeners.size
  }
}

/** A connection whose bytes leave when the test says so. */
class Socket {
  readonly sent: (string | ArrayBuffer)[] = []
  bufferedAmount = 0
  readyState = 1
  send(message: string | ArrayBuffer): void {
    this.sent.push(message)
    this.bufferedAmount += typeof message === 'string' ? message.length : message.byteLength
  }
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})
const pass = (intervals = 1) => vi.advanceTimersByTime(50 * intervals)

describe('a connection', () => {
  test('gets the map, names, all accesses, and the end', () => {
    const { space, ring } = machine()
    const socket = new Socket()
    const stream = streamTrace(ring, space, socket)
    space.store32(0x10, 7)
    space.load8(0x9000_0003)
    space.load8(0x5000_0000)
    pass()
    stream.stop()
    const listener = new Listener().takeAll(socket.sent)
    expect(listener.types).toEqual(['hello', 'map', 'batch', 'names', 'batch', 'end'])
    expect(listener.events.map(({ kind, address, region, space }) => [kind, address, region, space])).toEqual([
      ['write', 0x10, 'ram', 'memory'],
      ['read', 0x9000_0003, 'uart', 'memory'],
      ['read', 0x5000_0000, '', 'memory'],
    ])
    expect(formatFlatView(machineFromJson(listener.maps[0]).spaces[0] as AddressSpace)).toBe(formatFlatView(space))
    expect([stream.sent, stream.dropped, stream.targets]).toEqual([3, 0, 0])
  })

  test('gets the map again when it changes, not more than four times a second, and no longer after the end', () => {
    const { root, space, ring, uart } = machine()
    const socket = new Socket()
    const stream = streamTrace(ring, [space], socket)
    pass()
    for (let i = 0; i < 40; i++) {
      uart.setAddress(0x9000_0000 + 16 * (i + 1))
      pass()
    }
    root.addSubregion(0x8000_0000, MemoryRegion.io('late', QUIET, 4))
    pass(10)
    const listener = new Listener().takeAll(socket.sent)
    expect(listener.maps.length).toBeGreaterThanOrEqual(8)
    expect(listener.maps.length).toBeLessThanOrEqual(11)
    expect(formatFlatView(machineFromJson(listener.maps.at(-1)).spaces[0] as AddressSpace)).toBe(formatFlatView(space))
    pass(10)
    expect(new Listener().takeAll(socket.sent).maps.length).toBe(listener.maps.length)
    stream.stop()
    const { length } = socket.sent
    uart.setAddress(0x1000_0000)
    space.load8(0)
    pass(20)
    expect(socket.sent.length).toBe(length)
  })

  test('that is slow gets no more than 4 MiB, and is told how much it has missed', () => {
    const { space, ring } = machine()
    const [slow, quick] = [new Socket(), new Socket()]
    const stream = streamTrace(ring, space, slow)
    stream.attach(quick)
    let most = 0
    const total = 200 * 1000
    for (let i = 0; i < 200; i++) {
      for (let k = 0; k < 1000; k++) space.load8(k)
      pass()
      quick.bufferedAmount = 0
      most = Math.max(most, slow.bufferedAmount)
    }
    expect(most).toBeLessThan(4 * 2 ** 20 + 2 ** 17)
    slow.bufferedAmount = 0
    pass()
    const [missed, all] = [new Listener().takeAll(slow.sent), new Listener().takeAll(quick.sent)]
    expect([all.events.length, all.dropped]).toEqual([total, 0])
    expect(missed.events.length).toBeLessThan(total)
    expect(missed.events.length + missed.dropped).toBe(total)
    stream.stop()
  })

  test('that is not open yet is waited for, and one that is closed is left', () => {
    const { space, ring } = machine()
    const socket = new Socket()
    socket.readyState = 0
    const stream = streamTrace(ring, space, socket)
    space.load8(1)
    pass(3)
    expect(socket.sent).toEqual([])
    socket.readyState = 1
    pass()
    expect(new Listener().takeAll(socket.sent).events.length).toBe(1)
    socket.readyState = 3
    pass()
    expect(stream.targets).toBe(0)
    const thrower: TraceTarget = {
      send() {
        throw new Error('closed')
      },
    }
    stream.attach(thrower)
    expect(() => pass(2)).not.toThrow()
    expect(stream.targets).toBe(0)
    stream.stop()
  })
})

describe('what is more than is sent at a time', () => {
  test('is dropped, the oldest first, and counted: with what was sent it is all that there was', () => {
    const { space, ring } = machine()
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 3000 }), { maxLength: 12, ...LONG }),
        fc.integer({ min: 1, max: 2000 }),
        (bursts, events) => {
          ring.drain()
          const socket = new Socket()
          const stream = streamTrace(ring, '', socket, { interval: 10, events })
          // The first message says from where on it is counted.
          vi.advanceTimersByTime(10)
          let total = 0
          for (const burst of bursts) {
            for (let i = 0; i < burst; i++) space.store8(total++ & 0xffff, 1)
            vi.advanceTimersByTime(10)
            socket.bufferedAmount = 0
          }
          stream.stop()
          const listener = new Listener().takeAll(socket.sent)
          expect(listener.events.length + listener.dropped).toBe(total)
          expect(listener.events.length).toBe(
            bursts.reduce((sum, burst) => sum + Math.min(burst, ring.capacity, events), 0),
          )
          expect(stream.sent).toBe(listener.events.length)
          const order = listener.events.map(({ sequence }) => sequence)
          expect(order).toEqual([...order].sort((a, b) => a - b))
        },
      ),
      { numRuns: 200 },
    )
  })
})

describe('a channel', () => {
  test('is told that there is a stream, and nothing more until somebody joins; who comes later has the map, too', () => {
    const { space, ring } = machine()
    const channel = new Channel()
    const stream = streamTrace(ring, space, channel)
    space.load8(1)
    pass(5)
    expect(new Listener().takeAll(channel.posted).types).toEqual(['ready'])
    channel.hear(encodeMessage({ type: 'join' }))
    pass()
    const first = new Listener().takeAll(channel.posted)
    expect(first.types).toEqual(['ready', 'hello', 'map', 'batch', 'names', 'batch'])
    expect(first.events.map(({ region }) => region)).toEqual(['ram'])
    const { length } = channel.posted
    channel.hear(encodeMessage({ type: 'join' }))
    space.load8(2)
    pass()
    const second = new Listener().takeAll(channel.posted.slice(length))
    expect(second.types).toEqual(['hello', 'map', 'batch', 'names', 'batch'])
    expect(second.events.map(({ address, region }) => [address, region])).toEqual([[2, 'ram']])
    stream.stop()
    expect(channel.listeners).toBe(0)
  })

  test('gets no more than 8 batches that nobody has seen, however long it takes', () => {
    const { space, ring } = machine()
    const channel = new Channel()
    const stream = streamTrace(ring, space, channel)
    channel.hear(encodeMessage({ type: 'join' }))
    let total = 0
    const run = (intervals: number) => {
      for (let i = 0; i < intervals; i++) {
        for (let k = 0; k < 100; k++, total++) space.load8(k)
        pass()
      }
    }
    run(100)
    const listener = new Listener().takeAll(channel.posted)
    expect(listener.batches.length).toBe(8)
    // Nonsense, and what is another stream's, gives no room.
    for (const data of [undefined, 7, '{', '{}', '"ack"', 'x'.repeat(1e6), {}, new ArrayBuffer(8)]) channel.hear(data)
    const stranger = (listener.stream + 1) >>> 0
    channel.hear(encodeMessage({ type: 'ack', stream: stranger, batch: listener.batches.at(-1) as number }))
    channel.hear(encodeMessage({ type: 'ack', stream: listener.stream, batch: 4_000_000_000 }))
    run(3)
    expect(new Listener().takeAll(channel.posted).batches.length).toBe(8)
    // Half of them seen is room for as many.
    channel.hear(encodeMessage({ type: 'ack', stream: listener.stream, batch: listener.batches[3] as number }))
    run(30)
    const later = new Listener().takeAll(channel.posted)
    expect(later.batches.length).toBe(12)
    channel.hear(encodeMessage({ type: 'ack', stream: later.stream, batch: later.batches.at(-1) as number }))
    pass(2)
    const last = new Listener().takeAll(channel.posted)
    expect(last.events.length + last.dropped).toBe(total)
    stream.stop()
  })

  test('of what cannot hear gets all', () => {
    const { space, ring } = machine()
    const posted: (string | ArrayBuffer)[] = []
    const stream = streamTrace(ring, space, { postMessage: message => posted.push(message) })
    for (let i = 0; i < 20; i++) {
      space.load8(i)
      pass()
    }
    stream.stop()
    expect(new Listener().takeAll(posted).events.length).toBe(20)
  })
})

test('names by the thousand come before the events that have them', () => {
  vi.useFakeTimers()
  const root = MemoryRegion.container('root', 2 ** 20)
  for (let i = 0; i < 5000; i++) root.addSubregion(16 * i, MemoryRegion.io(`device ${i}`, QUIET, 4))
  const space = new AddressSpace('memory', root)
  const ring = TraceRing.allocate({ events: 8192, nameBytes: 2 ** 20 })
  traceTo(space, ring)
  for (let i = 0; i < 5000; i++) space.load8(16 * i)
  const socket = new Socket()
  streamTrace(ring, '', socket).stop()
  const { events } = new Listener().takeAll(socket.sent)
  expect(events.map(({ region }) => region)).toEqual(Array.from({ length: 5000 }, (_, i) => `device ${i}`))
})

test('another thread’s end of the ring is streamed as well, with a map that was sent there', () => {
  const { space, ring } = machine()
  const socket = new Socket()
  const stream = streamTrace(TraceRing.open(ring.buffer), mapToJson(space), socket)
  space.load8(5)
  pass()
  space.root.addSubregion(0x7000_0000, MemoryRegion.io('late', QUIET, 4))
  stream.setMap(mapToJson(space))
  pass(6)
  stream.stop()
  const { events, maps } = new Listener().takeAll(socket.sent)
  expect(events.length).toBe(1)
  expect(maps.length).toBe(2)
  expect(formatFlatView(machineFromJson(maps[1]).spaces[0] as AddressSpace)).toBe(formatFlatView(space))
  // Where a text has taken the place of spaces, their changes are no longer told.
  const own = new Socket()
  const other = streamTrace(ring, space, own)
  pass()
  other.setMap('')
  other.setMap(mapToJson(space))
  pass(6)
  space.root.addSubregion(0x6000_0000, MemoryRegion.io('later', QUIET, 4))
  pass(6)
  expect(new Listener().takeAll(own.sent).maps.length).toBe(2)
  other.stop()
})

describe('refusals', () => {
  const ring = TraceRing.allocate({ events: 64 })
  const target = { send: () => {} }
  test.each([
    ['ring must be', () => streamTrace({} as never, '', target)],
    ['map must be a text, an AddressSpace', () => streamTrace(ring, 7 as never, target)],
    ['map\\[0\\] must be', () => streamTrace(ring, [7] as never, target)],
    ['target must be an object', () => streamTrace(ring, '', 7 as never)],
    ['target must have a method', () => streamTrace(ring, '', {})],
    ['target.send', () => streamTrace(ring, '', { send: 7 } as never)],
    ['target.readyState', () => streamTrace(ring, '', { ...target, readyState: 'open' } as never)],
    ['options.interval', () => streamTrace(ring, '', target, { interval: 0 })],
    ['options.events', () => streamTrace(ring, '', target, { events: 65_537 })],
    ['keys among interval, events', () => streamTrace(ring, '', target, { every: 5 } as never)],
    ['target must be attached once', () => streamTrace(ring, '', target).attach(target)],
    [
      'the stream was stopped',
      () => {
        const stream = streamTrace(ring, '')
        stream.stop()
        stream.stop()
        stream.attach(target)
      },
    ],
    ['spaces must be', () => mapToJson('memory' as never)],
  ])('%s', (text, act) => {
    expect(act).toThrow(new RegExp(text))
    vi.clearAllTimers()
  })
})
