import { CACHE_MODES } from 'guestmem'
import { parseRegionInfo, regionInfoFromObject, regionInfoSize } from 'guestmem/vfio'
import { describe, expect, test } from 'vitest'
import { CACHE_MODE_ID, CAPS, cacheMode, RWM, type WrittenCapability, type WrittenRegion, write } from './writer.ts'

const OPTIONS = { cacheModeCapability: CACHE_MODE_ID }
const PAGE = 4096n
const area = (offset: bigint, size: bigint) => ({ offset, size })
const parse = (region: WrittenRegion) => parseRegionInfo(write(region), OPTIONS)
const chain = (...capabilities: WrittenCapability[]) => parse({ capabilities })

describe('S3 what the kernel gives', () => {
  test('byte for byte: a BAR with two areas, its MSI-X table mappable', () => {
    const bytes = Uint8Array.from(
      `
      58 00 00 00  0f 00 00 00  02 00 00 00  20 00 00 00
      00 00 01 00 00 00 00 00   00 00 00 00 00 02 00 00
      01 00 01 00  50 00 00 00  02 00 00 00  00 00 00 00
      00 00 00 00 00 00 00 00   00 20 00 00 00 00 00 00
      00 40 00 00 00 00 00 00   00 c0 00 00 00 00 00 00
      03 00 01 00  00 00 00 00
      `
        .trim()
        .split(/\s+/),
      byte => Number.parseInt(byte, 16),
    )
    expect(bytes.length).toBe(0x58)
    expect(parseRegionInfo(bytes)).toEqual({
      info: {
        index: 2,
        flags: 15,
        size: 0x10000n,
        offset: 2n << 40n,
        pageSize: 4096,
        sparse: [area(0n, 0x2000n), area(0x4000n, 0xc000n)],
        type: undefined,
        msixMappable: true,
        cacheMode: undefined,
      },
      skipped: [],
    })
    const written = write({
      index: 2,
      offset: 2n << 40n,
      capabilities: [{ sparse: [area(0n, 0x2000n), area(0x4000n, 0xc000n)] }, { msix: true }],
    })
    expect(Buffer.compare(bytes, written)).toBe(0)
  })

  test('without capabilities nothing is skipped; cap_offset then means nothing', () => {
    const { info, skipped } = parse({ index: 7, flags: 1, size: 0x100n, offset: 7n << 40n, capOffset: 5 })
    expect(info).toMatchObject({ index: 7, flags: 1, size: 0x100n, offset: 7n << 40n, sparse: undefined })
    expect([info.cacheMode, info.type, info.msixMappable, skipped]).toEqual([undefined, undefined, false, []])
  })

  test('of a big-endian host', () => {
    const region: WrittenRegion = {
      index: 1,
      size: 0x1_0000_0000n,
      offset: 1n << 40n,
      capabilities: [{ sparse: [area(PAGE, 3n * PAGE)] }, { type: 0x8000_10de, subtype: 1 }, cacheMode(1)],
    }
    const big = parseRegionInfo(write(region, 'big'), { ...OPTIONS, endian: 'big' })
    expect(big).toEqual(parse(region))
    expect(big.info).toMatchObject({ size: 0x1_0000_0000n, cacheMode: 'writecombine', sparse: [area(PAGE, 3n * PAGE)] })
    expect(big.info.type).toEqual({ type: 0x8000_10de, subtype: 1 })
    expect(regionInfoSize(write(region, 'big'), 'big')).toBe(write(region).length)
  })

  test('sizes and offsets above 2^53 are exact', () => {
    const { info } = parse({ size: 2n ** 63n + 1n, offset: 2n ** 63n - 1n })
    expect([info.size, info.offset]).toEqual([2n ** 63n + 1n, 2n ** 63n - 1n])
    const sparse = [area(2n ** 60n, 2n ** 59n + PAGE)]
    expect(parse({ size: 2n ** 62n, capabilities: [{ sparse }] }).info.sparse).toEqual(sparse)
  })

  test.each(CACHE_MODES.map((mode, number) => [mode, number] as const))('mode %s is number %i', (mode, number) => {
    expect(chain(cacheMode(number)).info.cacheMode).toBe(mode)
    expect(parseRegionInfo(write({ capabilities: [cacheMode(number)] })).info.cacheMode).toBeUndefined()
  })

  test('all is frozen, so that a mode that was reported stays', () => {
    const { info } = chain({ sparse: [area(0n, PAGE)] }, cacheMode(0), { type: 1, subtype: 2 })
    for (const part of [info, info.sparse, info.sparse?.[0], info.type]) expect(Object.isFrozen(part)).toBe(true)
  })

  test('bytes behind argsz are not read', () => {
    const capabilities: WrittenCapability[] = [{ msix: true }, cacheMode(0)]
    const refused = () => parse({ argsz: 40, capabilities })
    expect(refused).toThrow(/^bytes\.capabilities\[0\]\.next must be from 32 to 32, .*got 40$/)
    expect(parse({ argsz: 40, capabilities: [{ msix: true, next: 0 }, cacheMode(0)] }).info.cacheMode).toBeUndefined()
  })

  test('a chain may go back, as long as it ends', () => {
    const capabilities: WrittenCapability[] = [
      { msix: true, next: 0 },
      { ...cacheMode(2), next: 32 },
    ]
    const { info } = parse({ capOffset: 40, capabilities })
    expect([info.msixMappable, info.cacheMode]).toEqual([true, 'noncached'])
  })

  test('an info is a description of itself', () => {
    const { info } = chain({ sparse: [area(0n, PAGE)] }, cacheMode(3), { type: 1, subtype: 2 }, { msix: true })
    expect(regionInfoFromObject(info)).toEqual({ info, skipped: [] })
    const { info: plain } = parse({})
    expect(regionInfoFromObject(plain)).toEqual({ info: plain, skipped: [] })
  })
})

