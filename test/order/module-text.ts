import wabtInit from 'wabt'
import { FEATURES } from '../../src/ram/kernels/assemble.mjs'

const wabt = await wabtInit()

/** A module as text, which is the same for two encodings of it. */
export function moduleText(bytes: Uint8Array): string {
  const module = wabt.readWasm(bytes, FEATURES)
  const text = module.toText({})
  module.destroy()
  return text
}

/** What the text of a module assembles to. */
export function assembled(text: string): Uint8Array {
  const module = wabt.parseWat('module.wat', text, FEATURES)
  const { buffer } = module.toBinary({})
  module.destroy()
  return new Uint8Array(buffer)
}
