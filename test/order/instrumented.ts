import type { Kernel } from '../../src/ram/kernels/kernel.ts'
import { hooks, instrumented } from './instrument.ts'
import { AccessLog } from './log.ts'

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
 * Instruments kernel bytes. With two memories both are logged under one address space:
 * who keeps guest RAM's addresses above those of the scratch can tell them apart.
 */
export function instrument(bytes: Uint8Array, options: InstrumentOptions = {}): Instrumented {
  const { pages = 4, log = new AccessLog(), tmp = new WebAssembly.Memory({ initial: pages, maximum: pages }) } = options
  const module = instrumented(bytes)
  // Room to grow: a lane takes its stage behind the guest RAM.
  const memory = new WebAssembly.Memory({ initial: pages, maximum: 65536, shared: true })
  const two = WebAssembly.Module.imports(module).some(({ name }) => name === 'tmp')
  const env = hooks(module, (isStore, address, width) => log.note(isStore, address, width))
  const imports = { guestmem: two ? { ram: memory, tmp } : { ram: memory }, env } as WebAssembly.Imports
  const { exports } = new WebAssembly.Instance(module, imports)
  const ram = new Uint8Array(memory.buffer)
  // As the library does it (kernels/kernel.ts).
  const kernel = { ...(exports as unknown as Kernel) }
  return { kernel, memory, ram, log }
}
