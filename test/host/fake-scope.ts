import type { HostScope } from '../../src/host/host-scope.ts'

/** Typed arrays of a host whose CPU makes NaNs of this sign: whatever is computed, the word read is that NaN's. */
export function nanOfSign(sign: 0 | 1): Pick<HostScope, 'Float32Array' | 'Uint32Array'> {
  function Words(): number[] {
    return [sign === 1 ? 0xffc00000 : 0x7fc00000]
  }
  return { Float32Array, Uint32Array: Words as unknown as typeof Uint32Array }
}

/** A WebAssembly whose relaxed multiply-add is fused, or rounds twice; or which doesn't know relaxed SIMD. */
export function wasmThat(does: 'fuses' | 'rounds twice' | 'lacks relaxed SIMD'): NonNullable<HostScope['WebAssembly']> {
  class Instance {
    exports = { madd: (a: number, b: number, c: number) => (does === 'fuses' ? fusedMadd(a, b, c) : a * b + c) }
  }
  return { validate: () => does !== 'lacks relaxed SIMD', Module: class {}, Instance } as never
}

/** Exact for factors of up to 30 binary places, in integers; rounded once, by the last division. */
function fusedMadd(a: number, b: number, c: number): number {
  const [x, y, z] = [a * 2 ** 30, b * 2 ** 30, c * 2 ** 30].map(BigInt) as [bigint, bigint, bigint]
  return Number(x * y + (z << 30n)) / 2 ** 60
}

/** A page whose policy forbids compiling: `validate` still answers. */
export const forbiddenWasm: NonNullable<HostScope['WebAssembly']> = {
  validate: () => true,
  Module: class {
    constructor() {
      throw new WebAssembly.CompileError('Refused to compile: unsafe-eval is not an allowed source of script')
    }
  },
  Instance: class {},
} as never

export interface FakeProcess {
  arch?: unknown
  getBuiltinModule(id: string): unknown
  readonly read: string[]
}

/** Node's `process` on a Linux whose /proc/cpuinfo is `cpuinfo`; without one, the file is not there. */
export function processWith(cpuinfo: string | undefined, arch = 'x64'): FakeProcess {
  const read: string[] = []
  function readFileSync(path: string): string {
    read.push(path)
    if (cpuinfo === undefined) throw new Error(`ENOENT: no such file or directory, open '${path}'`)
    return cpuinfo
  }
  return { arch, read, getBuiltinModule: id => (id === 'node:fs' ? { readFileSync } : undefined) }
}

export function cpuinfoWith(flags: string): string {
  return `processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: avx avx\nflags\t\t: ${flags}\nbugs\t\t: spectre_v1\n\n`
}
