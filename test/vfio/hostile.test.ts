import { GuestRam, HOST_PROFILES } from 'guestmem'
import { cacheModesFromSmaps, guestMode, parseRegionInfo, regionInfoFromObject, vfioRegions } from 'guestmem/vfio'
import { describe, expect, test } from 'vitest'
import { CACHE_MODE_ID, cacheMode, write } from './writer.ts'

/** Anything, given where a type forbids it. */
// biome-ignore lint/suspicious/noExplicitAny: what is tested is what types would forbid
const bad = (value: unknown): any => value

const LONG = 1_000_000
const HEADER = '7f0000000000-7f0000001000 rw-s 00000000 00:10 5'

describe('a dump with a long line', () => {
  const LINES: [string, string, string | RegExp][] = [
    ['blanks before a path', `${HEADER}${' '.repeat(LONG)}x`, 'x'],
    ['blanks in a path', `${HEADER} x${' '.repeat(LONG)}y`, `x${' '.repeat(LONG)}y`],
    ['blanks behind a path', `${HEADER} x${' '.repeat(LONG)}`, 'x'],
    ['blanks, and a separator of lines', `${HEADER}${' '.repeat(LONG)}x\u2028y`, 'x\u2028y'],
    ['blanks before it', `${' '.repeat(LONG)}${HEADER} x`, 'x'],
    ['a path', `${HEADER} ${'x'.repeat(LONG)}`, 'x'.repeat(LONG)],
    [
      'digits',
      `${'0'.repeat(LONG)}-1 rw-s 0 0:0 0`,
      /^line 1 of text must be a mapping or a field of one, got "0{77}\.\.\."$/,
    ],
    ['digits of a device', `1-2 rw-s 0 ${'0'.repeat(LONG)}:0 0`, /^line 1 of text must be a mapping/],
    ['digits of an inode', `1-2 rw-s 0 0:0 ${'0'.repeat(LONG)}`, /^line 1 of text must be a mapping/],
    ['letters', 'x'.repeat(LONG), /^line 1 of text must be a mapping/],
    ['a field', `${HEADER}\n${'x'.repeat(LONG)}: ${' '.repeat(LONG)}y`, ''],
    ['flags', `${HEADER}\nVmFlags:${' rd'.repeat(LONG / 4)}`, ''],
    ['blanks between flags', `${HEADER}\nVmFlags: rd${' '.repeat(LONG)}wr`, ''],
    ['blanks of a protection', `${HEADER}\nvm_page_prot:${' '.repeat(LONG)}fd3`, ''],
    [
      'digits of a protection',
      `${HEADER}\nvm_page_prot: ${'0'.repeat(LONG)}`,
      /^line 2 of text must give vm_page_prot/,
    ],
    ['blanks in a protection', `${HEADER}\nvm_page_prot: 0x${' '.repeat(LONG)}fd3`, /^line 2 of text must give/],
  ]

  test.each(LINES)('of %s is read at once', (_, text, result) => {
    const read = () => cacheModesFromSmaps(text, { host: 'aarch64' })
    if (result instanceof RegExp) expect(read).toThrow(result)
    else expect(read()[0]?.path === result).toBe(true)
  })
})

test('a dump of many mappings has as many', () => {
  const text = Array.from(
    { length: 50_000 },
    (_, i) => `${i.toString(16)}000-${i.toString(16)}800 rw-s 0 0:0 0 /f\nSize: 2 kB\n`,
  )
  expect(cacheModesFromSmaps(text.join(''), { host: 'x86-64' })).toHaveLength(50_000)
})

