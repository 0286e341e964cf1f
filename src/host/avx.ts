import type { HostScope } from './host-scope.ts'

/**
 * Whether this x86-64 CPU is known to have AVX. It matters because only CPUs with AVX promise that an aligned 16-byte
 * store appears at once (Intel SDM vol. 3A, "Guaranteed Atomic Operations"; AMD64 APM vol. 2, "Access Atomicity").
 * Meaningless on other CPUs: they may fuse too. False means "not known". Any thread. Never throws.
 */
export function hasAvx(scope: HostScope = globalThis as HostScope): boolean {
  return fuses(scope) || cpuinfoListsAvx(scope)
}

// (module
//   (func (export "madd") (param f64 f64 f64) (result f64)
//     (f64x2.extract_lane 0
//       (f64x2.relaxed_madd
//         (f64x2.splat (local.get 0)) (f64x2.splat (local.get 1)) (f64x2.splat (local.get 2))))))
// biome-ignore format: one line for each section of the module
const RELAXED_MADD: readonly number[] = [
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00,
  0x01, 0x08, 0x01, 0x60, 0x03, 0x7c, 0x7c, 0x7c, 0x01, 0x7c,
  0x03, 0x02, 0x01, 0x00,
  0x07, 0x08, 0x01, 0x04, 0x6d, 0x61, 0x64, 0x64, 0x00, 0x00,
  0x0a, 0x16, 0x01, 0x14, 0x00, 0x20, 0x00, 0xfd, 0x14, 0x20, 0x01, 0xfd, 0x14, 0x20, 0x02, 0xfd, 0x14,
  0xfd, 0x87, 0x02, 0xfd, 0x21, 0x00, 0x0b,
]

/**
 * A relaxed multiply-add rounds once where the CPU has a fused instruction and twice where it has none. On x86 the
 * fused one is FMA3, which is encoded with AVX's prefix and needs AVX. A CPU with AVX and without FMA3 (before 2013)
 * is not seen here.
 */
function fuses(scope: HostScope): boolean {
  try {
    const wasm = scope.WebAssembly
    const code = Uint8Array.from(RELAXED_MADD)
    if (wasm === undefined || !wasm.validate(code)) return false
    const { madd } = new wasm.Instance(new wasm.Module(code)).exports as {
      madd: (a: number, b: number, c: number) => number
    }
    // (1 + 2^-30)(1 - 2^-30) is 1 - 2^-60, which a double can't hold: rounded before the addition it is 1.
    return madd(1 + 2 ** -30, 1 - 2 ** -30, -1) === -(2 ** -60)
  } catch {
    return false // a page's policy may forbid compiling
  }
}

interface FileSystem {
  readFileSync(path: string, encoding: 'latin1'): string
}

const CPUINFO = '/proc/cpuinfo'

/** Linux lists the CPU's features; elsewhere the file is not there. For engines whose WebAssembly says nothing. */
function cpuinfoListsAvx(scope: HostScope): boolean {
  try {
    if (!mayReadUnasked(scope)) return false
    const process = scope.process as { getBuiltinModule?: (id: string) => FileSystem | undefined } | undefined
    const text = process?.getBuiltinModule?.('node:fs')?.readFileSync(CPUINFO, 'latin1')
    return text !== undefined && /^flags\s*:.*\savx(\s|$)/m.test(text)
  } catch {
    return false // no such file, or no permission
  }
}

interface DenoPermissions {
  querySync(wanted: { name: 'read'; path: string }): { state: string }
}

/** Deno would stop and ask the user at the terminal; a library's detection is no reason to. */
function mayReadUnasked(scope: HostScope): boolean {
  const permissions = scope.Deno?.permissions as DenoPermissions | undefined
  return permissions === undefined || permissions.querySync({ name: 'read', path: CPUINFO }).state === 'granted'
}
