// Every door, in a realm where nobody may look at SharedArrayBuffer: a page that is not isolated, or any place, if it is
// the user who says that memory is private. Run as a process of its own.
const realm = process.argv.at(-1)
if (realm === 'page') globalThis.crossOriginIsolated = false
Object.defineProperty(globalThis, 'SharedArrayBuffer', {
  configurable: true,
  get() {
    throw new Error('SharedArrayBuffer was looked at')
  },
})

const { AddressSpace, GuestRam, MemoryRegion, DirtyClient, snapshotAndClearDirty } = await import('guestmem')
const { runLitmus } = await import('guestmem/litmus')
const { formatFlatView, machineFromMtree } = await import('guestmem/qemu')
const { Board } = await import('guestmem/threads')
const { regionInfoFromObject, vfioRegions } = await import('guestmem/vfio')

const allocate = bytes => GuestRam.allocate(bytes, realm === 'page' ? {} : { shared: false })
const ram = allocate(65_536)
const region = MemoryRegion.ram('ram', ram.block('ram', 65_536))
const memory = new AddressSpace('memory', region)
region.setLog(DirtyClient.VGA, true)
memory.store32(0x100, 0x1234_5678)
memory.copy(0x8001, memory, 0x100, 4)
const dirty = snapshotAndClearDirty(region, 0, region.size, DirtyClient.VGA)

const wrapped = GuestRam.wrap(new WebAssembly.Memory({ initial: 1 })).block('wasm', 4096)
const bytes = GuestRam.wrap(new Uint8Array(8192)).block('bytes', 4096)

const { info } = regionInfoFromObject({ index: 0, flags: 7, size: 0x1000, offset: 0 })
const file = {
  read: (_offset, into) => into.length,
  write: (_offset, from) => from.length,
  mmap: (_offset, size) => allocate(size).block('BAR', size),
}

const said = async act => {
  try {
    return await act()
  } catch (error) {
    return error.message
  }
}

console.log(
  JSON.stringify({
    read: memory.load32(0x8001),
    dirty: Array.from(dirty.ranges(), ({ offset }) => offset),
    wrapped: [wrapped.ram.shared, bytes.ram.shared],
    machine: await said(() => machineTold()),
    board: await said(() => new Board(memory, ram)),
    bar: await said(() => new AddressSpace('BAR', vfioRegions(info, file).region).view.ranges.length),
    litmus: realm === 'page' ? await said(() => runLitmus({ seconds: 1 })) : typeof runLitmus,
  }),
)

/** A machine that QEMU's monitor described; on a page that is not isolated its RAM is private. */
function machineTold() {
  const text = `address-space: memory
  0000000000000000-000000000000ffff (prio 0, i/o): system
    0000000000000000-0000000000000fff (prio 0, ram): ram
    0000000000001000-00000000000010ff (prio 0, i/o): uart
`
  if (realm !== 'page') return typeof machineFromMtree
  const [space] = machineFromMtree(text).spaces
  space.store32(8, 7)
  return [space.load32(8), formatFlatView(space).includes('uart')]
}
