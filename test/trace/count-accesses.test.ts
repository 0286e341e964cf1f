import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import {
  AddressSpace,
  atomicAdd32,
  GuestRam,
  IommuMemoryRegion,
  IommuPermissions,
  MemoryRegion,
  MemoryRegionCache,
  MemTxAttrs,
  memTxFault,
  ScatterGatherList,
} from 'guestmem'
import {
  type AccessStatistics,
  countAccesses,
  formatStatistics,
  TraceRing,
  traceStatistics,
  traceTo,
} from 'guestmem/trace'
import { describe, expect, test } from 'vitest'
import { bundle } from '../support/bundle.ts'
import { LONG } from '../support/campaign.ts'
import { acts, Machine, perform } from '../tap/support/twins.ts'

const ram = GuestRam.allocate(0x10000)
const block = ram.block('ram', 0x4000)
const romBlock = ram.block('rom', 0x1000)
const registerBlock = ram.block('registers', 0x1000)

function board(endian: 'little' | 'big' = 'little') {
  const root = MemoryRegion.container('root', 2 ** 40)
  const memory = MemoryRegion.ram('ram', block)
  root.addSubregion(0x1000, memory)
  root.addSubregion(
    0x8000,
    MemoryRegion.io('uart', { read: offset => (offset === 8 ? memTxFault(1, 0) : 7), write: () => {} }, 0x100),
  )
  root.addSubregion(0x9000, MemoryRegion.rom('rom', romBlock))
  root.addSubregion(0xa000, MemoryRegion.ramDevice('registers', registerBlock, { cacheMode: 'device' }))
  root.addSubregion(0xb000, MemoryRegion.io('narrow', { read: () => 0, write: () => {}, valid: { maxSize: 2 } }, 0x100))
  const space = new AddressSpace('cpu', root, { endian, bounceBytes: 64 })
  return { root, space, memory }
}

/** One row by its region, with what is 0 left out. */
function row(statistics: AccessStatistics, region: string): Record<string, unknown> {
  const found = statistics.regions.find(each => each.region === region)
  const some = (counts: object) => Object.fromEntries(Object.entries(counts).filter(([, value]) => value !== 0))
  const { routes = [], kind: _kind, region: _region, ...own } = found ?? {}
  return { ...some(own), routes: Object.fromEntries(routes.map(({ route, ...counts }) => [route, some(counts)])) }
}

