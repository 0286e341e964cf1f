import binaryen from 'binaryen'
import { type Kernel, type KernelTier, kernelBytes } from '../../src/ram/kernels/kernel.ts'

const { Features } = binaryen
const FEATURES =
  Features.Atomics | Features.BulkMemory | Features.BulkMemoryOpt | Features.MutableGlobals | Features.SIMD128

export interface Access {
  readonly kind: 'load' | 'store'
  readonly address: number
  readonly width: number
}

/** The bytes that ship, with every access to memory reported before it is made. */
export interface LoggedKernel {
  readonly kernel: Kernel
  /** Runs `body`; gives the accesses that it made, in order. */
  record(body: () => void): Access[]
}

/** Instruments the kernels for engines with a single memory: the same text, and any engine can run them. */
export function loggedKernel(tier: KernelTier, pages = 2): LoggedKernel {
  const module = binaryen.readBinary(kernelBytes(tier, 1))
  module.setFeatures(FEATURES)
  module.runPasses(['instrument-memory'])
  const compiled = new WebAssembly.Module(module.emitBinary() as Uint8Array<ArrayBuffer>)
  module.dispose()
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  let log: Access[] = []
  // (id, bytes, offset, address) => address: called for each access before it is made.
  const note =
    (kind: Access['kind']) =>
    (_id: number, width: number, offset: number, address: number): number => {
      log.push({ kind, address: (address >>> 0) + offset, width })
      return address
    }
  const value = (_id: number, given: unknown): unknown => given
  const hooks: Record<string, WebAssembly.ImportValue> = {}
  for (const { module: from, name } of WebAssembly.Module.imports(compiled)) {
    if (from === 'guestmem') continue
    hooks[name] = name === 'load_ptr' ? note('load') : name === 'store_ptr' ? note('store') : value
  }
  const imports = { guestmem: { ram: memory }, env: hooks } as WebAssembly.Imports
  const { exports } = new WebAssembly.Instance(compiled, imports)
  return {
    kernel: exports as unknown as Kernel,
    record(body) {
      log = []
      body()
      return log
    },
  }
}
