import fc from 'fast-check'
import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'
import { streamTrace, TraceRing, traceTo } from 'guestmem/trace'
import { describe, expect, test } from 'vitest'
import { Follower } from '../../src/page/follower.ts'
import { Lights, PLACES, SHOWN } from '../../src/page/lights.ts'
import { placeOf } from '../../src/page/link.ts'
import { encodeMessage } from '../../src/trace/stream-message.ts'
import { LONG } from '../support/campaign.ts'
import { accesses, eventOf } from '../trace/support/access.ts'

/** A follower, and what it said and told. */
function follower() {
  const said: string[] = []
  const maps: string[] = []
  const told = { events: 0, gaveUp: 0 }
  let now = 0
  const made = new Follower(
    {
      reply: text => said.push(text),
      changed: () => {},
      map: text => maps.push(text),
      events: events => {
        told.events += events.length
      },
      giveUp: () => {
        told.gaveUp++
      },
    },
    () => now,
  )
  return { made, said, maps, told, pass: (ms: number) => (now += ms) }
}

/** What a stream says of some stores to RAM and some loads of a device. */
function recorded(stores: number, loads: number): (string | ArrayBuffer)[] {
  const root = MemoryRegion.container('root', 2 ** 16)
  root.addSubregion(0, MemoryRegion.ram('ram', GuestRam.allocate(4096).block('ram', 4096)))
  root.addSubregion(0x8000, MemoryRegion.io('uart', { read: () => 1, write: () => {} }, 8))
  const space = new AddressSpace('memory', root)
  const ring = TraceRing.allocate()
  traceTo(space, ring)
  for (let i = 0; i < stores; i++) space.store32(4 * i, i)
  for (let i = 0; i < loads; i++) space.load8(0x8000)
  const messages: (string | ArrayBuffer)[] = []
  streamTrace(ring, space, { send: message => messages.push(message) }).stop()
  return messages
}

describe('what a stream says', () => {
  test('is counted by region, listed, and acknowledged', () => {
    const { made, said, maps, told } = follower()
    for (const message of recorded(30, 50)) made.receive(message)
    expect(made.busiest(5)).toEqual([
      { region: 'uart', kind: 'io', reads: 50, writes: 0, fetches: 0 },
      { region: 'ram', kind: 'ram', reads: 0, writes: 30, fetches: 0 },
    ])
    expect([made.events, told.events, made.refused, made.state]).toEqual([80, 80, 0, 'ended'])
    expect(made.latest.length).toBe(20)
    expect(made.latest[0]?.sequence).toBe(79)
    expect(maps.length).toBe(1)
    expect(said.map(text => JSON.parse(text).type)).toEqual(['ack', 'ack'])
  })

  test('of another stream is passed over, until one is to be begun with', () => {
    const { made, said, pass } = follower()
    const [one, other] = [recorded(1, 0), recorded(0, 2)]
    for (const message of [...one, ...other]) made.receive(message)
    expect(made.events).toBe(1)
    // The first join was long ago; then there is one for many that begin, and one more later.
    const ready = encodeMessage({ type: 'ready', stream: 1 })
    pass(1000)
    for (let i = 0; i < 100; i++) made.receive(ready)
    const joins = () => said.filter(text => JSON.parse(text).type === 'join').length
    expect(joins()).toBe(1)
    made.tick()
    expect(joins()).toBe(1)
    pass(500)
    made.tick()
    made.tick()
    expect(joins()).toBe(2)
    for (const message of other) made.receive(message)
    expect([made.events, made.busiest(9).map(({ region }) => region)]).toEqual([2, ['uart']])
  })

  test('is added to what was counted, where a connection was lost', () => {
    const { made } = follower()
    const messages = recorded(3, 0)
    const { stream } = JSON.parse(messages[0] as string)
    for (const message of [...messages, encodeMessage({ type: 'dropped', stream, count: 5 })]) made.receive(message)
    made.begin()
    for (const message of [...messages, encodeMessage({ type: 'dropped', stream, count: 2 })]) made.receive(message)
    expect([made.events, made.dropped]).toEqual([6, 7])
  })

  test('while it is paused is counted and not kept', () => {
    const { made, told } = follower()
    made.paused = true
    for (const message of recorded(3, 4)) made.receive(message)
    expect([made.events, made.passed, told.events, made.latest.length, made.busiest(9)]).toEqual([7, 7, 0, 0, []])
  })
})

/** Bytes of a batch changed here and there, cut, or in the other byte order. */
const anything = fc.oneof(
  fc.string(),
  fc.json(),
  fc.anything(),
  fc
    .record({
      guestmem: fc.constant('trace'),
      version: fc.constantFrom(1, 2, '1'),
      type: fc.constantFrom('ready', 'hello', 'map', 'names', 'dropped', 'end', 'join', 'ack', 'batch'),
      stream: fc.oneof(fc.constantFrom(1, 2), fc.anything()),
      text: fc.anything(),
      count: fc.anything(),
      names: fc.oneof(fc.anything(), fc.array(fc.array(fc.anything()))),
    })
    .map(value => JSON.stringify(value)),
  fc.uint8Array({ maxLength: 300, ...LONG }).map(({ buffer }) => buffer),
)

