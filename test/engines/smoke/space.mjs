const RAM = 0x8000_0000
const ALIAS = 0x9000_0000
const UART = 0x1000_0000
const NOWHERE = 0x4000_0000

function machine({ AddressSpace, GuestRam, MemoryRegion }, options) {
  const calls = []
  const uart = {
    read(offset, size) {
      calls.push(`read ${offset} ${size}`)
      return 0x60 + offset
    },
    write(offset, value, size) {
      calls.push(`write ${offset} ${value} ${size}`)
    },
  }
  const ram = GuestRam.allocate(256 * 1024)
  const system = MemoryRegion.container('system', 2 ** 32)
  const main = MemoryRegion.ram('ram', ram.block('ram', 128 * 1024))
  system.addSubregion(RAM, main)
  system.addSubregion(ALIAS, MemoryRegion.alias('window', main, 0x1000, 0x1000))
  system.addSubregion(UART, MemoryRegion.io('uart', uart, 0x100))
  return { memory: new AddressSpace('memory', system, options), calls }
}

export function dispatch(checks, guestmem) {
  const { OK } = guestmem.MemTxResult
  const { memory, calls } = machine(guestmem)

  memory.store32(RAM + 0x1010, 0xdead_beef)
  checks.same('RAM through an alias', memory.load32(ALIAS + 0x10), 0xdead_beef)
  memory.store8(ALIAS + 0x20, 0x5a)
  checks.same('an alias writes its target', memory.load8(RAM + 0x1020), 0x5a)

  checks.same('a device is read', memory.load32(UART + 4), 0x64)
  checks.same('result of a device read', memory.result, OK)
  memory.store8(UART + 8, 0x41)
  checks.same('result of a device write', memory.result, OK)
  checks.same('what the device saw', calls.join('; '), 'read 4 4; write 8 65 1')
  checks.same('a write to a device', memory.write(UART, Uint8Array.of(1, 2, 3, 4)), OK)
  checks.same('what the device saw of it', calls.at(-1), `write 0 ${0x0403_0201} 4`)
}

/** A device without an order of its own has the target's, whatever the host's is. */
export function bigDispatch(checks, guestmem) {
  const { memory, calls } = machine(guestmem, { endian: 'big' })
  memory.write(UART, Uint8Array.of(1, 2, 3, 4))
  memory.store16(UART + 2, 0x1234)
  checks.same(
    'what the device of a big-endian space saw',
    calls.join('; '),
    `write 0 ${0x0102_0304} 4; write 2 ${0x1234} 2`,
  )
  const got = new Uint8Array(4)
  memory.read(UART + 4, got)
  checks.bytes('and what is read of it', got, Uint8Array.of(0, 0, 0, 0x64))
}

export function unassigned(checks, guestmem) {
  const { DECODE_ERROR, OK } = guestmem.MemTxResult
  const { memory } = machine(guestmem)

  checks.same('load32 of nothing', memory.load32(NOWHERE), 0)
  checks.same('result of load32 of nothing', memory.result, DECODE_ERROR)
  checks.same('load64 of nothing', memory.load64(NOWHERE), 0n)
  memory.store32(NOWHERE, 1)
  checks.same('result of store32 to nothing', memory.result, DECODE_ERROR)

  const stale = new Uint8Array(37).fill(0xee)
  checks.same('read of nothing', memory.read(NOWHERE, stale), DECODE_ERROR)
  checks.bytes('no stale byte is left', stale, new Uint8Array(37))
  checks.same('write to nothing', memory.write(NOWHERE, stale), DECODE_ERROR)

  const last = RAM + 128 * 1024 - 8
  const filled = new Uint8Array(8).fill(0x77)
  checks.same('write of the last bytes of RAM', memory.write(last, filled), OK)
  const across = new Uint8Array(16).fill(0xee)
  checks.same('read across the end of RAM', memory.read(last, across), DECODE_ERROR)
  checks.bytes('data up to the end, zero after it', across, Uint8Array.of(...filled, ...new Uint8Array(8)))
}
