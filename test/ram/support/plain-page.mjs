// What a page is to JavaScript that is not isolated, and whose policy may forbid WebAssembly: run as a process of its own.
const wasm = process.argv.at(-1)
const fail = name => ({
  configurable: true,
  get() {
    throw new Error(`${name} was looked at`)
  },
})
globalThis.crossOriginIsolated = false
Object.defineProperty(globalThis, 'SharedArrayBuffer', fail('SharedArrayBuffer'))
if (wasm === 'without') {
  class Refused {
    constructor() {
      throw new globalThis.WebAssembly.CompileError('refused by the policy of the page')
    }
  }
  Object.assign(globalThis.WebAssembly, { Module: Refused, Instance: Refused })
}
const { AddressSpace, GuestRam, MemoryRegion, MemTxResult, SparseRam, ramCopy } = await import('guestmem')
const ram = GuestRam.allocate(2 ** 20)
const block = ram.block('ram', 2 ** 16)
const other = new SparseRam().blocks('sparse', 2 ** 16)
const root = MemoryRegion.container('root', 2 ** 32)
const seen = []
root.addSubregion(0, MemoryRegion.ram('ram', block))
root.addSubregion(2 ** 20, MemoryRegion.ram('sparse', other))
root.addSubregion(
  2 ** 24,
  MemoryRegion.io(
    'io',
    { read: (offset, size) => offset + size, write: (...args) => void seen.push(args.slice(0, 3)) },
    64,
  ),
)
const space = new AddressSpace('space', root)
const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i * 3)
const back = new Uint8Array(1000)
space.write(100, bytes)
space.copy(2 ** 20 + 5, space, 100, 1000)
space.read(2 ** 20 + 5, back)
ramCopy(block, 5000, block, 100, 1000)
space.store64(8, 0x1122334455667788n)
space.store32(2 ** 24 + 4, 7)
const window = space.map(100, 1000)
let posted = ''
try {
  posted = String(ram.handle)
} catch (error) {
  posted = error.message
}
let refused = ''
try {
  GuestRam.allocate(4096, { shared: true })
} catch (error) {
  refused = error.message
}
console.log(
  JSON.stringify({
    lane: ram.lane.name,
    shared: ram.shared,
    order: ram.order,
    equal: back.every((byte, i) => byte === bytes[i]) && window.bytes.every((byte, i) => byte === bytes[i]),
    word: space.load32(9).toString(16),
    device: [space.load8(2 ** 24 + 3), seen],
    result: space.copy(2 ** 30, space, 0, 4) === MemTxResult.DECODE_ERROR,
    posted,
    refused,
  }),
)
