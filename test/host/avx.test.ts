import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import wabt from 'wabt'
import { hasAvx } from '../../src/host/avx.ts'
import type { HostScope } from '../../src/host/host-scope.ts'
import { cpuinfoWith, forbiddenWasm, processWith, wasmThat } from './fake-scope.ts'

test('a fused multiply-add shows AVX, and nothing is read', () => {
  const process = processWith(undefined)
  expect(hasAvx({ WebAssembly: wasmThat('fuses'), process })).toBe(true)
  expect(process.read).toEqual([])
})

test.each([
  ['rounds twice', wasmThat('rounds twice')],
  ['lacks relaxed SIMD', wasmThat('lacks relaxed SIMD')],
  ['is forbidden by policy', forbiddenWasm],
  ['is not there', undefined],
])('where WebAssembly %s, /proc/cpuinfo decides', (_, WebAssembly) => {
  const scope: HostScope = WebAssembly === undefined ? {} : { WebAssembly }
  const process = processWith(cpuinfoWith('fpu sse2 avx f16c'))
  expect(hasAvx({ ...scope, process })).toBe(true)
  expect(process.read).toEqual(['/proc/cpuinfo'])
  expect(hasAvx({ ...scope, process: processWith(cpuinfoWith('fpu sse2')) })).toBe(false)
  expect(hasAvx({ ...scope, process: processWith(undefined) })).toBe(false)
  expect(hasAvx(scope)).toBe(false)
})

test.each([
  ['avx', true],
  ['fpu avx', true],
  ['avx fpu', true],
  ['fpu avx2 avx512f avx_vnni', false],
  ['noavx', false],
  ['', false],
])('flags "%s"', (flags, expected) => {
  expect(hasAvx({ process: processWith(cpuinfoWith(flags)) })).toBe(expected)
})

test.each([
  {},
  { getBuiltinModule: undefined },
  { getBuiltinModule: 'node:fs' },
  { getBuiltinModule: () => undefined },
  { getBuiltinModule: () => ({}) },
])('a process without files, %o, knows nothing', process => {
  expect(hasAvx({ process })).toBe(false)
})

test.each([
  ['granted', true],
  ['prompt', false],
  ['denied', false],
])('Deno is not made to ask the user: permission %s', (state, expected) => {
  const process = processWith(cpuinfoWith('avx'))
  const Deno = {
    permissions: {
      querySync: (wanted: object) => {
        expect(wanted).toEqual({ name: 'read', path: '/proc/cpuinfo' })
        return { state }
      },
    },
  }
  expect(hasAvx({ process, Deno })).toBe(expected)
  expect(process.read).toHaveLength(expected ? 1 : 0)
})

test('the module is what the text beside it assembles to', async () => {
  const source = readFileSync(new URL('../../src/host/avx.ts', import.meta.url), 'utf8')
  const comment = source.match(/^\/\/ \(module\n(\/\/ .*\n)+/m)?.[0] ?? ''
  const text = comment.replace(/^\/\/ /gm, '').replace(/^biome-ignore.*$/m, '')
  const { parseWat } = await wabt()
  const module = parseWat('madd.wat', text, { simd: true, relaxed_simd: true })
  const seen: number[][] = []
  const WebAssembly = { ...wasmThat('fuses'), validate: (code: Uint8Array) => seen.push([...code]) > 0 } as never
  expect(hasAvx({ WebAssembly })).toBe(true)
  expect(seen).toEqual([[...module.toBinary({}).buffer]])
})

test.runIf(process.arch === 'x64' && existsSync('/proc/cpuinfo'))('this machine: both probes agree', () => {
  const listed = hasAvx({ process })
  expect(listed).toBe(/^flags.* avx /m.test(readFileSync('/proc/cpuinfo', 'latin1')))
  // An engine without relaxed SIMD, or a CPU with AVX and without FMA3, says no where the list says yes.
  if (hasAvx({ WebAssembly })) expect(listed).toBe(true)
  expect(hasAvx()).toBe(listed)
})
