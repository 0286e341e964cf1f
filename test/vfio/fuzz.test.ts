import fc from 'fast-check'
import { CACHE_MODES } from 'guestmem'
import { parseRegionInfo, regionInfoFromObject, type VfioRegionObject } from 'guestmem/vfio'
import { describe, expect, test } from 'vitest'
import { LONG, runs } from '../support/campaign.ts'
import { jsonMutations } from '../support/mutations.ts'
import { type Area, CACHE_MODE_ID, cacheMode, type WrittenCapability, type WrittenRegion, write } from './writer.ts'

const FIELD = /^bytes\.(?:argsz|length|cap_offset|size|areas\[\d+\]|capabilities\[\d+\])/
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
const endian = fc.constantFrom('little' as const, 'big' as const)

/** Either a report, or a TypeError or RangeError that names a field. */
function parsesOrRefuses(bytes: Uint8Array, order: 'little' | 'big'): 'report' | 'refusal' {
  try {
    const { info } = parseRegionInfo(bytes, { cacheModeCapability: CACHE_MODE_ID, endian: order })
    for (const { offset, size } of info.sparse ?? []) {
      expect(size).toBeGreaterThan(0n)
      expect(offset + size).toBeLessThanOrEqual(info.size)
      expect([offset % 4096n, size % 4096n]).toEqual([0n, 0n])
    }
    return 'report'
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error
    expect(error.message).toMatch(FIELD)
    return 'refusal'
  }
}

const capability: fc.Arbitrary<WrittenCapability> = fc.oneof(
  fc.record({
    sparse: fc.array(
      fc.record({ offset: fc.oneof(u64, fc.constant(0n)), size: fc.oneof(u64, fc.constantFrom(0n, 4096n)) }),
      { maxLength: 4 },
    ),
  }),
  fc.record({ type: fc.nat(3), subtype: fc.nat(3) }),
  fc.constant({ msix: true as const }),
  fc.integer({ min: 0, max: 5 }).map(mode => cacheMode(mode)),
  fc.record({ id: fc.nat(0xffff), body: fc.array(fc.nat(), { maxLength: 4 }) }),
)

/** Areas of whole pages, apart, shuffled; and the size of a region that has them. */
const areas: fc.Arbitrary<{ sparse: Area[]; size: bigint }> = fc
  .array(fc.record({ gap: fc.bigInt(0n, 2n ** 40n), pages: fc.bigInt(1n, 2n ** 40n), key: fc.nat() }), { maxLength: 8 })
  .map(spans => {
    let end = 0n
    const placed = spans.map(({ gap, pages, key }) => {
      const area = { offset: (end + gap) * 4096n, size: pages * 4096n }
      end += gap + pages
      return { area, key }
    })
    placed.sort((a, b) => a.key - b.key)
    return { sparse: placed.map(({ area }) => area), size: end * 4096n }
  })

const valid = fc.record({
  index: fc.nat(2 ** 32 - 1),
  more: fc.nat(2 ** 28).map(bits => bits * 16),
  offset: fc.bigInt(0n, 2n ** 62n),
  extra: fc.bigInt(0n, 4096n),
  areas: fc.option(areas),
  type: fc.option(fc.record({ type: fc.nat(2 ** 32 - 1), subtype: fc.nat(2 ** 32 - 1) })),
  msix: fc.boolean(),
  mode: fc.option(fc.constantFrom(...CACHE_MODES)),
  foreign: fc.array(fc.record({ id: fc.integer({ min: 100, max: 0xffff }), body: fc.array(fc.nat()) }), {
    maxLength: 3,
  }),
  order: fc.infiniteStream(fc.nat()),
  endian,
})

