import fc from 'fast-check'
import { compareTraces, formatTrace, formatTraceLine, parseTraceLines, TraceRing } from 'guestmem/trace'
import { describe, expect, test } from 'vitest'
import { LONG } from '../support/campaign.ts'
import { accesses } from './support/access.ts'

/** As QEMU prints them, with and without time stamps, among lines of others. */
const QEMU = `VNC server running on ::1:5900
memory_region_ops_write cpu 0 mr 0x55d0c8b0e2c0 addr 0x3f8 value 0x41 size 1 name 'serial'
2817@1700000000.250000:memory_region_ops_read cpu 0 mr 0x55d0c8b0e2c0 addr 0x3fd value 0xffffffffffffff60 size 1 name 'serial'
2817@1700000000.250125:memory_region_ram_device_write cpu -1 mr 0x55d0c8b0e000 addr 0xfe000000 value 0x1122334455667788 size 8
memory_region_ops_read cpu -1 mr 0x7f addr 0xfffffffffffff000 value 0x0 size 4 name 'it's'
memory_region_ops_read cpu 0 mr (nil) addr 0x10 value 0x0 size 4 name ''
Amemory_region_ops_read cpu 0 mr 0x1 addr 0x10 value 0x0 size 4 name 'glued'
memory_region_ops_read cpu 0 mr 0x1 addr 0x10 value 0x0 size four name 'no number'
`

describe('lines of QEMU', () => {
  test('are parsed, and others passed over', () => {
    const events = parseTraceLines(QEMU)
    expect(
      events.map(({ kind, dma, address, value, size, region }) => [kind, dma, address, value, size, region]),
    ).toEqual([
      ['write', false, 0x3f8, 0x41n, 1, 'serial'],
      ['read', false, 0x3fd, 0xffff_ffff_ffff_ff60n, 1, 'serial'],
      ['write', true, 0xfe00_0000, 0x1122_3344_5566_7788n, 8, ''],
      ['read', true, 0xffff_ffff_ffff_f000n, 0n, 4, "it's"],
      ['read', false, 0x10, 0n, 4, ''],
    ])
    expect(events.map(({ time }) => time)).toEqual([0, 1_700_000_000_250, 1_700_000_000_250.125, 0, 0])
    expect(events.map(({ regionId }) => regionId)).toEqual([0, 0, 1, 2, 3])
    expect(events.map(({ regionKind }) => regionKind)).toEqual(['io', 'io', 'ramDevice', 'io', 'io'])
    expect(parseTraceLines('')).toEqual([])
    expect(() => parseTraceLines(7 as never)).toThrow(TypeError)
  })

  test('are printed', () => {
    const [first, , third] = parseTraceLines(QEMU)
    expect(formatTraceLine(first as never)).toBe(
      "memory_region_ops_write cpu 0 mr 0x1000 addr 0x3f8 value 0x41 size 1 name 'serial'",
    )
    expect(formatTraceLine(third as never)).toBe(
      'memory_region_ram_device_write cpu -1 mr 0x2000 addr 0xfe000000 value 0x1122334455667788 size 8',
    )
  })

  test('what is printed is parsed as what it was', () => {
    fc.assert(
      fc.property(fc.array(accesses, { maxLength: 20, ...LONG }), list => {
        const ring = TraceRing.allocate({ events: 64 })
        for (const access of list) ring.record(access)
        const printed = ring.drain().filter(event => formatTraceLine(event) !== undefined)
        // QEMU traces what its handlers are called for: no RAM, nothing that failed, no read of a ROM device's memory.
        const isDevice = list.filter(
          ({ region, kind, result, value }) =>
            (region?.kind === 'io' || (region?.kind === 'romDevice' && kind === 'write')) &&
            result === 0 &&
            value !== undefined,
        )
        expect(printed.length).toBe(isDevice.length)
        const parsed = parseTraceLines(formatTrace(printed))
        expect(
          parsed.map(({ dma, address, value, size, region, kind }) => [dma, address, value, size, region, kind]),
        ).toEqual(
          isDevice.map(({ dma, address, value, size, region, kind }) => [
            dma,
            address,
            BigInt(value ?? 0),
            size,
            region?.name,
            kind === 'write' ? 'write' : 'read',
          ]),
        )
      }),
      { numRuns: 1000 },
    )
  })

  test('all are printed where that is asked for', () => {
    const [event] = parseTraceLines(QEMU)
    const ram = { ...event, regionKind: 'ram', result: 2 } as const
    expect(formatTraceLine(ram as never)).toBe(undefined)
    expect(formatTraceLine(ram as never, { all: true })).toContain("size 1 name 'serial'")
    expect(formatTrace([ram as never, event as never])).toBe(`${formatTraceLine(event as never)}\n`)
  })
})

describe('two traces', () => {
  const lines = parseTraceLines(QEMU)

  test('are alike whatever the process, the time, the CPU, QEMU objects, and what is above the size', () => {
    const other = QEMU.replaceAll('2817@', '3@').replaceAll('0x55d0c8b0e2c0', '0x1').replaceAll('cpu -1', 'cpu 3')
    expect(compareTraces(QEMU, other.replace('0xffffffffffffff60', '0x60'))).toEqual({
      equal: 5,
      expected: undefined,
      got: undefined,
    })
  })

  test.each([
    ['an address', { address: 0x3fc }],
    ['a value', { value: 0x61n }],
    ['a size', { size: 2 }],
    ['a name', { region: 'parallel' }],
    ['a direction', { kind: 'write' }],
  ] as const)('differ by %s, and where is said', (_, change) => {
    const got = lines.map((event, index) => (index === 1 ? { ...event, ...change } : event))
    const { equal, expected, got: line } = compareTraces(QEMU, got)
    expect(equal).toBe(1)
    expect(expected).toContain("addr 0x3fd value 0x60 size 1 name 'serial'")
    expect(line).not.toBe(expected)
  })

  test('differ where one ends', () => {
    expect(compareTraces(lines, lines.slice(0, 3))).toMatchObject({ equal: 3, got: undefined })
    expect(compareTraces('', lines)).toMatchObject({ equal: 0, expected: undefined })
  })
})
