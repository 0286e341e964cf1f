import { readFileSync } from 'node:fs'
import wabtInit from 'wabt'
import { load, otherAccesses, slowImports, store } from './accesses.mjs'

const wabt = await wabtInit()
const TEXT = readFileSync(new URL('./cpu.wat', import.meta.url), 'utf8').replace(/;;.*/g, '')

/** The ways to make an access that a CPU's text may be assembled with. */
export const PAGE_TABLE = { load, store }

/**
 * The CPU for a table: how large its pages are, and where its entries begin, are constants of its code, as they are of what a
 * JIT emits.
 *
 * @param {import('guestmem/page-table').PageTable} table A flat one of 32 bits.
 */
export function assembleCpu(table, accesses = PAGE_TABLE) {
  const entry = '$entry'
  const text = TEXT.replace('{memory}', memoryType(table.memory))
    .replace('{imports}', slowImports(table))
    .replace('{otherAccesses}', otherAccesses(table))
    .replace(/\{load(8|16|32) (\$\w+)\}/g, (_, bits, address) =>
      accesses.load(table, { address, entry, size: bits / 8 }),
    )
    .replace(/\{store(8|16|32) (\$\w+) (\$\w+)\}/g, (_, bits, address, value) =>
      accesses.store(table, { address, entry, size: bits / 8 }, `(local.get ${value})`),
    )
  return assemble(text)
}

/** @param {WebAssembly.Memory} memory */
export function memoryType({ buffer }) {
  return buffer instanceof ArrayBuffer ? '(memory 1)' : '(memory 1 65536 shared)'
}

/** @param {string} text */
export function assemble(text) {
  const parsed = wabt.parseWat('cpu.wat', text, { threads: true })
  const { buffer } = parsed.toBinary({})
  parsed.destroy()
  return new WebAssembly.Module(buffer)
}
