// Accesses of a guest whose CPU is WebAssembly: by way of the page table, against the same loop with a bounds check in place of
// it, as a CPU has that knows one RAM and no map. Nanoseconds of one access, with what the loop does beside it.
import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'
import { pageTable, slowAccesses } from 'guestmem/page-table'
import { otherAccesses, slowImports } from '../examples/wasm-cpu/accesses.mjs'
import { assemble, assembleCpu, memoryType, PAGE_TABLE } from '../examples/wasm-cpu/assemble.mjs'
import { RAM } from '../examples/wasm-cpu/board.mjs'
import { PROGRAM, prepare } from '../examples/wasm-cpu/program.mjs'

const MIB = 2 ** 20
const RAM_BYTES = 8 * MIB
const WORDS = 8192
/** How many accesses a call makes. */
const COUNT = 1024

/** One comparison with the size of the one RAM, and a constant displacement. */
function boundsCheck(displacement) {
  const inside = ({ address, size = 4 }) =>
    `(i32.lt_u (i32.sub (local.get ${address}) (i32.const ${RAM})) (i32.const ${RAM_BYTES - size + 1}))`
  const place = ({ address }) => `(i32.add (local.get ${address}) (i32.const ${displacement | 0}))`
  const bits = ({ size = 4 }) => (size < 4 ? `${8 * size}` : '')
  return {
    load: (_, access) => `(if (result i32) ${inside(access)}
      (then (i32.load${bits(access)}${bits(access) && '_u'} ${place(access)}))
      (else (call $load${8 * (access.size ?? 4)} (local.get ${access.address}))))`,
    store: (_, access, value) => `(if ${inside(access)}
      (then (i32.store${bits(access)} ${place(access)} ${value}))
      (else (call $store${8 * (access.size ?? 4)} (local.get ${access.address}) ${value})))`,
  }
}

/** What a JIT makes of a guest's loops: addresses and values in locals. */
function loopsText(table, accesses) {
  const at = address => accesses.load(table, { address, entry: '$entry' })
  const to = (address, value) => accesses.store(table, { address, entry: '$entry' }, value)
  const loop = (name, body) => `
    (func (export "${name}") (param $calls i32) (result i32)
      (local $a i32) (local $b i32) (local $end i32) (local $value i32) (local $sum i32) (local $entry i32)
      (local.set $value (i32.const 12345))
      (loop $call
        (local.set $a (i32.const ${RAM + 0x1000}))
        (local.set $b (i32.const ${RAM + (name === 'chase' ? 0x60_0000 : 0x40_0000)}))
        (local.set $end (i32.const ${RAM + 0x1000 + 4 * COUNT}))
        (loop $next
          ${body}
          (br_if $next (i32.lt_u (local.tee $a (i32.add (local.get $a) (i32.const 4))) (local.get $end))))
        (br_if $call (local.tee $calls (i32.sub (local.get $calls) (i32.const 1)))))
      (local.get $sum))`
  return `(module (import "cpu" "memory" ${memoryType(table.memory)}) ${slowImports(table)} ${otherAccesses(table)}
    ${loop('sum', `(local.set $sum (i32.add (local.get $sum) ${at('$a')}))`)}
    ${loop(
      'copy',
      `(local.set $value ${at('$a')}) ${to('$b', '(local.get $value)')}
       (local.set $b (i32.add (local.get $b) (i32.const 4)))`,
    )}
    ${loop(
      'scattered',
      `(local.set $value (i32.add (i32.mul (local.get $value) (i32.const 1664525)) (i32.const 1013904223)))
       (local.set $b (i32.or (i32.const ${RAM}) (i32.and (i32.shr_u (local.get $value) (i32.const 9)) (i32.const 0x3ffffc))))
       (local.set $sum (i32.xor (local.get $sum) ${at('$b')}))`,
    )}
    ${loop('chase', `(local.set $b ${at('$b')})`)})`
}

export function pageTables(_, smoke) {
  const memory = new WebAssembly.Memory({ initial: 16 * 24 })
  const ram = GuestRam.wrap(memory, { offset: 8 * MIB })
  const block = ram.block('ram', RAM_BYTES)
  const system = MemoryRegion.container('system', 2 ** 32)
  system.addSubregion(RAM, MemoryRegion.ram('ram', block))
  system.addSubregion(0x1000_0000, MemoryRegion.io('uart', { read: () => 0, write: () => {} }, 0x100))
  const space = new AddressSpace('cpu', system)
  const table = pageTable(space, { memory, offset: MIB })
  const slow = slowAccesses(table)
  const bounds = boundsCheck(block.offset - RAM)
  const instances = [PAGE_TABLE, bounds].map(
    accesses => new WebAssembly.Instance(assemble(loopsText(table, accesses)), { cpu: { memory }, slow }).exports,
  )
  // A ring of pointers for `chase`, in an order that no prefetcher knows.
  const ring = Array.from({ length: WORDS }, (_, i) => RAM + 0x60_0000 + 4 * (Math.imul(i, 40503) & (WORDS - 1)))
  for (const [i, at] of ring.entries()) space.store32(at, ring[(i + 1) % WORDS])
  const row = (name, ours, theirs) => ({
    case: `page table, ${name}`,
    bytes: 4,
    align: 'aligned',
    rival: 'bounds check',
    ours,
    theirs,
  })
  /** @param accesses How many the loop's body makes. */
  const loop = (name, accesses = 1) => {
    // The engine gets to its better compiler first.
    for (const exports of instances) exports[name](smoke ? 1 : 4096)
    // A repetition is an access: the loops make whole rounds of them.
    const [ours, theirs] = instances.map(
      exports => reps => exports[name](Math.max(1, Math.round(reps / COUNT / accesses))),
    )
    return row(name, ours, theirs)
  }
  const rows = [loop('sum'), loop('copy', 2), loop('scattered'), loop('chase')]

  // An interpreter: a fetch through the table for each instruction, and the program's loads and stores.
  prepare(space)
  space.write(RAM, new Uint8Array(PROGRAM.buffer))
  const harts = [PAGE_TABLE, bounds].map(accesses => {
    const { exports } = new WebAssembly.Instance(assembleCpu(table, accesses), {
      cpu: { memory, registers: 1024 },
      slow,
    })
    return reps => {
      for (let left = reps; left > 0; left -= 10_000) {
        exports.pc.value = RAM
        exports.run(Math.min(left, 10_000))
      }
    }
  })
  rows.push(row('an instruction of RV32I', ...harts))
  return rows
}
