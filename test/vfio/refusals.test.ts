import { runInNewContext } from 'node:vm'
import { HOST_PROFILES } from 'guestmem'
import {
  cacheModeOfArm64Attribute,
  cacheModeOfArm64Page,
  cacheModeOfX86Page,
  cacheModeOfX86Pat,
  cacheModesFromSmaps,
  guestMode,
  parseRegionInfo,
  regionInfoFromObject,
  regionInfoSize,
  vfioRegions,
} from 'guestmem/vfio'
import { describe, expect, test } from 'vitest'
import { block } from '../support/board.ts'
import { write } from './writer.ts'

/** Anything, given where a type forbids it. */
// biome-ignore lint/suspicious/noExplicitAny: what is tested is what types would forbid
const bad = (value: unknown): any => value

type Refusal = readonly [what: string, kind: ErrorConstructor, text: RegExp, call: () => unknown]

function run(refusals: readonly Refusal[]): void {
  test.each(refusals)('%s', (_what, kind, text, call) => {
    expect(call).toThrow(kind)
    expect(call).toThrow(text)
  })
}

/** What no integer argument takes. */
const NO_INTEGERS: readonly (readonly [unknown, ErrorConstructor])[] = [
  [-1, RangeError],
  [1.5, RangeError],
  [Number.NaN, RangeError],
  [Number.POSITIVE_INFINITY, RangeError],
  [2 ** 53, RangeError],
  ['16', TypeError],
  [null, TypeError],
]

function integers(where: string, call: (value: unknown) => unknown): Refusal[] {
  const text = (value: unknown) => (typeof value === 'string' ? JSON.stringify(value) : String(value))
  return NO_INTEGERS.map(([value, kind]) => [
    `${where}: ${text(value)}`,
    kind,
    new RegExp(`^${where.replace(/[.[\]]/g, '\\$&')} .*got ${text(value)}$`),
    () => call(value),
  ])
}

const bytes = write({})

function detached(): Uint8Array {
  const copy = bytes.slice()
  structuredClone(copy.buffer, { transfer: [copy.buffer] })
  return copy
}

test('a Uint8Array of another realm is one', () => {
  const other = runInNewContext('values => Uint8Array.from(values)')(bytes)
  expect(other).not.toBeInstanceOf(Uint8Array)
  expect([regionInfoSize(other), parseRegionInfo(other)]).toEqual([regionInfoSize(bytes), parseRegionInfo(bytes)])
})

describe('parseRegionInfo and regionInfoSize', () => {
  const options = (given: unknown) => () => parseRegionInfo(bytes, bad(given))
  run([
    ['no bytes', TypeError, /^bytes .*got undefined$/, () => parseRegionInfo(bad(undefined))],
    ['an ArrayBuffer', TypeError, /^bytes .*got an object$/, () => parseRegionInfo(bad(bytes.buffer))],
    ['an array', TypeError, /^bytes .*got an array$/, () => regionInfoSize(bad([...bytes]))],
    ['a bigint', TypeError, /^bytes .*got 5n$/, () => parseRegionInfo(bad(5n))],
    ['a detached array', TypeError, /^bytes must be .*not detached.*got an object$/, () => parseRegionInfo(detached())],
    ['a Proxy of an array', TypeError, /^bytes .*got an object$/, () => regionInfoSize(new Proxy(bytes, {}))],
    ['too few bytes', RangeError, /^bytes\.length .*got 31$/, () => parseRegionInfo(bytes.subarray(1))],
    ['too few bytes for a size', RangeError, /^bytes\.length .*got 0$/, () => regionInfoSize(new Uint8Array(0))],
    ['a byte order for a size', TypeError, /^endian .*got "native"$/, () => regionInfoSize(bytes, bad('native'))],
    ['a byte order', TypeError, /^options\.endian .*got "middle"$/, options({ endian: 'middle' })],
    ['options', TypeError, /^options .*got "big"$/, options('big')],
    ['a misspelt key', TypeError, /^options .*got "pagesize"$/, options({ pagesize: 4096 })],
    ['a cache mode (S3)', TypeError, /^options .*got "cacheMode"$/, options({ cacheMode: 'normal' })],
    ['a page that is no power of two', RangeError, /^options\.pageSize .*got 12288$/, options({ pageSize: 12288 })],
    ['a small page', RangeError, /^options\.pageSize .*got 2048$/, options({ pageSize: 2048 })],
    ...integers('options.pageSize', value => options({ pageSize: value })()).slice(0, -1), // null: unless said
    ['an id of the kernel', RangeError, /^options\.cacheModeCapability .*got 3$/, options({ cacheModeCapability: 3 })],
    ['a long id', RangeError, /^options\.cacheModeCapability .*got 65536$/, options({ cacheModeCapability: 65536 })],
    ...integers('options.cacheModeCapability', id => parseRegionInfo(bytes, bad({ cacheModeCapability: id }))),
  ])
})