describe('what is skipped, and why', () => {
  const skips: [what: string, region: WrittenRegion, skipped: object[], info: object][] = [
    [
      'an unknown capability',
      { capabilities: [{ id: 4, body: [1, 2, 3, 4] }, cacheMode(0), { id: 0, body: [] }, { id: 0xffff, body: [] }] },
      [4, 0, 0xffff].map(id => ({ id, version: 1, reason: 'unknown capability' })),
      { cacheMode: 'normal' },
    ],
    [
      'an unknown version of the MSI-X capability',
      { capabilities: [{ msix: true, version: 2 }] },
      [{ id: 3, version: 2, reason: 'unknown version, not 1' }],
      { msixMappable: false },
    ],
    [
      'an unknown version of the cache mode, which leaves it unreported',
      { capabilities: [cacheMode(0, { version: 0 })] },
      [{ id: CACHE_MODE_ID, version: 0, reason: 'unknown version, not 1' }],
      { cacheMode: undefined },
    ],
    [
      'an unknown version of the sparse areas, after which nothing may be mapped',
      { capabilities: [{ sparse: [area(0n, PAGE)], version: 2 }] },
      [{ id: 1, version: 2, reason: 'unknown version, not 1' }],
      { sparse: [] },
    ],
    [
      'an unknown version of the sparse areas beside a known one',
      { capabilities: [{ sparse: [], version: 2 }, { sparse: [area(0n, PAGE)] }] },
      [{ id: 1, version: 2, reason: 'unknown version, not 1' }],
      { sparse: [area(0n, PAGE)] },
    ],
    [
      'an unknown mode',
      { capabilities: [cacheMode(4)] },
      [{ id: CACHE_MODE_ID, version: 1, reason: 'unknown mode 4: taken as none, so noncached' }],
      { cacheMode: undefined },
    ],
    [
      'what is said twice',
      {
        capabilities: [
          ...[0, 1].map(() => ({ sparse: [area(0n, PAGE)] })),
          ...[0, 1].map(() => cacheMode(1)),
          ...[0, 1].map(() => ({ msix: true as const })),
          ...[0, 1].map(() => ({ type: 5, subtype: 6 })),
        ],
      },
      [1, CACHE_MODE_ID, 3, 2].map(id => ({ id, version: 1, reason: 'repeats an earlier capability' })),
      { cacheMode: 'writecombine', sparse: [area(0n, PAGE)], msixMappable: true, type: { type: 5, subtype: 6 } },
    ],
    [
      'areas that are empty or not made of pages',
      { capabilities: [{ sparse: [area(PAGE, 0n), area(1n, PAGE), area(2n * PAGE, 5n), area(4n * PAGE, PAGE)] }] },
      [
        { area: area(PAGE, 0n), reason: 'the area is empty' },
        { area: area(1n, PAGE), reason: 'the area is not made of whole pages of 4096 bytes' },
        { area: area(2n * PAGE, 5n), reason: 'the area is not made of whole pages of 4096 bytes' },
      ],
      { sparse: [area(4n * PAGE, PAGE)] },
    ],
    [
      'areas of a region that can not be mapped',
      { flags: 3 | CAPS, capabilities: [{ sparse: [area(0n, PAGE)] }] },
      [{ area: area(0n, PAGE), reason: 'flags say that the region can not be mapped' }],
      { sparse: [] },
    ],
  ]
  test.each(skips)('%s', (_what, region, skipped, info) => {
    const report = parse(region)
    expect(report.skipped).toEqual(skipped)
    expect(report.info).toMatchObject(info)
  })

  test('areas are measured by the host page', () => {
    const bytes = write({ size: 0x40000n, capabilities: [{ sparse: [area(0n, PAGE), area(0x10000n, 0x10000n)] }] })
    const { info, skipped } = parseRegionInfo(bytes, { pageSize: 65536 })
    expect([info.pageSize, info.sparse]).toEqual([65536, [area(0x10000n, 0x10000n)]])
    expect(skipped).toEqual([{ area: area(0n, PAGE), reason: 'the area is not made of whole pages of 65536 bytes' }])
    expect(parseRegionInfo(bytes).skipped).toEqual([])
  })
})

