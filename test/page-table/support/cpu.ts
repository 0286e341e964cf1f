import { type PageTable, slowAccesses } from 'guestmem/page-table'
import wabtInit from 'wabt'
import { load, otherAccesses, slowImports, store } from '../../../examples/wasm-cpu/accesses.mjs'

const wabt = await wabtInit()
const SIZES = [1, 2, 4, 8] as const
export type Size = (typeof SIZES)[number]

/** A CPU whose instructions are one load or store each, of what its guest's registers hold. */
export interface Cpu {
  load(address: number | bigint, size: Size): bigint
  store(address: number | bigint, size: Size, value: bigint): void
  /** How many accesses were calls. */
  readonly calls: number
}

/** @param table A little-endian guest's, or a big-endian one's: this CPU swaps what it loads and stores in its memory. */
export function cpuOf(table: PageTable): Cpu {
  let calls = 0
  const slow = Object.fromEntries(
    Object.entries(slowAccesses(table)).map(([name, call]) => [
      name,
      (...args: never[]) => {
        calls++
        return (call as (...args: never[]) => number | bigint | undefined)(...args)
      },
    ]),
  )
  const exports = new WebAssembly.Instance(moduleFor(table), { cpu: { memory: table.memory }, slow }).exports as Record<
    string,
    (...args: (number | bigint)[]) => number | bigint
  >
  const flat = table.layout === 'flat'
  const given = (address: number | bigint) => (flat ? Number(address) | 0 : BigInt(address))
  return {
    get calls() {
      return calls
    },
    load(address, size) {
      const before = calls
      const value = BigInt.asUintN(8 * size, BigInt(exports[`l${size}`]?.(given(address)) as number | bigint))
      return calls === before ? inGuestOrder(table, value, size) : value
    },
    store(address, size, value) {
      // A call takes the guest's value, memory its bytes: which of them it will be, the entry says.
      const direct = isDirect(table, address, size)
      const stored = direct ? inGuestOrder(table, value, size) : value
      exports[`s${size}`]?.(given(address), size === 8 ? stored : Number(BigInt.asIntN(32, stored)))
    },
  }
}

function isDirect(table: PageTable, address: number | bigint, size: Size): boolean {
  if (BigInt(address) >= 2n ** 53n) return false
  const entry = entryInMemory(table, Number(address))
  return BigInt(address) % BigInt(size) === 0n ? (entry & 2) !== 0 : (entry & 8) !== 0
}

/** What the bytes of the table say of an address, as docs/PAGE-TABLE.md describes them: by no code of the library. */
export function entryInMemory(table: PageTable, address: number): number {
  const bytes = new DataView(table.memory.buffer)
  const { entries, pageSize, slots } = table
  const page = BigInt(address) / BigInt(pageSize)
  if (slots === 0) return bytes.getUint32(entries + 4 * Number(page), true)
  const slot = (page ^ (page / BigInt(slots))) & BigInt(slots - 1)
  const at = entries + 16 * Number(slot)
  return bytes.getBigUint64(at, true) === page ? bytes.getUint32(at + 8, true) : 0
}

function inGuestOrder({ space }: PageTable, value: bigint, size: Size): bigint {
  if (space.endian === 'little') return value
  let swapped = 0n
  for (let i = 0; i < size; i++) swapped |= ((value >> BigInt(8 * i)) & 0xffn) << BigInt(8 * (size - 1 - i))
  return swapped
}

const modules = new Map<string, WebAssembly.Module>()

function moduleFor(table: PageTable): WebAssembly.Module {
  const shared = table.memory.buffer instanceof ArrayBuffer ? '' : ' 65536 shared'
  const key = `${shared} ${table.entries} ${table.pageSize} ${table.slots}`
  let module = modules.get(key)
  if (module === undefined) {
    module = assemble(`(module
      (import "cpu" "memory" (memory 0${shared}))
      ${slowImports(table)}
      ${otherAccesses(table)}
      ${SIZES.map(size => instructions(table, size)).join('\n')})`)
    modules.set(key, module)
  }
  return module
}

export function assemble(text: string): WebAssembly.Module {
  const features = { threads: true }
  const parsed = wabt.parseWat('cpu.wat', text, features)
  const { buffer } = parsed.toBinary({})
  parsed.destroy()
  return new WebAssembly.Module(new Uint8Array(buffer))
}

function instructions(table: PageTable, size: Size): string {
  const type = size === 8 ? 'i64' : 'i32'
  const address = table.slots === 0 ? 'i32' : 'i64'
  const locals = '(local $entry i32) (local $page i64) (local $slot i32)'
  const access = { address: '$address', entry: '$entry', page: '$page', slot: '$slot', size }
  return `
    (func (export "l${size}") (param $address ${address}) (result ${type}) ${locals} ${load(table, access)})
    (func (export "s${size}") (param $address ${address}) (param $value ${type}) ${locals}
      ${store(table, access, '(local.get $value)')})`
}
