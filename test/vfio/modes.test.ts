import { CACHE_MODES, type CacheMode, HOST_PROFILES, type HostName } from 'guestmem'
import {
  ARM64_LINUX_MAIR,
  cacheModeOfArm64Attribute,
  cacheModeOfArm64Page,
  cacheModeOfX86Page,
  cacheModeOfX86Pat,
  cacheModesFromSmaps,
  guestMode,
  X86_LINUX_PAT,
} from 'guestmem/vfio'
import { describe, expect, test } from 'vitest'

const INDEXES = [0, 1, 2, 3, 4, 5, 6, 7]

describe('S3 the mode of a page', () => {
  test("arm64: Linux's attribute indexes", () => {
    expect(INDEXES.slice(0, 5).map(index => cacheModeOfArm64Attribute(index))).toEqual([
      'normal',
      'normal',
      'writecombine',
      'noncached',
      'device',
    ])
  })

  test('arm64: of Linux before 5.10, whose indexes were others', () => {
    // nGnRnE, nGnRE, GRE, Normal NC, Normal, Normal WT
    const mair = 0xbb_ff_44_0c_04_00n
    expect(INDEXES.slice(0, 6).map(index => cacheModeOfArm64Attribute(index, mair))).toEqual([
      'noncached',
      'device',
      undefined,
      'writecombine',
      'normal',
      undefined,
    ])
    expect(cacheModeOfArm64Attribute(1, (ARM64_LINUX_MAIR & ~0xff00n) | 0xf000n)).toBe('normal')
  })

  test('arm64: AttrIndx is bits 2 to 4 of an entry, and no other bit matters', () => {
    for (const index of INDEXES) {
      const mode = cacheModeOfArm64Attribute(index)
      for (const others of [0n, 2n ** 64n - 1n - 0x1cn, 0x0068_0000_0000_0f43n & ~0x1cn])
        expect(cacheModeOfArm64Page(others | BigInt(index << 2))).toBe(mode)
    }
  })

  test("x86: Linux's PAT, and the one that the CPU starts with", () => {
    expect(INDEXES.map(index => cacheModeOfX86Pat(index))).toEqual([
      'normal',
      'writecombine',
      'noncached',
      'noncached',
      'normal',
      undefined,
      'noncached',
      undefined,
    ])
    // Intel SDM vol. 3A, "Programming the PAT": WB, WT, UC-, UC, twice.
    expect(INDEXES.slice(0, 4).map(index => cacheModeOfX86Pat(index, 0x0007_0406_0007_0406n))).toEqual([
      'normal',
      undefined,
      'noncached',
      'noncached',
    ])
  })

  test('x86: PWT is bit 3 of an entry, PCD bit 4, PAT bit 7, and no other bit matters', () => {
    const mask = 0x98n
    for (const index of INDEXES) {
      const entry = BigInt(((index & 3) << 3) | ((index & 4) << 5))
      for (const others of [0n, (2n ** 64n - 1n) & ~mask])
        expect(cacheModeOfX86Page(others | entry, X86_LINUX_PAT)).toBe(cacheModeOfX86Pat(index))
    }
  })
})