describe('regionInfoFromObject', () => {
  const region = { index: 4, flags: 15, size: 0x10000, offset: 2 ** 42 }
  const of = (fields: object) => () => regionInfoFromObject(bad({ ...region, ...fields }))
  const area = (fields: object) => of({ sparse: [{ offset: 0, size: 4096, ...fields }] })
  run([
    ['nothing', TypeError, /^object .*got undefined$/, () => regionInfoFromObject(bad(undefined))],
    ['a misspelt key', TypeError, /^object .*got "cachemode"$/, of({ cachemode: 'normal' })],
    ...['index', 'flags', 'size', 'offset'].flatMap(field =>
      integers(`object.${field}`, value => of({ [field]: value })()),
    ),
    ['a long index', RangeError, /^object\.index .*got 4294967296$/, of({ index: 2 ** 32 })],
    ['a negative bigint', RangeError, /^object\.size .*got -1n$/, of({ size: -1n })],
    ['a long bigint', RangeError, /^object\.offset .*got 18446744073709551616n$/, of({ offset: 2n ** 64n })],
    ['a region past 2^64', RangeError, /^object\.size .*got 2$/, of({ size: 2, offset: 2n ** 64n - 1n })],
    ['a page', RangeError, /^object\.pageSize .*got 5000$/, of({ pageSize: 5000 })],
    ['a mode', TypeError, /^object\.cacheMode .*got "cached"$/, of({ cacheMode: 'cached' })],
    ['a mode of null', TypeError, /^object\.cacheMode .*got null$/, of({ cacheMode: null })],
    ['msixMappable', TypeError, /^object\.msixMappable .*got 1$/, of({ msixMappable: 1 })],
    ['a type', TypeError, /^object\.type .*got 5$/, of({ type: 5 })],
    ['half a type', TypeError, /^object\.type\.subtype .*got undefined$/, of({ type: { type: 5 } })],
    ['no list of areas', TypeError, /^object\.sparse .*got an object$/, of({ sparse: {} })],
    ['an area', TypeError, /^object\.sparse\[0\] .*got 4096$/, of({ sparse: [4096] })],
    ['a misspelt key of an area', TypeError, /^object\.sparse\[0\] .*got "length"$/, area({ length: 1 })],
    ...integers('object.sparse[0].offset', offset => area({ offset })()),
    ...integers('object.sparse[0].size', size => area({ size })()),
    [
      'an area outside',
      RangeError,
      /^object\.sparse\[0\] .*got "61440 \+ 8192"$/,
      area({ offset: 0xf000, size: 8192 }),
    ],
    [
      'areas that overlap',
      RangeError,
      /^object\.sparse\[1\]\.offset must be outside object\.sparse\[0\], got 4096$/,
      of({
        sparse: [
          { offset: 0, size: 8192 },
          { offset: 4096, size: 4096 },
        ],
      }),
    ],
    ['a mode of an area', TypeError, /^object\.sparse\[0\]\.cacheMode .*got 0$/, area({ cacheMode: 0 })],
    [
      'areas of two modes (S3)',
      TypeError,
      /^object\.sparse\[1\]\.cacheMode must be normal, .*got "device"$/,
      of({
        sparse: [
          { offset: 0, size: 4096, cacheMode: 'normal' },
          { offset: 4096, size: 4096, cacheMode: 'device' },
        ],
      }),
    ],
    [
      'an area that is not as its region (S3)',
      TypeError,
      /^object\.sparse\[0\]\.cacheMode must be noncached, .*got "normal"$/,
      of({ cacheMode: 'noncached', sparse: [{ offset: 0, size: 4096, cacheMode: 'normal' }] }),
    ],
    [
      'two modes though an area is skipped (S3)',
      TypeError,
      /^object\.sparse\[1\]\.cacheMode /,
      of({
        sparse: [
          { offset: 0, size: 0, cacheMode: 'normal' },
          { offset: 1, size: 1, cacheMode: 'device' },
        ],
      }),
    ],
  ])

  test('S3 areas that share a mode give it to their region', () => {
    const sparse = [0, 1, 2].map(page => ({ offset: page * 4096, size: 4096, cacheMode: 'writecombine' as const }))
    const { info } = regionInfoFromObject({ ...region, sparse: [...sparse, { offset: 0x8000, size: 4096 }] })
    expect(info.cacheMode).toBe('writecombine')
    expect(info.sparse?.[3]).toEqual({ offset: 0x8000n, size: 4096n })
    expect(regionInfoFromObject(region).info.cacheMode).toBeUndefined()
  })

  test('what can not be mapped is skipped, as in bytes', () => {
    const sparse = [{ offset: 1, size: 4096 }]
    expect(regionInfoFromObject({ ...region, sparse }).skipped).toEqual([
      { area: { offset: 1n, size: 4096n }, reason: 'the area is not made of whole pages of 4096 bytes' },
    ])
    const { info, skipped } = regionInfoFromObject({ ...region, flags: 3, sparse: [{ offset: 0, size: 4096 }] })
    expect([info.sparse, skipped.length]).toEqual([[], 1])
  })
})

