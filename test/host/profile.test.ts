import { expect, test } from 'vitest'
import { CACHE_MODES } from '../../src/host/cache-mode.ts'
import type { HostAccess, HostName } from '../../src/host/host-access.ts'
import { checkHostProfile, HOST_PROFILES, type HostProfile, hostProfile } from '../../src/host/profile.ts'
import { hostSources } from '../../src/host/sources.ts'
import { type HostRow, hostTable } from '../../src/host/table.ts'

function access(widest: HostAccess['widest'], unaligned: boolean, vectors: boolean): HostAccess {
  return { widest, unaligned, vectors }
}

const none = access(8, false, false)

/** The table once more, by hand: normal, writecombine, noncached, device. */
const EXPECTED: Record<HostName, [keepsStoreOrder: boolean, ...access: HostAccess[]]> = {
  'x86-64': [true, access(16, true, true), access(8, true, true), access(16, true, true), access(16, true, true)],
  aarch64: [false, access(8, true, true), access(8, true, true), none, none],
  ppc64: [false, access(8, true, true), none, none, none],
  riscv64: [false, access(8, false, true), none, none, none],
  s390x: [true, access(8, true, true), none, none, none],
  sparc64: [false, none, none, none, none],
  mips64: [false, access(8, false, true), none, none, none],
  unknown: [false, none, none, none, none],
}
const NAMES = Object.keys(EXPECTED) as HostName[]

test('the table has a row for each host and no other', () => {
  expect(Object.keys(HOST_PROFILES).sort()).toEqual([...NAMES].sort())
})

test.each(NAMES)('row %s', name => {
  const [keepsStoreOrder, normal, writecombine, noncached, device] = EXPECTED[name]
  const profile = HOST_PROFILES[name]
  expect(profile.name).toBe(name)
  expect(profile.keepsStoreOrder).toBe(keepsStoreOrder)
  expect(profile.access).toEqual({ normal, writecombine, noncached, device })
})

test.each(NAMES)('row %s has the values that its sources speak of', name => {
  const row = hostTable().find(other => other.name === name) as HostRow
  const { keepsStoreOrder, access } = HOST_PROFILES[name]
  expect(row.keepsStoreOrder[0]).toBe(keepsStoreOrder)
  for (const mode of CACHE_MODES) {
    const { widest, unaligned, vectors } = row.access[mode]
    expect({ widest: widest[0], unaligned: unaligned[0], vectors: vectors[0] }).toEqual(access[mode])
  }
})