describe('whatever comes', () => {
  test('nothing is thrown, and each message is taken or refused with a reason', () => {
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 30, ...LONG }), messages => {
        const { made } = follower()
        for (const message of messages) {
          const before = made.refused
          made.receive(message)
          if (made.refused > before) expect(made.reason).toMatch(/\w+ \w+/)
        }
        expect(Number.isSafeInteger(made.events) && Number.isSafeInteger(made.dropped)).toBe(true)
      }),
      { numRuns: 3000 },
    )
  })

  test('a batch that was changed is refused or counted, and never half', () => {
    const good = recorded(20, 20)
    const batch = good.findLast(message => typeof message !== 'string') as ArrayBuffer
    const change = fc.tuple(fc.nat(batch.byteLength - 1), fc.integer({ min: 0, max: 255 }))
    fc.assert(
      fc.property(fc.array(change, { maxLength: 8 }), fc.option(fc.nat(batch.byteLength)), (changes, length) => {
        const bytes = new Uint8Array(batch.slice(0, length ?? undefined))
        for (const [at, value] of changes) bytes[at] = value
        const { made } = follower()
        for (const message of good) if (message !== batch) made.receive(message)
        const before = made.refused
        made.receive(bytes.buffer)
        expect([0, 40]).toContain(made.events)
        if (made.refused > before) expect(made.events).toBe(0)
      }),
      { numRuns: 3000 },
    )
  })

  test('a thousand that are none are enough', () => {
    const { made, told } = follower()
    for (let i = 0; i < 3000; i++) made.receive('x')
    expect([made.refused, told.gaveUp]).toEqual([3000, 1])
  })

  test('regions that are made up are counted together once there are ten thousand, and names end at 2^17', () => {
    const { made } = follower()
    const [hello, , , names, batch] = recorded(64, 0)
    made.receive(hello)
    made.receive(names)
    const { stream } = JSON.parse(hello as string)
    for (let k = 0; k < 200; k++) {
      const copy = (batch as ArrayBuffer).slice(0)
      // The region's number is the last word of an event, behind a header of 24 bytes.
      const words = new Uint32Array(copy)
      for (let i = 0; i < 64; i++) words[6 + 14 * i + 13] = 64 * k + i
      made.receive(copy)
    }
    expect(made.events).toBe(12_800)
    const all = made.busiest(20_000)
    expect(all.length).toBe(10_001)
    expect(all[0]).toEqual({ region: 'others', kind: undefined, reads: 0, writes: 2800, fetches: 0 })
    for (let k = 0; k < 33; k++) {
      const some = Array.from({ length: 4096 }, (_, i): ['r', number, string] => ['r', 4096 * k + i, 'made up'])
      made.receive(encodeMessage({ type: 'names', stream, names: some }))
    }
    expect(made.reason).toBe('there are too many names')
  })
})

describe('the marks', () => {
  const event = accesses.map(access => ({ ...eventOf(access, 0), regionId: 0, time: 0 }))
  test('are where the accesses are, of what is in sight, before it is and after, until they are old', () => {
    const sights = fc.tuple(fc.nat(2 ** 20), fc.integer({ min: 4, max: 2 ** 20 }))
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 30, ...LONG }),
        sights,
        fc.boolean(),
        (events, [start, bytes], isFirst) => {
          const lights = new Lights()
          const sight = { start, end: start + bytes }
          if (isFirst) lights.look('memory', sight)
          lights.light(events, 1000)
          if (!isFirst) lights.look('memory', sight)
          const expected = new Set<string>()
          for (const { kind, address, size, space } of events)
            for (let place = 0; place < PLACES; place++) {
              // A place shows the bytes from `place` to `place + 1` hundredths of what is in sight.
              const from = Math.max(0, Number(address) - start)
              const to = Math.min(bytes, Number(address) + size - start)
              const isThere = from < to && to * PLACES > place * bytes && from * PLACES < (place + 1) * bytes
              if (space === 'memory' && isThere) expected.add(`${kind} ${place}`)
            }
          const marks = lights.marks(1000 + SHOWN - 1)
          expect(new Set(marks.map(({ kind, place }) => `${kind} ${place}`))).toEqual(expected)
          expect(marks.length).toBe(expected.size)
          expect(lights.marks(1000 + SHOWN)).toEqual([])
        },
      ),
      { numRuns: 1000 },
    )
  })
})

test('what is typed is a channel or a WebSocket, or it is said what it has to be', () => {
  expect(placeOf(' my machine ')).toEqual({ channel: 'my machine' })
  expect(placeOf('ws://localhost:9229')).toEqual({ url: 'ws://localhost:9229' })
  expect(placeOf('WSS://example.org/x?y')).toEqual({ url: 'WSS://example.org/x?y' })
  for (const bad of ['', '  ', 'http://localhost', 'javascript://x', 'ws://', 'ws://[', 'x'.repeat(1001)])
    expect(() => placeOf(bad)).toThrow(TypeError)
})