describe('a dump in the form of smaps', () => {
  const DUMP = `
aaaad5a30000-aaaad6b8c000 r-xp 00000000 103:02 5505331                   /usr/bin/qemu-system-aarch64
Size:              17776 kB
Rss:               12148 kB
VmFlags: rd ex mr mw me
vm_page_prot: 0x00200000000007c3
ffff6c000000-ffff6d000000 rw-s 00000000 00:0f 1038                       anon_inode:[vfio-device]
Size:              16384 kB
KernelPageSize:        4 kB
VmFlags: rd wr sh mr mw me ms pf io de dd
vm_page_prot: 0x0068000000000fd3
ffff64000000-ffff65000000 rw-s 40000000000 00:0f 1038 /dev/vfio/devices/vfio0
vm_page_prot: 68000000000fcb
ffff63000000-ffff64000000 rw-s 20000000000 00:0f 1038
VmFlags: rd wr
`
  const mappings = cacheModesFromSmaps(DUMP, { host: 'aarch64' })

  test('each mapping has its place, its file, its flags and its mode', () => {
    expect(mappings.map(({ path, offset, cacheMode }) => [path, offset, cacheMode])).toEqual([
      ['/usr/bin/qemu-system-aarch64', 0n, 'normal'],
      ['anon_inode:[vfio-device]', 0n, 'device'],
      ['/dev/vfio/devices/vfio0', 4n << 40n, 'writecombine'],
      ['', 2n << 40n, undefined],
    ])
    expect(mappings[1]).toEqual({
      start: 0xffff_6c00_0000n,
      end: 0xffff_6d00_0000n,
      offset: 0n,
      path: 'anon_inode:[vfio-device]',
      flags: ['rd', 'wr', 'sh', 'mr', 'mw', 'me', 'ms', 'pf', 'io', 'de', 'dd'],
      pageProtection: 0x0068_0000_0000_0fd3n,
      cacheMode: 'device',
    })
  })

  test('H9 as an unchanged kernel prints it, it does not say how a page is mapped', () => {
    const plain = DUMP.replace(/^vm_page_prot.*\n/gm, '')
    expect(cacheModesFromSmaps(plain, { host: 'aarch64' }).map(({ cacheMode }) => cacheMode)).toEqual(
      Array.from({ length: 4 }, () => undefined),
    )
  })

  test("by the CPU's own registers", () => {
    const line = '1000-2000 rw-s 00000000 00:0f 1\nvm_page_prot: '
    const mode = (bits: number, options: Parameters<typeof cacheModesFromSmaps>[1]) =>
      cacheModesFromSmaps(`${line}${bits.toString(16)}`, options)[0]?.cacheMode
    expect(mode(0b100, { host: 'aarch64', mair: 0x4400n })).toBe('writecombine')
    expect(mode(0b1000, { host: 'x86-64' })).toBe('writecombine')
    expect(mode(0b10000, { host: 'x86-64' })).toBe('noncached')
    expect(mode(0b10000, { host: 'x86-64', pat: 0x06_0000n })).toBe('normal')
    expect(mode(0, { host: 'x86-64' })).toBe('normal')
  })

  test('an empty dump has no mappings', () => {
    expect(cacheModesFromSmaps('\n \n', { host: 'x86-64' })).toEqual([])
  })
})

describe('H7 what the guest may map', () => {
  const U: CacheMode[] = ['writecombine', 'noncached', 'device']
  const TABLE: Partial<Record<HostName, Record<'normal' | 'uncached' | 'any uncached', readonly CacheMode[]>>> = {
    aarch64: { normal: ['normal'], uncached: ['noncached', 'device'], 'any uncached': U },
    'x86-64': { normal: CACHE_MODES, uncached: U, 'any uncached': U },
    ppc64: { normal: ['normal'], uncached: U, 'any uncached': U },
  }

  test('every cell, with a source', () => {
    for (const [name, host] of Object.entries(HOST_PROFILES))
      for (const mode of CACHE_MODES)
        for (const any of [false, true]) {
          const row = TABLE[name as HostName]
          const { modes, source } = guestMode(host, mode, any)
          expect(modes).toEqual(row?.[mode === 'normal' ? mode : any ? 'any uncached' : 'uncached'] ?? [mode])
          expect(source).toMatch(/\w{4}/)
        }
  })

  /** Whether the guest may make an access that the host may not. */
  function mayMore(name: HostName, mode: CacheMode, any: boolean): boolean {
    const { access } = HOST_PROFILES[name]
    const may = (field: 'unaligned' | 'vectors') =>
      guestMode(HOST_PROFILES[name], mode, any).modes.some(own => access[own][field]) && !access[mode][field]
    return may('unaligned') || may('vectors')
  }

  test('arm64: through VM_ALLOW_ANY_UNCACHED the guest may what the host may not; on power8 never', () => {
    expect([mayMore('aarch64', 'noncached', true), mayMore('aarch64', 'device', true)]).toEqual([true, true])
    expect([mayMore('aarch64', 'noncached', false), mayMore('aarch64', 'device', false)]).toEqual([false, false])
    for (const mode of CACHE_MODES)
      for (const any of [true, false])
        for (const name of ['ppc64', 'x86-64', 'riscv64', 'unknown'] as const)
          expect(mayMore(name, mode, any)).toBe(false)
  })

  test('H8 a GH100 that is mapped normal is normal for the guest too', () => {
    expect(guestMode(HOST_PROFILES.aarch64, 'normal', true).modes).toEqual(['normal'])
  })
})