describe.each(['little', 'big'] as const)('what is counted, %s-endian', endian => {
  test('of devices: single accesses, pieces of requests, failures, refusals', () => {
    const { space } = board(endian)
    const counter = countAccesses(space)
    space.load32(0x8000)
    space.store8(0x8001, 1)
    space.load8(0x8000, MemTxAttrs.of({ fetch: true }))
    space.load32(0x8008)
    space.read(0x8010, new Uint8Array(6))
    space.fill(0x8020, 0, 16)
    atomicAdd32(space, 0x8030, 1)
    space.load32(0xb000)
    space.load8(0x8000, MemTxAttrs.of({ memory: true }))
    space.load8(0x8000, MemTxAttrs.DEBUG)
    const ops = { reads: 5, writes: 6, fetches: 1, dma: 6, bytes: 4 + 1 + 1 + 4 + 6 + 16 + 8, failed: 1 }
    expect(row(counter.statistics(), 'uart')).toEqual({
      ...ops,
      reads: 6,
      bytes: ops.bytes + 1,
      failed: 2,
      rejections: 1,
      routes: { ops, refused: { reads: 1, bytes: 1, failed: 1, rejections: 1 } },
    })
    expect(row(counter.statistics(), 'narrow').routes).toEqual({
      ops: { reads: 1, bytes: 4, failed: 1, rejections: 1 },
    })
    counter.reset()
    expect(counter.statistics().regions).toEqual([])
    counter.remove()
    space.load8(0x8000)
    expect(counter.statistics().regions).toEqual([])
    space.destroy()
  })

  test('of memory: requests, by their routes; single accesses where it is asked for', () => {
    const { space } = board(endian)
    for (const singles of [false, true]) {
      const counter = countAccesses(space, { ram: singles })
      space.load32(0x1000)
      space.store64(0x1008, 1n)
      space.load16(0x9000)
      space.store16(0x9000, 1)
      atomicAdd32(space, 0x1000, 1)
      space.read(0x1000, new Uint8Array(10))
      space.write(0x1000, new Uint8Array(11), MemTxAttrs.RELAXED)
      space.fill(0x1000, 1, 12)
      space.copy(0x1000, space, 0x2000, 13)
      space.copy(0x1000, space, 0x2000, 13)
      new MemoryRegionCache(space, 0x1000, 64).read(0, new Uint8Array(14))
      new ScatterGatherList().add(space, 0x1000, 15).write(0, new Uint8Array(15))
      const bounces = singles ? 1 : 0
      space.map(0x1000, 16)?.unmap()
      space.load32(0x4ffe)
      space.read(0xa000, new Uint8Array(8))
      const all = counter.statistics()
      const { ordered, bulk, rejected } = row(all, 'ram').routes as Record<string, Record<string, number>>
      // Where single accesses are counted, memory is tapped: a fill is a write of the bytes, a window a bounce buffer.
      expect(ordered).toEqual({
        reads: 5 + (singles ? 1 : 0),
        writes: 4 + (singles ? 2 : 0),
        dma: 9,
        bytes: 10 + 12 + 4 * 13 + 14 + 15 + 16 + (singles ? 16 : 0),
      })
      expect(bulk).toEqual({ writes: 1, dma: 1, bytes: 11 })
      expect(rejected).toEqual({ reads: 1, bytes: 4, failed: 1, rejections: 1 })
      expect(row(all, 'rom').routes).toEqual({
        ...(singles && { ordered: { reads: 1, bytes: 2 } }),
        rejected: { writes: 1, bytes: 2, failed: 1, rejections: 1 },
      })
      expect(Object.keys(row(all, 'registers').routes as object)).toEqual([
        space.sections.plain.select(0xa000).route(false, true),
      ])
      expect(all.bounces).toBe(bounces)
      counter.remove()
    }
    space.destroy()
  })

  test('of nothing, and of bounce buffers', () => {
    const { space } = board(endian)
    const counter = countAccesses(space)
    space.load8(0x20000)
    space.write(0x20000, new Uint8Array(100))
    space.fill(0x10_0000, 1, 2 ** 38)
    space.copy(0x20000, space, 0x30000, 50)
    const [window, other] = [space.map(0x8000, 48), space.map(0x8000, 100, { write: true })]
    expect(space.map(0x8000, 1)).toBeUndefined()
    window?.unmap()
    other?.unmap(4)
    const all = counter.statistics()
    expect(row(all, '').routes).toEqual({
      rejected: { reads: 2, writes: 3, dma: 4, bytes: 1 + 100 + 2 ** 38 + 100, failed: 5, rejections: 5 },
    })
    expect(all).toMatchObject({ bounces: 2, bounceBytes: 64, bouncesRefused: 1, rejections: 5 })
    expect(row(all, 'uart')).toMatchObject({ bounces: 2, bounceBytes: 64, bouncesRefused: 1 })
    const text = formatStatistics(all)
    expect(text).toMatch(/^ +2 .* \(not mapped\)\n.* {3}rejected\n/m)
    expect(text).toMatch(/ 2 {2}uart\n/)
    expect(text).toContain('1 bounce buffers were refused')
    counter.remove()
    space.destroy()
  })

  test('behind an IOMMU: at the IOMMU, and in the space behind it where that is counted', () => {
    const { space } = board(endian)
    const entry = (address: number) => ({
      target: space,
      translated: address,
      mask: 0xfff,
      permissions: address < 0x20_0000 ? IommuPermissions.BOTH : IommuPermissions.NONE,
    })
    const bus = new AddressSpace('bus', new IommuMemoryRegion('iommu', { translate: entry }, 2 ** 32), { endian })
    const [counter, behind] = [countAccesses(bus), countAccesses(space)]
    for (let i = 0; i < 2; i++) {
      bus.load32(0x8000)
      bus.write(0x1000, new Uint8Array(5000))
      bus.read(0x8000, new Uint8Array(4))
    }
    bus.load8(0x20_0000)
    bus.write(0x20_0000, new Uint8Array(4))
    const { statistics } = counter
    expect(statistics().regions.length).toBe(1)
    expect(row(statistics(), 'iommu').routes).toEqual({
      iommu: { reads: 5, writes: 5, dma: 7, bytes: 2 * (4 + 5000 + 4) + 5, failed: 2, rejections: 2 },
    })
    expect(row(behind.statistics(), 'uart').routes).toEqual({ ops: { reads: 4, dma: 2, bytes: 16 } })
    expect(row(behind.statistics(), 'ram').routes).toEqual({ ordered: { writes: 4, dma: 4, bytes: 10000 } })
    counter.remove()
    behind.remove()
    bus.destroy()
    space.destroy()
  })
})