describe('vfioRegions', () => {
  const { info } = regionInfoFromObject({ index: 4, flags: 7, size: 0x10000, offset: 0 })
  const file = { read: () => 0, write: () => 0 }
  const info0 = (fields: object) =>
    regionInfoFromObject(bad({ index: 4, flags: 7, size: 1, offset: 0, ...fields })).info
  const options = (given: unknown) => () => vfioRegions(info, file, bad(given))
  const mmap = (given: unknown) => () => vfioRegions(info, { ...file, mmap: () => bad(given) })
  run([
    ['a copy of an info (S3)', TypeError, /^info .*got an object$/, () => vfioRegions({ ...info }, file)],
    ['an info with another mode (S3)', TypeError, /^info /, () => vfioRegions({ ...info, cacheMode: 'normal' }, file)],
    ['no info', TypeError, /^info .*got undefined$/, () => vfioRegions(bad(undefined), file)],
    ['a cache mode (S3)', TypeError, /^options .*got "cacheMode"$/, options({ cacheMode: 'normal' })],
    ['options', TypeError, /^options .*got null$/, options(null)],
    ['a name', TypeError, /^options\.name .*got ""$/, options({ name: '' })],
    ['an owner', TypeError, /^options\.owner .*got 5$/, options({ owner: 5 })],
    ['no file', TypeError, /^file .*got undefined$/, () => vfioRegions(info, bad(undefined))],
    ['no read', TypeError, /^file\.read .*got undefined$/, () => vfioRegions(info, bad({ write: file.write }))],
    ['no write', TypeError, /^file\.write .*got 1$/, () => vfioRegions(info, bad({ ...file, write: 1 }))],
    ['an mmap', TypeError, /^file\.mmap .*got true$/, () => vfioRegions(info, bad({ ...file, mmap: true }))],
    ['a mapping that is null', TypeError, /^file\.mmap\(\) .*got null$/, mmap(null)],
    ['a mapping that is bytes', TypeError, /^file\.mmap\(\) .*got an object$/, mmap(new Uint8Array(0x10000))],
    ['a mapping of nothing', TypeError, /^file\.mmap\(\) .*got an array$/, mmap([])],
    ['a mapping of too little', RangeError, /^file\.mmap\(\) must be blocks of 65536 .*got 4096$/, mmap(block(4096))],
    ['a region that is not there', RangeError, /^info\.size .*got 0$/, () => vfioRegions(info0({ size: 0 }), file)],
    [
      'a region past 2^53',
      RangeError,
      /^info\.size .*offset 4096, got 9007199254740992$/,
      () => vfioRegions(info0({ size: 2n ** 53n, offset: 4096 }), file),
    ],
    ['a table', TypeError, /^options\.msixTable .*got 5$/, options({ msixTable: 5 })],
    [
      'a misspelt key of a table',
      TypeError,
      /^options\.msixTable .*got "length"$/,
      options({ msixTable: { length: 1 } }),
    ],
    ...integers('options.msixTable.offset', offset => options({ msixTable: { offset, size: 16 } })()),
    ...integers('options.msixTable.size', size => options({ msixTable: { offset: 0, size } })()),
    [
      'an empty table',
      RangeError,
      /^options\.msixTable\.size .*got 0$/,
      options({ msixTable: { offset: 0, size: 0 } }),
    ],
    [
      'a table outside',
      RangeError,
      /^options\.msixTable\.size must be an integer from 1 to 16, got 17$/,
      options({ msixTable: { offset: 0xfff0, size: 17 } }),
    ],
  ])
})

