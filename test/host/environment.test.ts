import { expect, test } from 'vitest'
import { probeHost } from '../../src/host/environment.ts'
import { cpuinfoWith, nanOfSign, processWith, wasmThat } from './fake-scope.ts'

test.each([
  ['x64', 'x86-64'],
  ['arm64', 'aarch64'],
  ['ppc64', 'ppc64'],
  ['riscv64', 'riscv64'],
  ['s390x', 's390x'],
  ['sparc64', 'sparc64'],
  ['mips64', 'mips64'],
  ['mips64el', 'mips64'],
  ['ia32', 'unknown'],
  ['arm', 'unknown'],
  ['loong64', 'unknown'],
  ['mipsel', 'unknown'],
  ['javascript', 'unknown'],
  ['constructor', 'unknown'],
])('process.arch %s is %s', (arch, name) => {
  expect(probeHost({ process: { arch } })).toEqual({ name, avx: false })
})

test.each([
  ['x86_64', 'x86-64'],
  ['aarch64', 'aarch64'],
  ['powerpc', 'unknown'],
])('Deno.build.arch %s is %s', (arch, name) => {
  expect(probeHost({ Deno: { build: { arch } } })).toEqual({ name, avx: false })
})

test('a known 32-bit x86 process is not taken for x86-64 by its arithmetic', () => {
  expect(probeHost({ process: { arch: 'ia32' }, ...nanOfSign(1) }).name).toBe('unknown')
})

test.each([
  [1, 'x86-64'],
  [0, 'unknown'],
] as const)('a browser whose NaNs have sign %i is %s', (sign, name) => {
  expect(probeHost(nanOfSign(sign)).name).toBe(name)
})

test.each([{}, { arch: '' }, { arch: undefined }, { arch: 64 }])('a stand-in process %o says nothing', process => {
  expect(probeHost({ process, ...nanOfSign(1) }).name).toBe('x86-64')
  expect(probeHost({ process, Deno: { build: { arch: 'aarch64' } } }).name).toBe('aarch64')
})

test('x64 is not believed of a CPU whose NaNs are positive', () => {
  expect(probeHost({ process: { arch: 'x64' }, ...nanOfSign(0) }).name).toBe('unknown')
  expect(probeHost({ Deno: { build: { arch: 'x86_64' } }, ...nanOfSign(0) }).name).toBe('unknown')
})

test('the sign does not change what other hosts are called', () => {
  for (const sign of [0, 1] as const) {
    expect(probeHost({ process: { arch: 'arm64' }, ...nanOfSign(sign) }).name).toBe('aarch64')
  }
})

test('a scope with nothing in it is unknown', () => {
  expect(probeHost({})).toEqual({ name: 'unknown', avx: false })
})

test('AVX is asked of x86-64 only: other CPUs fuse without it', () => {
  const wasm = wasmThat('fuses')
  expect(probeHost({ process: { arch: 'x64' }, WebAssembly: wasm })).toEqual({ name: 'x86-64', avx: true })
  expect(probeHost({ process: { arch: 'arm64' }, WebAssembly: wasm })).toEqual({ name: 'aarch64', avx: false })
  const process = processWith(cpuinfoWith('avx'), 'arm64')
  expect(probeHost({ process })).toEqual({ name: 'aarch64', avx: false })
  expect(process.read).toEqual([])
})

test('this machine: the arithmetic agrees with process.arch, also once the code is optimised', () => {
  const byArch = probeHost().name
  expect(byArch === 'x86-64').toBe(process.arch === 'x64')
  const browser = { Float32Array, Uint32Array }
  for (let i = 0; i < 50_000; i++) {
    const name = probeHost(browser).name
    if (name !== (process.arch === 'x64' || process.arch === 'ia32' ? 'x86-64' : 'unknown')) {
      expect.fail(`call ${i} said ${name} on ${process.arch}`)
    }
  }
})
