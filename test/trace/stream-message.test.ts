import fc from 'fast-check'
import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'
import { formatMtree, machineFromJson } from 'guestmem/qemu'
import { mapToJson, TraceRing } from 'guestmem/trace'
import { describe, expect, test } from 'vitest'
import { encodeBatch, readBatch } from '../../src/trace/stream-batch.ts'
import { encodeMessage, readListenerMessage, readStreamMessage } from '../../src/trace/stream-message.ts'
import { LONG } from '../support/campaign.ts'
import { accesses, eventOf } from './support/access.ts'

/** The same bytes as a host of the other byte order has them. */
function swapped(batch: ArrayBuffer): ArrayBuffer {
  const bytes = new Uint8Array(batch.slice(0))
  const widths = [4, 4, 4, 4, 4, 4]
  for (let at = 24; at < bytes.length; at += 56) widths.push(8, 8, 8, 8, 4, 4, 4, 4, 4, 4)
  let at = 0
  for (const width of widths) {
    bytes.subarray(at, at + width).reverse()
    at += width
  }
  return bytes.buffer
}

describe('a batch', () => {
  test('has every field of what was recorded, whatever the byte order of who sends', () => {
    fc.assert(
      fc.property(fc.array(accesses, { minLength: 1, maxLength: 20, ...LONG }), fc.boolean(), (list, isOther) => {
        const ring = TraceRing.allocate({ events: 64 })
        for (const access of list) ring.record(access)
        const encoded = encodeBatch(0xfedc_ba98, 0x8000_0001, ring.take(64))
        const batch = readBatch(isOther ? swapped(encoded) : encoded)
        if (typeof batch === 'string') throw new Error(batch)
        expect([batch.stream, batch.batch, batch.count]).toEqual([0xfedc_ba98, 0x8000_0001, list.length])
        const lines = ring.names.lines()
        const named = (sort: string) => (id: number) => {
          const [, , name = '', kind] = lines.find(each => each[0] === sort && each[1] === id) ?? []
          return { name, kind }
        }
        const events = batch.events({ space: named('s'), region: named('r') })
        expect(events.map(({ regionId: _, time: __, ...rest }) => rest)).toEqual(list.map(eventOf))
      }),
      { numRuns: 1000 },
    )
  })

  const event = () => Float64Array.of(1, 0, 16, 16, 0, 0, 0)
  const bad = (change: (doubles: Float64Array, words: Uint32Array) => void) => {
    const doubles = event()
    change(doubles, new Uint32Array(doubles.buffer))
    return readBatch(encodeBatch(1, 1, doubles))
  }
  test.each<[string, (doubles: Float64Array, words: Uint32Array) => void, RegExp]>([
    ['a sequence number', doubles => doubles.fill(-1, 0, 1), /-1 for a sequence number/],
    ['a time', doubles => doubles.fill(Number.NaN, 1, 2), /NaN for a time/],
    ['an address', doubles => doubles.fill(0.5, 2, 3), /0\.5 for an address/],
    ['an address past 2^53', doubles => doubles.fill(2 ** 53, 2, 3), /for an address/],
    ['an offset', doubles => doubles.fill(Number.POSITIVE_INFINITY, 3, 4), /Infinity for an offset/],
    ['a kind', (_, words) => words.fill(3 << 16, 11, 12), /3 for a kind/],
  ])('with %s that is none is refused', (_, change, reason) => {
    expect(typeof bad(() => {})).toBe('object')
    expect(bad(change)).toMatch(reason)
  })

  test('of a wrong length, count, version or magic is refused', () => {
    const good = encodeBatch(1, 1, event())
    const withWord = (index: number, value: number) => {
      const copy = good.slice(0)
      new Uint32Array(copy)[index] = value
      return readBatch(copy)
    }
    expect(withWord(0, 7)).toMatch(/no batch/)
    expect(withWord(1, 2)).toMatch(/version 2, and this page reads 1/)
    expect(withWord(4, 2)).toMatch(/2 events, and has 1/)
    for (const bytes of [0, 23, 25, 79, 81]) expect(readBatch(new ArrayBuffer(bytes))).toMatch(/no batch/)
    expect(readBatch(new ArrayBuffer(24 + 56 * 65_537))).toMatch(/at most 65536 events/)
  })
})

