import { expect, test } from 'vitest'
import { CACHE_MODES } from '../../src/host/cache-mode.ts'
import { detectHost, profileOf } from '../../src/host/detect.ts'
import { probeHost } from '../../src/host/environment.ts'
import { HOST_PROFILES } from '../../src/host/profile.ts'

test('a host but x86-64 gets its row', () => {
  for (const profile of Object.values(HOST_PROFILES)) {
    if (profile.name !== 'x86-64') expect(profileOf({ name: profile.name, avx: false })).toBe(profile)
  }
})

test('x86-64 with AVX gets its row', () => {
  expect(profileOf({ name: 'x86-64', avx: true })).toBe(HOST_PROFILES['x86-64'])
})

test('x86-64 without known AVX has 8 for the widest, and keeps the rest', () => {
  const row = HOST_PROFILES['x86-64']
  const profile = profileOf({ name: 'x86-64', avx: false })
  expect(profile.name).toBe('x86-64')
  expect(profile.keepsStoreOrder).toBe(true)
  for (const mode of CACHE_MODES) {
    expect(profile.access[mode]).toEqual({ ...row.access[mode], widest: 8 })
  }
})

test('this machine', () => {
  const profile = detectHost()
  expect(profile).toEqual(profileOf(probeHost()))
  expect(profile.name === 'x86-64').toBe(process.arch === 'x64')
  expect(profile.name === 'aarch64').toBe(process.arch === 'arm64')
})

test('the answer is kept: the globals are looked at once', () => {
  const first = detectHost()
  const { process } = globalThis
  let second: unknown
  try {
    // Without it most hosts would now be 'unknown', and x86-64 without AVX a new profile each time.
    globalThis.process = { arch: 'arm' } as never
    second = detectHost()
  } finally {
    globalThis.process = process
  }
  expect(first.name).not.toBe('unknown')
  expect(second).toBe(first)
})
