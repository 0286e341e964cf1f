import binaryen from 'binaryen'
import type { Kernel } from '../../src/ram/kernels/kernel.ts'
import { AccessLog } from './log.ts'

const { Features } = binaryen
// Named one by one: with all of them binaryen writes import kinds that no engine knows yet.
const FEATURES =
  Features.Atomics |
  Features.BulkMemory |
  Features.BulkMemoryOpt |
  Features.MutableGlobals |
  Features.SIMD128 |
  Features.MultiMemory

/** Kernels whose every access to memory is reported before it is made. */
export interface Instrumented {
  readonly kernel: Kernel
  readonly memory: WebAssembly.Memory
  /** Guest RAM's bytes. */
  readonly ram: Uint8Array
  readonly log: AccessLog
}

export interface InstrumentOptions {
  /** Of guest RAM. */
  readonly pages?: number
  readonly log?: AccessLog
  /** The kernels' scratch, where they have a memory for it. */
  readonly tmp?: WebAssembly.Memory
}

/**
 * Instruments kernel bytes (binaryen's instrument-memory). With two memories both are logged under one address space:
 * who keeps guest RAM's addresses above those of the scratch can tell them apart.
 */
export function instrument(bytes: Uint8Array, options: InstrumentOptions = {}): Instrumented {
  const { pages = 4, log = new AccessLog(), tmp = new WebAssembly.Memory({ initial: pages, maximum: pages }) } = options
  const module = binaryen.readBinary(bytes)
  module.setFeatures(FEATURES)
  module.runPasses(['instrument-memory'])
  const compiled = new WebAssembly.Module(module.emitBinary() as Uint8Array<ArrayBuffer>)
  module.dispose()
  // Room to grow: a lane takes its stage behind the guest RAM.
  const memory = new WebAssembly.Memory({ initial: pages, maximum: 65536, shared: true })
  // (id, bytes, offset, address) => address
  const note =
    (isStore: boolean) =>
    (_id: number, width: number, offset: number, address: number): number => {
      log.note(isStore, (address >>> 0) + offset, width)
      return address
    }
  const value = (_id: number, given: unknown): unknown => given
  const hooks: Record<string, WebAssembly.ImportValue> = {}
  const imported = WebAssembly.Module.imports(compiled)
  for (const { module: from, name } of imported) {
    if (from === 'guestmem') continue
    hooks[name] = name === 'load_ptr' ? note(false) : name === 'store_ptr' ? note(true) : value
  }
  const two = imported.some(({ name }) => name === 'tmp')
  const imports = { guestmem: two ? { ram: memory, tmp } : { ram: memory }, env: hooks } as WebAssembly.Imports
  const { exports } = new WebAssembly.Instance(compiled, imports)
  const ram = new Uint8Array(memory.buffer)
  // As the library does it (kernels/kernel.ts).
  const kernel = { ...(exports as unknown as Kernel) }
  return { kernel, memory, ram, log }
}