describe('a text', () => {
  const said = (fields: object) => readStreamMessage(JSON.stringify({ guestmem: 'trace', version: 1, ...fields }))
  test.each<[string | object, RegExp]>([
    ['', /no JSON/],
    ['['.repeat(1e5), /no JSON/],
    ['null', /no message of a trace/],
    ['{"guestmem":"map"}', /no message of a trace/],
    ['{"guestmem":"trace","version":2}', /version 2, and this page reads 1/],
    ['{"guestmem":"trace","version":"1"}', /version none/],
    ['x'.repeat(4 * 2 ** 20 + 1), /at most 4194304 characters/],
    [{ type: 'hello' }, /of which stream/],
    [{ type: 'hello', stream: -1 }, /of which stream/],
    [{ type: 'hello', stream: 2 ** 32 }, /of which stream/],
    [{ type: 'join' }, /listener/],
    [{ type: 'toString', stream: 1 }, /of no kind/],
    [{ type: 'map', stream: 1, text: {} }, /no text/],
    [{ type: 'dropped', stream: 1, count: -1 }, /no count/],
    [{ type: 'dropped', stream: 1, count: 1e300 }, /no count/],
    [{ type: 'names', stream: 1, names: 'x' }, /no list/],
    [{ type: 'names', stream: 1, names: [7] }, /a name is no list/],
    [{ type: 'names', stream: 1, names: [['x', 1, 'a']] }, /no space and no region/],
    [{ type: 'names', stream: 1, names: [['s', 1.5, 'a']] }, /no number/],
    [{ type: 'names', stream: 1, names: [['s', 1, 7]] }, /no text/],
    [{ type: 'names', stream: 1, names: [['s', 1, 'x'.repeat(4097)]] }, /no text/],
    [{ type: 'names', stream: 1, names: Array(4097).fill(['s', 1, 'a']) }, /at most 4096 names/],
  ])('that is none is refused, and why: %#', (text, reason) => {
    expect(typeof text === 'string' ? readStreamMessage(text) : said(text)).toMatch(reason)
  })

  test('of a listener is a join, an acknowledgement, or nothing', () => {
    for (const message of [{ type: 'join' }, { type: 'ack', stream: 1, batch: 2 ** 32 - 1 }] as const)
      expect(readListenerMessage(encodeMessage(message))).toEqual(message)
    for (const data of [undefined, 7, {}, '', '{}', encodeMessage({ type: 'hello', stream: 1 }), '{"type":"join"}'])
      expect(readListenerMessage(data)).toBeUndefined()
    for (const batch of [-1, 0.5, 2 ** 32, '1'])
      expect(readListenerMessage(encodeMessage({ type: 'ack', stream: 1, batch } as never))).toBeUndefined()
    expect(readListenerMessage(encodeMessage({ type: 'join', more: 'x'.repeat(200) } as never))).toBeUndefined()
  })
})

test('the map as JSON is the map: every kind, order, flag and alias, in all spaces', () => {
  const ops = { read: () => 0, write: () => undefined }
  const block = () => GuestRam.allocate(0x1000).block('block', 0x1000)
  const system = MemoryRegion.container('system', 2 ** 64)
  const parts = [
    MemoryRegion.ram('ram', block()),
    MemoryRegion.rom('rom', block()),
    MemoryRegion.ramDevice('bar', block()),
    MemoryRegion.romDevice('flash', ops, block()),
    MemoryRegion.romDevice('command', ops, block()),
    MemoryRegion.io('device', ops, 0x1000),
    MemoryRegion.reservation('reserved', 0x1000),
    MemoryRegion.ram('nonvolatile', block()),
    MemoryRegion.ram('readonly', block()),
    MemoryRegion.io('disabled', ops, 0x1000),
  ]
  for (const [index, part] of parts.entries()) system.addSubregion(0x1000 * index, part)
  parts[4]?.setRomdMode(false)
  parts[7]?.setNonvolatile(true)
  parts[8]?.setReadonly(true)
  parts[9]?.setEnabled(false)
  // Of equals that overlap the last is seen, and of two the one of the higher priority.
  for (const name of ['first', 'second', 'third'])
    system.addSubregion(0x10_0000 + (name === 'third' ? 0x800 : 0), MemoryRegion.io(name, ops, 0x1000))
  system.addSubregion(0x10_0000, MemoryRegion.io('below', ops, 0x4000), -1)
  const pci = MemoryRegion.container('pci', 2 ** 32)
  pci.addSubregion(0x4000, MemoryRegion.io('nic', ops, 0x100), 2)
  system.addSubregion(2 ** 40, MemoryRegion.alias('window', pci, 0x4000, 0x1000))
  const spaces = [new AddressSpace('memory', system), new AddressSpace('dma', pci), new AddressSpace('cpu', system)]
  const read = machineFromJson(mapToJson(spaces)).spaces
  const shown = (each: readonly AddressSpace[]) => [
    formatMtree(each, { disabled: true }),
    each.map(({ name, view }) => [
      name,
      view.ranges.map(({ start, end, region, offset }) => [start, end, region.name, offset]),
    ]),
  ]
  expect(shown(read)).toEqual(shown(spaces))
})