describe('a counted machine', () => {
  test.each([
    ['little', false, false],
    ['big', true, false],
    ['little', false, true],
    ['big', false, true],
  ] as const)(
    '%s-endian, seams split: %s, single accesses counted: %s: is its twin',
    (endian, splitsSeams, singles) => {
      fc.assert(
        fc.property(fc.array(acts, { maxLength: 25, ...LONG }), list => {
          const options = { endian, ...(splitsSeams && { seams: 'split' as const }) }
          const [plain, machine] = [new Machine(0, options), new Machine(1, options)]
          const counters = [countAccesses(machine.space, { ram: singles }), countAccesses(machine.space)]
          try {
            list.forEach((item, index) => {
              if (index === 18) counters[1]?.remove()
              expect(perform(machine, item).text).toBe(perform(plain, item).text)
            })
            expect(machine.log).toEqual(plain.log)
            expect(Buffer.compare(machine.bytes, plain.bytes)).toBe(0)
          } finally {
            for (const each of counters) each.remove()
          }
          expect(machine.space.sections).toBe(machine.space.sections.plain)
        }),
        { numRuns: 120 },
      )
    },
  )

  test.each(['little', 'big'] as const)('%s-endian: the numbers are those of a trace', endian => {
    fc.assert(
      fc.property(fc.array(acts, { maxLength: 25, ...LONG }), list => {
        const machine = new Machine(1, { endian })
        const counter = countAccesses(machine.space, { ram: true })
        const ring = TraceRing.allocate({ events: 8192 })
        const set = traceTo(machine.space, ring)
        try {
          for (const item of list) if (item.act < 8 || item.act === 12) perform(machine, item)
          const traced = traceStatistics(ring.drain())
          const counted = counter.statistics()
          // What a trace knows of the region behind a mirror is counted at the mirror.
          const keys = ['reads', 'writes', 'fetches', 'dma', 'bytes', 'failed'] as const
          const of = (regions: readonly ({ region: string } & Record<(typeof keys)[number], number>)[]) => {
            const sums: Record<string, number> = {}
            for (const each of regions)
              for (const key of keys) {
                const name = `${each.region === 'mirrored' || each.region === 'copies' ? 'mirror' : each.region} ${key}`
                sums[name] = (sums[name] ?? 0) + each[key]
              }
            return Object.fromEntries(Object.entries(sums).sort())
          }
          expect(of(counted.regions)).toEqual(of(traced.regions))
        } finally {
          set.remove()
          counter.remove()
        }
      }),
      { numRuns: 200 },
    )
  })

  test('allocates nothing for an access of a device', async () => {
    const program = bundle(new URL('./support/counting-thread.ts', import.meta.url))
    const thread = new Worker(program.path)
    const found = await new Promise<Record<string, number>>((take, fail) => {
      thread.on('message', take).on('error', fail)
    })
    await thread.terminate()
    program.remove()
    const { 'a tap, which makes objects': known, ...rest } = found
    // What is looked for would be seen.
    expect(known).toBeGreaterThan(40)
    expect(Object.entries(rest).filter(([, bytes]) => bytes > 1)).toEqual([])
  })

  test('is refused by name where there is none', () => {
    expect(() => countAccesses({} as never)).toThrow(/space must be an AddressSpace/)
    expect(() => countAccesses(board().space, { ram: 1 as never })).toThrow(/options.ram/)
    expect(() => formatStatistics({} as never)).toThrow(/statistics must be/)
  })
})
