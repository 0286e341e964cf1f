import wabtInit from 'wabt'

const TEXT = `(module
  (import "bench" "memory" (memory 0 65536 shared))
  (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2))))`

const FEATURES = { threads: true, bulk_memory: true }
const wabt = await wabtInit()

/** WebAssembly's memory.copy as a function: the engine's memmove, unordered. */
export function memoryCopy(memory) {
  const text = wabt.parseWat('copy.wat', TEXT, FEATURES)
  const module = new WebAssembly.Module(text.toBinary({}).buffer)
  return new WebAssembly.Instance(module, { bench: { memory } }).exports.copy
}
