import binaryen from 'binaryen'

const { Features } = binaryen
// Named one by one: with all of them binaryen writes import kinds that no engine knows yet.
const FEATURES =
  Features.Atomics |
  Features.BulkMemory |
  Features.BulkMemoryOpt |
  Features.MutableGlobals |
  Features.SIMD128 |
  Features.MultiMemory

/** The module, with a call before each access to memory (binaryen's instrument-memory), after `passes`. */
export function instrumented(bytes: Uint8Array, passes: string[] = []): WebAssembly.Module {
  const module = binaryen.readBinary(bytes)
  module.setFeatures(FEATURES)
  module.runPasses([...passes, 'instrument-memory'])
  const compiled = new WebAssembly.Module(module.emitBinary() as Uint8Array<ArrayBuffer>)
  module.dispose()
  return compiled
}

/**
 * What such a module imports as `env`: `tell` is called before each access is made. `offset` is the part of its address that
 * stands in the text.
 */
export function hooks(
  module: WebAssembly.Module,
  tell: (isStore: boolean, address: number, width: number, offset: number) => void,
): Record<string, WebAssembly.ImportValue> {
  // (id, bytes, offset, address) => address
  const pointer =
    (isStore: boolean) =>
    (_id: number, width: number, offset: number, address: number): number => {
      tell(isStore, (address >>> 0) + offset, width, offset)
      return address
    }
  const value = (_id: number, given: unknown): unknown => given
  const env: Record<string, WebAssembly.ImportValue> = {}
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    if (from === 'guestmem') continue
    env[name] = name === 'load_ptr' ? pointer(false) : name === 'store_ptr' ? pointer(true) : value
  }
  return env
}
