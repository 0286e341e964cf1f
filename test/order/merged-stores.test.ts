import { describe, expect, test } from 'vitest'
import { type Kernel, kernelBytes } from '../../src/ram/kernels/kernel.ts'
import { BUILDS, sourceOffsets } from './builds.ts'
import { hooks, instrumented } from './instrument.ts'
import { mutantBytes } from './mutants.ts'

const LINE = 64
const DST = 65536
const SRC = 131072
const TMP = 1024

/** Kernels that tell of pairs of vector stores which an engine might make one store of. */
function watched(bytes: Uint8Array) {
  const module = instrumented(bytes)
  const memory = new WebAssembly.Memory({ initial: 4, maximum: 4, shared: true })
  const tmp = new WebAssembly.Memory({ initial: 4, maximum: 4 })
  const two = WebAssembly.Module.imports(module).some(({ name }) => name === 'tmp')
  let last = { address: -1, offset: -1 }
  const seen = { pairs: 0, crossing: [] as number[] }
  const env = hooks(module, (isStore, address, width, offset) => {
    if (!isStore) return
    // One base, and constants that are 16 apart: what V8's revectorizer looks for. It may begin with any of the stores.
    if (width === 16 && offset === last.offset + 16 && address === last.address + 16) {
      seen.pairs++
      const pairs = (offset / 16) % 2 === 1
      if (pairs && last.address % LINE > LINE - 32) seen.crossing.push(last.address)
    }
    last = width === 16 ? { address, offset } : { address: -1, offset: -1 }
  })
  const imports = { guestmem: two ? { ram: memory, tmp } : { ram: memory }, env } as WebAssembly.Imports
  const { exports } = new WebAssembly.Instance(module, imports)
  return { kernel: { ...(exports as unknown as Kernel) }, seen }
}

/** Runs the kernels at every offset from a line, for lengths that reach each of their loops. */
function run(kernel: Kernel): void {
  for (const length of [16, 32, 48, 63, 64, 65, 79, 80, 95, 96, 127, 128, 143, 144, 160, 192, 272, 300]) {
    for (let d = 0; d < LINE; d++) {
      for (const s of sourceOffsets(d, length)) {
        kernel.copy(DST + d, SRC + s, length)
        kernel.copyIn(DST + d, TMP + s, length)
        kernel.copyOut(TMP + d, SRC + s, length)
      }
      kernel.fill(DST + d, length, length)
    }
  }
}

describe.each(BUILDS)('H2, H10: the shipped kernel, %s, for %d memories', (tier, memories) => {
  test('has no two stores that, made as one of 32 bytes, would cross a cache line', () => {
    const { kernel, seen } = watched(kernelBytes(tier, memories))
    run(kernel)
    expect(seen.crossing).toEqual([])
    // The narrower tiers have no vectors.
    expect(seen.pairs > 0).toBe(tier === 'wide')
  })
})

test('a loop that begins at any multiple of 16 is refused', () => {
  const aligned = '(i32.shr_u (local.get $d) (i32.const 4))'
  const { kernel, seen } = watched(mutantBytes([[aligned, '(i32.const 0)']]))
  run(kernel)
  expect(seen.crossing.length).toBeGreaterThan(0)
})
