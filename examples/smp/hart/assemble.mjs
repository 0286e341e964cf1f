import wabtInit from 'wabt'
import { hartText } from './hart-text.mjs'

const wabt = await wabtInit()

/**
 * A hart's code, which may be posted to the hart's thread.
 *
 * @param {Parameters<typeof hartText>[0]} hart
 */
export function assembleHart(hart) {
  const parsed = wabt.parseWat('hart.wat', hartText(hart), { threads: true })
  try {
    const { buffer } = parsed.toBinary({})
    return new WebAssembly.Module(buffer)
  } finally {
    parsed.destroy()
  }
}