describe('what is refused', () => {
  const two: WrittenCapability[] = [{ msix: true }, { msix: true }]
  const refusals: [what: string, region: WrittenRegion, kind: ErrorConstructor, text: RegExp][] = [
    ['an argsz under the struct', { argsz: 31 }, RangeError, /^bytes\.argsz .*got 31$/],
    [
      'a buffer that is too small for the chain, with the size that is needed',
      { argsz: 96, flags: RWM | CAPS, capOffset: 0 },
      RangeError,
      /^bytes\.argsz must be at most the 32 bytes given: .*got 96$/,
    ],
    ['capabilities that are nowhere', { flags: RWM | CAPS }, RangeError, /^bytes\.cap_offset .*got 0$/],
    ['a chain in the struct', { capOffset: 24, capabilities: two }, RangeError, /^bytes\.cap_offset .*got 24$/],
    ['a chain behind the end', { capOffset: 48, capabilities: two }, RangeError, /^bytes\.cap_offset .*got 48$/],
    ['an odd place', { capOffset: 38, capabilities: two }, RangeError, /^bytes\.cap_offset .*multiple of 4, got 38$/],
    [
      'a link into the struct',
      { capabilities: [{ msix: true, next: 8 }] },
      RangeError,
      /^bytes\.capabilities\[0\]\.next must be from 32 to 32, .*got 8$/,
    ],
    [
      'a link outside',
      { capabilities: [{ msix: true }, { msix: true, next: 0xffff_fffc }] },
      RangeError,
      /^bytes\.capabilities\[1\]\.next .*got 4294967292$/,
    ],
    ['a loop of one', { capabilities: [{ msix: true, next: 32 }] }, RangeError, /\[0\]\.next .*loops, got 32$/],
    [
      'a loop of three',
      { capabilities: [{ msix: true }, { id: 9, body: [] }, { id: 10, body: [], next: 40 }] },
      RangeError,
      /\[2\]\.next .*loops, got 40$/,
    ],
    [
      'capabilities that share bytes',
      { capabilities: [{ sparse: [area(0n, PAGE)], next: 56 }, { msix: true }] },
      RangeError,
      /^bytes\.capabilities\[1\] must be outside bytes\.capabilities\[0\], got 56$/,
    ],
    [
      'more areas than there is room for',
      { capabilities: [{ sparse: [area(0n, PAGE)], nrAreas: 2 }] },
      RangeError,
      /^bytes\.capabilities\[0\]\.nr_areas must be at most 1, .*got 2$/,
    ],
    [
      'a great many areas',
      { capabilities: [{ sparse: [], nrAreas: 0xffff_ffff }] },
      RangeError,
      /^bytes\.capabilities\[0\]\.nr_areas .*got 4294967295$/,
    ],
    ...[1, 2, CACHE_MODE_ID].map((id): [string, WrittenRegion, ErrorConstructor, RegExp] => [
      `capability ${id} cut off behind its header`,
      { capabilities: [{ id, body: [] }] },
      RangeError,
      /^bytes\.capabilities\[0\] .*within argsz, got 32$/,
    ]),
    [
      'two modes (S3)',
      { capabilities: [cacheMode(0), cacheMode(2)] },
      TypeError,
      /^bytes\.capabilities\[1\] .*mode 0 \(normal\), got "mode 2 \(noncached\)"$/,
    ],
    [
      'two modes, one unknown (S3)',
      { capabilities: [cacheMode(9), cacheMode(2)] },
      TypeError,
      /^bytes\.capabilities\[1\] .*mode 9 \(unknown\), got "mode 2 \(noncached\)"$/,
    ],
    [
      'two lists of areas',
      { capabilities: [{ sparse: [] }, { sparse: [area(0n, PAGE)] }] },
      TypeError,
      /^bytes\.capabilities\[1\] .*no areas, got "0\+4096"$/,
    ],
    [
      'two types',
      {
        capabilities: [
          { type: 1, subtype: 2 },
          { type: 1, subtype: 3 },
        ],
      },
      TypeError,
      /^bytes\.capabilities\[1\] .*1, 2, got "1, 3"$/,
    ],
    [
      'an area outside the region',
      { capabilities: [{ sparse: [area(0n, PAGE), area(0xf000n, 2n * PAGE)] }] },
      RangeError,
      /^bytes\.areas\[1\] must be within the region's 65536 bytes, got "61440 \+ 8192"$/,
    ],
    [
      'an area that is a byte too long for its region',
      { size: 2n * PAGE - 1n, capabilities: [{ sparse: [area(PAGE, PAGE)] }] },
      RangeError,
      /^bytes\.areas\[0\] must be within the region's 8191 bytes, got "4096 \+ 4096"$/,
    ],
    [
      'a header that argsz cuts in two',
      { argsz: 44, capabilities: two },
      RangeError,
      /^bytes\.capabilities\[0\]\.next must be from 32 to 36, .*got 40$/,
    ],
    [
      'an area whose end wraps',
      { capabilities: [{ sparse: [area(2n ** 64n - PAGE, 2n * PAGE)] }] },
      RangeError,
      /^bytes\.areas\[0\] /,
    ],
    [
      'areas that overlap',
      { capabilities: [{ sparse: [area(0x4000n, 0x4000n), area(0n, PAGE), area(0x2000n, 0x2001n)] }] },
      RangeError,
      /^bytes\.areas\[0\]\.offset must be outside bytes\.areas\[2\], got 16384$/,
    ],
    ['a region past 2^64', { size: 2n, offset: 2n ** 64n - 1n }, RangeError, /^bytes\.size .*got 2$/],
  ]
  test.each(refusals)('%s', (_what, region, kind, text) => {
    expect(() => parse(region)).toThrow(kind)
    expect(() => parse(region)).toThrow(text)
  })

  test('an area may end where the region and where the next begins', () => {
    const sparse = [area(0x8000n, 0x8000n), area(0n, 0x8000n)]
    expect(chain({ sparse }).info.sparse).toEqual(sparse)
  })

  test('regionInfoSize is what the buffer must have', () => {
    const whole = write({ capabilities: [cacheMode(0)] })
    const first = write({ argsz: whole.length, flags: RWM | CAPS })
    expect(regionInfoSize(first)).toBe(48)
    expect(() => parseRegionInfo(first)).toThrow(RangeError)
    expect(parseRegionInfo(whole, OPTIONS).info.cacheMode).toBe('normal')
  })
})
