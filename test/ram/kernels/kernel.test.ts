import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { tierText } from '../../../src/ram/kernels/assemble.mjs'
import type * as Kernels from '../../../src/ram/kernels/kernel.ts'
import { kernelBytes } from '../../../src/ram/kernels/kernel.ts'
import { assembled, moduleText } from '../../order/module-text.ts'

const REAL = WebAssembly
const source = readFileSync(new URL('../../../src/ram/kernels/ordered.wat', import.meta.url), 'utf8')
const TIERS = ['wide', 'narrow', 'language'] as const

/** The file anew, in an engine whose modules `compile` makes: what it throws of, the engine lacks. */
async function fresh(compile: (bytes: Uint8Array) => void): Promise<typeof Kernels> {
  vi.resetModules()
  const instances: object[] = []
  vi.stubGlobal('WebAssembly', {
    ...REAL,
    Module: class {
      constructor(bytes: Uint8Array) {
        compile(bytes)
      }
    },
    Instance: class {
      readonly exports = { copy: () => 'copied' }
      constructor(module: object, imports: object) {
        instances.push(module, imports)
      }
    },
  })
  const kernels = await import('../../../src/ram/kernels/kernel.ts')
  return Object.assign(Object.create(kernels), { instances })
}

afterEach(() => vi.unstubAllGlobals())

describe('kernels', () => {
  test.each(TIERS)('of two memories are what the text assembles to: %s', tier => {
    expect(moduleText(kernelBytes(tier, 2))).toBe(moduleText(assembled(tierText(source, tier, 2))))
  })

  test.each(TIERS)('of one memory are that text, too, in a longer encoding: %s', tier => {
    const bytes = kernelBytes(tier, 1)
    expect(moduleText(bytes)).toBe(moduleText(assembled(tierText(source, tier, 1))))
    // What says that an index of memory follows: an engine without multi-memory refuses that, whatever the index.
    expect(REAL.validate(bytes)).toBe(true)
    expect(REAL.Module.imports(new REAL.Module(bytes)).map(({ name }) => name)).toEqual(['ram'])
  })

  test('of two memories come first, and are compiled once', async () => {
    const compiled: Uint8Array[] = []
    const { kernelModule, kernelBytes } = await fresh(bytes => compiled.push(bytes))
    const module = kernelModule('wide')
    expect(module?.privateScratch).toBe(true)
    expect(kernelModule('wide')).toBe(module)
    expect(compiled).toEqual([kernelBytes('wide', 2)])
    expect(kernelModule('narrow')).not.toBe(module)
    expect(compiled).toHaveLength(2)
  })

  test('of one memory serve an engine without multi-memory', async () => {
    const { kernelModule, kernelBytes } = await fresh(bytes => {
      if (Buffer.compare(bytes, kernelBytes('wide', 2)) === 0) throw new Error('no multi-memory')
    })
    expect(kernelModule('wide')?.privateScratch).toBe(false)
  })

  test('are none where neither compiles, and that is asked once', async () => {
    const compile = vi.fn(() => {
      throw new Error('no WebAssembly')
    })
    const { kernelModule } = await fresh(compile)
    expect([kernelModule('wide'), kernelModule('wide')]).toEqual([undefined, undefined])
    expect(compile).toHaveBeenCalledTimes(2)
  })

  test('import the scratch memory where it is one of its own; their exports are copied', async () => {
    const kernels = (await fresh(() => undefined)) as typeof Kernels & { readonly instances: unknown[] }
    const module = kernels.kernelModule('wide') as Kernels.KernelModule
    const [ram, tmp] = [{}, {}] as WebAssembly.Memory[]
    const kernel = kernels.instantiate(module, ram as WebAssembly.Memory, tmp)
    expect((kernel.copy as unknown as () => string)()).toBe('copied')
    kernels.instantiate(module, ram as WebAssembly.Memory, undefined)
    expect(kernels.instances).toEqual([module.module, { guestmem: { ram, tmp } }, module.module, { guestmem: { ram } }])
    expect(kernels.instances[3]).not.toHaveProperty('guestmem.tmp')
  })
})