test.each(NAMES)('each cell of row %s has a source', name => {
  const { keepsStoreOrder, access } = hostSources(name)
  const all = [keepsStoreOrder, ...CACHE_MODES.flatMap(mode => Object.values(access[mode]))]
  expect(all).toHaveLength(1 + 4 * 3)
  for (const text of all) expect(text).toMatch(/\S{2}.*\S/)
  expect(all.join()).not.toMatch(/undefined|\$\{|\[object/)
  const row = hostTable().find(other => other.name === name) as HostRow
  expect(keepsStoreOrder).toBe(row.keepsStoreOrder[1])
  for (const mode of CACHE_MODES)
    for (const field of ['widest', 'unaligned', 'vectors'] as const)
      expect(access[mode][field]).toBe(row.access[mode][field][1])
})

test.each(['z80', 'constructor', undefined, 1])('hostSources refuses %s', name => {
  expect(() => hostSources(name as HostName)).toThrow(/^name must be one of x86-64, .*, unknown, got /)
})

function* reached(value: object): Generator<object> {
  yield value
  for (const inner of Object.values(value)) if (typeof inner === 'object' && inner !== null) yield* reached(inner)
}

function frozenThroughout(value: object): boolean {
  return [...reached(value)].every(Object.isFrozen)
}

test('the table is frozen throughout', () => {
  expect([...reached(HOST_PROFILES)].length).toBeGreaterThan(8 * (1 + 1 + 1 + 1))
  expect(frozenThroughout(HOST_PROFILES)).toBe(true)
})

test('overrides replace their cells and no others', () => {
  const base = HOST_PROFILES.aarch64
  const profile = hostProfile({ base: 'aarch64', keepsStoreOrder: true, access: { noncached: { unaligned: true } } })
  expect(profile).toEqual({
    name: 'aarch64',
    keepsStoreOrder: true,
    access: { ...base.access, noncached: { widest: 8, unaligned: true, vectors: false } },
  })
  expect(frozenThroughout(profile)).toBe(true)
})

test('an override of false is not taken for one left out', () => {
  const profile = hostProfile({ base: 'x86-64', keepsStoreOrder: false, access: { device: { vectors: false } } })
  expect(profile.keepsStoreOrder).toBe(false)
  expect(profile.access.device.vectors).toBe(false)
})

test('undefined overrides leave the row as it is', () => {
  // A JavaScript caller may pass them; the types wouldn't let them.
  const given = {
    base: 's390x',
    keepsStoreOrder: undefined,
    access: { normal: { widest: undefined }, device: undefined },
  }
  const profile = hostProfile(given as unknown as { base: HostName })
  expect(profile).toEqual(HOST_PROFILES.s390x)
})

test('overrides are copied: the user’s objects stay unfrozen and unread afterwards', () => {
  const normal: { widest: HostAccess['widest'] } = { widest: 4 }
  const profile = hostProfile({ base: 'unknown', access: { normal } })
  normal.widest = 2
  expect(profile.access.normal.widest).toBe(4)
})

test.each([
  [undefined, 'overrides must be an object, got undefined'],
  ['x86-64', 'overrides must be an object, got "x86-64"'],
  [{}, 'overrides.base must be one of .*, got undefined'],
  [{ base: 'z80' }, 'overrides.base must be one of x86-64, .*, unknown, got "z80"'],
  [{ base: 'constructor' }, 'overrides.base must be one of .*, got "constructor"'],
  [{ base: 'aarch64', keepStoreOrder: true }, 'overrides must have keys among .*, got "keepStoreOrder"'],
  [{ base: 'aarch64', keepsStoreOrder: 1 }, 'overrides.keepsStoreOrder must be a boolean, got 1'],
  [{ base: 'aarch64', keepsStoreOrder: null }, 'overrides.keepsStoreOrder must be a boolean, got null'],
  [{ base: 'aarch64', access: [] }, 'overrides.access must be an object, got an array'],
  [{ base: 'aarch64', access: { uncached: {} } }, 'overrides.access must have keys among .*, got "uncached"'],
  [{ base: 'aarch64', access: { device: 8 } }, 'overrides.access.device must be an object, got 8'],
  [
    { base: 'aarch64', access: { device: { width: 8 } } },
    'overrides.access.device must have keys among .*, got "width"',
  ],
  [{ base: 'aarch64', access: { device: { widest: 3 } } }, 'overrides.access.device.widest must be one of .*, got 3'],
  [{ base: 'aarch64', access: { device: { widest: 128 } } }, 'overrides.access.device.widest must be .*, got 128'],
  [{ base: 'aarch64', access: { device: { widest: '8' } } }, 'overrides.access.device.widest must be .*, got "8"'],
  [
    { base: 'aarch64', access: { normal: { unaligned: 0 } } },
    'overrides.access.normal.unaligned must be .* boolean, got 0',
  ],
  [
    { base: 'aarch64', access: { normal: { vectors: 'no' } } },
    'overrides.access.normal.vectors must be .* boolean, got "no"',
  ],
])('hostProfile refuses %o', (overrides, text) => {
  const call = () => hostProfile(overrides as { base: HostName })
  expect(call).toThrow(TypeError)
  expect(call).toThrow(new RegExp(`^${text}$`))
})

function plain(profile: HostProfile): HostProfile {
  return structuredClone(profile)
}

test('checkHostProfile hands back the library’s own profiles', () => {
  expect(checkHostProfile(HOST_PROFILES.ppc64, 'host')).toBe(HOST_PROFILES.ppc64)
  const own = hostProfile({ base: 'ppc64', keepsStoreOrder: true })
  expect(checkHostProfile(own, 'host')).toBe(own)
  const checked = checkHostProfile(plain(own), 'host')
  expect(checkHostProfile(checked, 'host')).toBe(checked)
})

test('checkHostProfile copies and freezes a profile of the user’s', () => {
  const mine = plain(HOST_PROFILES.ppc64)
  const checked = checkHostProfile(mine, 'host')
  expect(checked).toEqual(HOST_PROFILES.ppc64)
  expect(frozenThroughout(checked)).toBe(true)
  expect([...reached(mine)].some(Object.isFrozen)).toBe(false)
})

test.each([
  ['', null, 'host must be an object, got null'],
  ['name', 'z80', 'host.name must be one of .*, got "z80"'],
  ['keepsStoreOrder', 'yes', 'host.keepsStoreOrder must be a boolean, got "yes"'],
  ['access', undefined, 'host.access must be an object, got undefined'],
  ['access.noncached', undefined, 'host.access.noncached must be an object, got undefined'],
  ['access.normal.widest', 7, 'host.access.normal.widest must be one of 1, 2, 4, 8, 16, 32, 64, got 7'],
  ['access.writecombine.unaligned', undefined, 'host.access.writecombine.unaligned must be a boolean, got undefined'],
  ['access.device.vectors', 1, 'host.access.device.vectors must be a boolean, got 1'],
])('checkHostProfile refuses a bad %s', (path, value, text) => {
  const host: Record<string, unknown> = { '': plain(HOST_PROFILES.aarch64) }
  const keys = ['', ...path.split('.').filter(key => key !== '')]
  let holder = host
  for (const key of keys.slice(0, -1)) holder = holder[key] as Record<string, unknown>
  holder[keys.at(-1) as string] = value
  const call = () => checkHostProfile(host[''], 'host')
  expect(call).toThrow(TypeError)
  expect(call).toThrow(new RegExp(`^${text}$`))
})
