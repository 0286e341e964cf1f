const BYTES = 2 ** 20
const PAGE = 4096
const some = (page, n = PAGE) => Uint8Array.from({ length: n }, (_, i) => (i * page + (i >> 8)) & 0xff)

/** A machine of memory that is shared where that can be, with pages in use unless it is to be restored. */
function machine({ AddressSpace, GuestRam, MemoryRegion }, isUsed) {
  const ram = MemoryRegion.ram('ram', GuestRam.allocate(BYTES).block('ram', BYTES))
  const root = MemoryRegion.container('system', 2 ** 32)
  root.addSubregion(0, ram)
  const memory = new AddressSpace('memory', root)
  const uart = { divisor: isUsed ? 12 : 0 }
  if (isUsed) {
    for (let page = 1; page < 100; page += 3) memory.write(page * PAGE, some(page))
    ram.setAddress(0x8000_0000)
  }
  const devices = { uart: { save: () => ({ ...uart }), load: state => void Object.assign(uart, state) } }
  return { ram, memory, uart, devices }
}

/** A machine goes to a stream and comes back, and back to a moment; what is damaged changes nothing. */
export async function saves(checks, guestmem, { snapshot }) {
  const { checkpoint, restoreMachine, saveMachine, SnapshotError } = snapshot
  const { memory, devices } = machine(guestmem, true)
  const chunks = []
  await saveMachine(memory, { devices }).pipeTo(
    new WritableStream({
      write(chunk) {
        chunks.push(chunk)
      },
    }),
  )
  const file = new Uint8Array(await new Blob(chunks).arrayBuffer())

  const sources = {
    bytes: file,
    'a Blob': new Blob(chunks),
    'a stream': new Blob(chunks).stream(),
  }
  for (const [what, source] of Object.entries(sources)) {
    const other = machine(guestmem, false)
    other.memory.write(2 * PAGE, some(5))
    await restoreMachine(other.memory, source, { devices: other.devices })
    const got = new Uint8Array(100 * PAGE)
    const wanted = got.slice()
    other.memory.read(0x8000_0000, got)
    memory.read(0x8000_0000, wanted)
    checks.bytes(`memory restored from ${what}`, got, wanted)
    checks.same(`a device restored from ${what}`, other.uart.divisor, 12)
  }

  const target = machine(guestmem, false)
  const bad = file.slice()
  bad[file.length >> 1] ^= 4
  const refused = await restoreMachine(target.memory, bad, { devices: target.devices }).catch(error => error)
  checks.same('a damaged file is refused', refused instanceof SnapshotError, true)
  checks.same('a damaged file changes nothing', target.memory.load32(PAGE) + target.ram.address, 0)

  const moment = checkpoint(memory)
  memory.store32(0x8000_0000 + PAGE, 0x1234_5678)
  memory.store32(0x8000_0000, 0x1234_5678)
  checks.same('pages that a rollback changes', moment.rollback(), 2)
  checks.bytes('a page after a rollback', read(memory, 0x8000_0000 + PAGE), some(1))
  checks.bytes('a zero page after a rollback', read(memory, 0x8000_0000), new Uint8Array(PAGE))
  moment.dispose()
}

function read(memory, address) {
  const bytes = new Uint8Array(PAGE)
  memory.read(address, bytes)
  return bytes
}