describe('cache modes of pages and guests', () => {
  const host = HOST_PROFILES.aarch64
  const smaps = (text: string) => () => cacheModesFromSmaps(text, { host: 'aarch64' })
  const header = '7f0000000000-7f0000001000 rw-s 00000000 00:10 5 anon_inode:[vfio-device]'
  run([
    ...[cacheModeOfArm64Attribute, cacheModeOfX86Pat].flatMap(call => integers('index', index => call(bad(index)))),
    ['an index over 7', RangeError, /^index .*got 8$/, () => cacheModeOfArm64Attribute(8)],
    ['a MAIR', RangeError, /^mair .*got -1n$/, () => cacheModeOfArm64Attribute(0, -1n)],
    ['a PAT', TypeError, /^pat .*got "6"$/, () => cacheModeOfX86Pat(0, bad('6'))],
    ['a page entry', RangeError, /^bits .*got 18446744073709551616n$/, () => cacheModeOfArm64Page(2n ** 64n)],
    ['no page entry', TypeError, /^bits .*got undefined$/, () => cacheModeOfX86Page(bad(undefined))],
    ['a host that is a name', TypeError, /^host .*got "aarch64"$/, () => guestMode(bad('aarch64'), 'normal', true)],
    ['an unknown host', TypeError, /^host\.name .*got "arm"$/, () => guestMode(bad({ name: 'arm' }), 'normal', true)],
    ['a mode', TypeError, /^mode .*got "cached"$/, () => guestMode(host, bad('cached'), true)],
    ['kvmAnyUncached', TypeError, /^kvmAnyUncached .*got undefined$/, () => guestMode(host, 'device', bad(undefined))],
    ['no text', TypeError, /^text must be a string/, () => cacheModesFromSmaps(bad(5), { host: 'aarch64' })],
    ['no host', TypeError, /^options .*got undefined$/, () => cacheModesFromSmaps('', bad(undefined))],
    [
      'a host of a dump',
      TypeError,
      /^options\.host .*got "ppc64"$/,
      () => cacheModesFromSmaps('', bad({ host: 'ppc64' })),
    ],
    [
      'a MAIR of a dump',
      TypeError,
      /^options\.mair .*got "0"$/,
      () => cacheModesFromSmaps('', { host: 'aarch64', mair: bad('0') }),
    ],
    ['a field of no mapping', TypeError, /^line 2 of text .*got "Size: 4 kB"$/, smaps('\nSize: 4 kB')],
    ['a line of something else', TypeError, /^line 2 of text .*got "hello"$/, smaps(`${header}\nhello`)],
    [
      'a mapping upside down',
      TypeError,
      /^line 1 of text must end behind its start/,
      smaps('7f0000001000-7f0000001000 rw-s 00000000 00:10 5'),
    ],
    ['a protection', TypeError, /^line 2 of text must give vm_page_prot/, smaps(`${header}\nvm_page_prot: rw`)],
  ])
})