describe('S3 whatever the bytes are', () => {
  test('random bytes are a report, or a refusal that names a field', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 256, ...LONG }), endian, (bytes, order) => {
        parsesOrRefuses(bytes, order)
      }),
      runs(2000),
    )
  })

  test('random bytes behind a sound head are both', () => {
    const ends = { report: 0, refusal: 0 }
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 200, ...LONG }), tail => {
        const head = write({ argsz: 32 + tail.length, flags: 15, capOffset: 32, size: 2n ** 63n })
        const bytes = Uint8Array.of(...head, ...tail)
        // A chain that ends now and then.
        if ((tail[0] as number) % 2 === 0) bytes.fill(0, 36, 40)
        ends[parsesOrRefuses(bytes, 'little')]++
      }),
      runs(2000),
    )
    expect(ends.report).toBeGreaterThan(10)
    expect(ends.refusal).toBeGreaterThan(10)
  })

  test('chains of sound capabilities with bytes changed, links and lengths included', () => {
    const ends = { report: 0, refusal: 0 }
    fc.assert(
      fc.property(
        fc.array(capability, { maxLength: 6 }),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }),
        fc.nat(64),
        endian,
        (capabilities, changes, cut, order) => {
          const bytes = write({ size: 2n ** 64n - 1n, capabilities }, order)
          for (const [at, value] of changes) bytes[at % bytes.length] = value
          ends[parsesOrRefuses(cut > 32 ? bytes.subarray(0, bytes.length - cut + 32) : bytes, order)]++
        },
      ),
      runs(3000),
    )
    expect(ends.report).toBeGreaterThan(10)
    expect(ends.refusal).toBeGreaterThan(10)
  })

  test('what is sound is read back as it was written, and as the object that says the same', () => {
    fc.assert(
      fc.property(valid, ({ index, more, offset, extra, areas, type, msix, mode, foreign, order, endian }) => {
        const capabilities: WrittenCapability[] = [...foreign]
        if (areas !== null) capabilities.push({ sparse: areas.sparse })
        if (type !== null) capabilities.push(type)
        if (msix) capabilities.push({ msix: true })
        if (mode !== null) capabilities.push(cacheMode(CACHE_MODES.indexOf(mode)))
        const keys = new Map(capabilities.map(each => [each, order.next().value]))
        capabilities.sort((a, b) => (keys.get(a) as number) - (keys.get(b) as number))
        const size = (areas?.size ?? 0n) + extra
        const flags = (7 | more | (capabilities.length > 0 ? 8 : 0)) >>> 0
        const region: WrittenRegion = { index, flags, offset, size, capabilities }
        const report = parseRegionInfo(write(region, endian), { cacheModeCapability: CACHE_MODE_ID, endian })
        const object: VfioRegionObject = {
          index,
          flags,
          offset,
          size,
          sparse: areas?.sparse,
          type: type ?? undefined,
          msixMappable: msix,
          cacheMode: mode ?? undefined,
        }
        expect(report.info).toEqual({ pageSize: 4096, ...object })
        expect(report.info).toEqual(regionInfoFromObject(object).info)
        const unknown = capabilities.filter(each => 'id' in each && foreign.includes(each as (typeof foreign)[number]))
        expect(report.skipped.map(({ id }) => id)).toEqual(unknown.map(each => 'id' in each && each.id))
      }),
      runs(500),
    )
  })

  test('an object of which fields are changed is a report, or a refusal that names one', () => {
    const object = {
      index: 4,
      flags: 7,
      size: 0x20000,
      offset: 2 ** 42,
      pageSize: 4096,
      sparse: [
        { offset: 0, size: 4096, cacheMode: 'device' },
        { offset: 8192, size: 8192 },
      ],
      type: { type: 1, subtype: 2 },
      msixMappable: true,
      cacheMode: 'device',
    }
    const ends = { report: 0, refusal: 0 }
    fc.assert(
      fc.property(jsonMutations, mutate => {
        try {
          regionInfoFromObject(mutate(object) as VfioRegionObject)
          ends.report++
        } catch (error) {
          if (!(error instanceof TypeError || error instanceof RangeError)) throw error
          expect(error.message).toMatch(/^object/)
          expect(error.message.length).toBeLessThan(300)
          ends.refusal++
        }
      }),
      runs(2000),
    )
    expect(ends.report).toBeGreaterThan(10)
    expect(ends.refusal).toBeGreaterThan(10)
  })
})