describe('a chain of capabilities', () => {
  /** Links at each multiple of 8, and in each body a count that claims all that is behind. */
  const overlapping = (bytes: number): Uint8Array => {
    const chain = new DataView(new ArrayBuffer(bytes))
    chain.setUint32(0, bytes, true)
    chain.setUint32(4, 15, true)
    chain.setUint32(12, 32, true)
    chain.setBigUint64(16, 2n ** 63n, true)
    for (let at = 32; at + 32 <= bytes; at += 16) {
      chain.setUint16(at, 1, true)
      chain.setUint16(at + 2, 1, true)
      chain.setUint32(at + 4, at + 48 <= bytes ? at + 16 : 0, true)
      chain.setUint32(at + 8, Math.floor((bytes - at - 16) / 16), true)
    }
    return new Uint8Array(chain.buffer)
  }

  test('that each claim all areas behind them is refused before they are read', () => {
    for (const bytes of [4096, 2 ** 20])
      expect(() => parseRegionInfo(overlapping(bytes))).toThrow(
        'bytes.capabilities[1] must be outside bytes.capabilities[0], got 48',
      )
  })

  test('of many areas is read, and so is an object of them', () => {
    const sparse = Array.from({ length: 20_000 }, (_, i) => ({ offset: BigInt(i) * 8192n, size: 4096n }))
    const size = 2n ** 40n
    expect(parseRegionInfo(write({ size, capabilities: [{ sparse }] })).info.sparse).toEqual(sparse)
    expect(regionInfoFromObject({ index: 0, flags: 7, size, offset: 0, sparse }).info.sparse).toEqual(sparse)
    expect(() =>
      regionInfoFromObject(bad({ index: 0, flags: 7, size, offset: 0, sparse: new Array(2 ** 32 - 1) })),
    ).toThrow('object.sparse[0] must be an object, got undefined')
  })

  test('is read from a copy: a subclass that lies of its length, or memory that changes, is as it was', () => {
    const bytes = write({ capabilities: [{ sparse: [{ offset: 0n, size: 4096n }] }] })
    class Liar extends Uint8Array {
      override get length(): number {
        return 10_000
      }
    }
    const { info } = parseRegionInfo(bytes)
    expect(parseRegionInfo(new Liar(bytes)).info).toEqual(info)
    expect(() => parseRegionInfo(new Liar(16))).toThrow('bytes.length must be at least 32, got 16')
    const shared = new Uint8Array(new SharedArrayBuffer(bytes.length))
    shared.set(bytes)
    expect(parseRegionInfo(shared).info).toEqual(info)
  })
})

describe('options', () => {
  const bytes = write({})
  const { info } = regionInfoFromObject({ index: 4, flags: 7, size: 0x2000, offset: 0 })
  const file = { read: () => 1, write: () => 1 }

  test('that are undefined are as none', () => {
    expect(parseRegionInfo(bytes, { endian: undefined, pageSize: undefined, cacheModeCapability: undefined })).toEqual(
      parseRegionInfo(bytes),
    )
    expect(parseRegionInfo(bytes, undefined)).toEqual(parseRegionInfo(bytes))
    expect(vfioRegions(info, file, { name: undefined, msixTable: undefined, owner: undefined }).region.name).toBe(
      'region 4',
    )
    expect(
      cacheModesFromSmaps(`${HEADER}\nvm_page_prot: 0`, { host: 'aarch64', mair: undefined, pat: undefined })[0]
        ?.cacheMode,
    ).toBe('normal')
    const object = { index: 4, flags: 7, size: 4096, offset: 0 }
    expect(
      regionInfoFromObject({
        ...object,
        pageSize: undefined,
        sparse: undefined,
        type: undefined,
        msixMappable: undefined,
        cacheMode: undefined,
      }),
    ).toEqual(regionInfoFromObject(object))
  })

  test('what is put on Object.prototype changes nothing', () => {
    const area = GuestRam.allocate(0x2000).block('area', 0x2000)
    const mapped = { ...file, mmap: () => area }
    const written = write({ capabilities: [{ sparse: [{ offset: 0n, size: 4096n }] }, cacheMode(1), { msix: true }] })
    const results = () => ({
      bytes: parseRegionInfo(written, { cacheModeCapability: CACHE_MODE_ID }),
      plain: parseRegionInfo(bytes, {}),
      object: regionInfoFromObject({ index: 4, flags: 7, size: 4096, offset: 0, sparse: [{ offset: 0, size: 4096 }] }),
      none: vfioRegions(info, file, {}).mapped.length,
      mapped: vfioRegions(info, mapped, {}).mapped.map(({ name, cacheMode: mode, size }) => ({ name, mode, size })),
      smaps: cacheModesFromSmaps(`${HEADER} x\nVmFlags: rd\nvm_page_prot: fd3`, { host: 'aarch64' }),
      guest: guestMode(HOST_PROFILES.aarch64, 'device', true),
    })
    const before = results()
    const keys = `endian pageSize cacheModeCapability index flags sparse type subtype msixMappable cacheMode mmap owner
      msixTable host mair pat valid impl accepts minSize endianness`.split(/\s+/)
    for (const key of [...keys, 'size', 'name', 'offset'])
      for (const value of ['x', 7, { offset: 0, size: 1 }, () => 1, undefined]) {
        const setter = value === undefined && keys.includes(key) && key !== 'cacheMode'
        const descriptor = setter ? { get: () => 'x', set() {} } : { value, writable: true }
        let after: unknown
        Object.defineProperty(Object.prototype, key, { ...descriptor, configurable: true, enumerable: false })
        try {
          after = results()
        } catch (error) {
          after = error
        } finally {
          delete (Object.prototype as Record<string, unknown>)[key]
        }
        expect([key, value, after]).toEqual([key, value, before])
      }
  })
})
