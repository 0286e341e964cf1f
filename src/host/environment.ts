import { hasAvx } from './avx.ts'
import type { HostName } from './host-access.ts'
import type { HostScope } from './host-scope.ts'
import { HOST_NAMES } from './host-values.ts'

/** What can be learnt of the host CPU from JavaScript. */
export interface HostProbe {
  readonly name: HostName
  /** Whether AVX is known to be there; false on every CPU but x86-64. */
  readonly avx: boolean
}

/**
 * Asks the runtime, then the arithmetic, which CPU this is. Any thread. Never throws, and runs anew on each call:
 * `detectHost` keeps its answer.
 *
 * In a browser only x86 can be told from the rest, and a 32-bit browser on x86 can't be told from a 64-bit one; its
 * WebAssembly makes a plain 8-byte store of two. Whoever must run there gives a profile by hand.
 *
 * @param scope the globals to look at
 */
export function probeHost(scope: HostScope = globalThis as HostScope): HostProbe {
  const name = nameHost(scope)
  return { name, avx: name === 'x86-64' && hasAvx(scope) }
}

function nameHost(scope: HostScope): HostName {
  const sign = producedNanSign(scope)
  const told = toldArch(scope)
  if (told === undefined) return sign === 1 ? 'x86-64' : 'unknown'
  const name = nameOfArch(told)
  // Some bundlers' stand-ins for Node's `process` say x64 wherever they run. On an Arm phone that would promise an
  // order of stores that the CPU doesn't keep, so the arithmetic has a veto.
  return name === 'x86-64' && sign === 0 ? 'unknown' : name
}

/** What the runtime calls its CPU: Node and Bun, then Deno. Some stand-ins for `process` have an empty string. */
function toldArch(scope: HostScope): string | undefined {
  return [scope.process?.arch, scope.Deno?.build?.arch].find(arch => typeof arch === 'string' && arch !== '') as
    | string
    | undefined
}

/**
 * Node's names and Deno's. 32-bit processes (ia32, arm, mips, ...) are 'unknown' even on a 64-bit CPU: what counts is
 * the access that their code makes.
 */
function nameOfArch(arch: string): HostName {
  const name = arch
    .replace(/^x(86_)?64$/, 'x86-64')
    .replace(/^arm64$/, 'aarch64')
    .replace(/^mips64el$/, 'mips64')
  return HOST_NAMES.find(known => known === name) ?? 'unknown'
}

/**
 * Sign bit of the NaN that the CPU makes of Infinity - Infinity: 1 on x86 (Intel SDM vol. 1, "QNaN Floating-Point
 * Indefinite"), 0 on Arm, Power, RISC-V and the others here. Undefined where there are no typed arrays to see it with.
 *
 * The operands are read back from a typed array: between constants a compiler would subtract in advance, and write
 * its own NaN. The sign is taken from a 32-bit word, so that the host's byte order doesn't matter.
 */
function producedNanSign(scope: HostScope): number | undefined {
  if (scope.Float32Array === undefined || scope.Uint32Array === undefined) return undefined
  const floats = new scope.Float32Array(1)
  const words = new scope.Uint32Array(floats.buffer)
  floats[0] = Number.POSITIVE_INFINITY
  floats[0] = (floats[0] as number) - (floats[0] as number)
  return (words[0] as number) >>> 31
}
