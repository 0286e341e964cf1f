import { AddressSpace, GuestRam, MemoryRegion, mirror, withBusAddress } from 'guestmem'

const RAM_BYTES = 0x800
const PPU = 0x2000
const APU = 0x4000
const CARTRIDGE_RAM = 0x6000
const PRG = 0x8000
const WINDOW = 0x2000
const BANK = 0x4000

/**
 * Puts the bus of a console on guestmem: all but the CPU's own way to its RAM, which is the same bytes. To be called
 * after `loadROM`, which makes a new CPU and a new mapper, and so do `reset` and `fromJSON`. (A saved state holds what is in
 * the CPU's array: which banks are shown is not in it.)
 *
 * @param {import('jsnes').NES} nes
 * @returns {AddressSpace}
 */
export function putOnGuestmem(nes) {
  const { cpu, mmap, rom } = nes
  if (!mmap.readsPrgFromCpuMem()) throw new Error(`mapper ${rom.mapperType} does more than to show banks of its ROM`)
  // The mapper's own methods know the console's devices, the mapper itself among them.
  const load = mmap.load.bind(mmap)
  const write = mmap.write.bind(mmap)
  const bytes = { minSize: 1, maxSize: 1 }
  const device = base => ({
    read: offset => load(base + offset),
    write: (offset, value) => write(base + offset, value),
    impl: bytes,
  })
  // A mapper in a ROM wants the CPU's address, and not which byte of which bank is there.
  const toMapper = withBusAddress({
    read: () => 0,
    write: (_offset, value, _size, _attrs, address) => write(address, value),
    impl: bytes,
  })

  const memory = GuestRam.wrap(cpu.mem)
  const ram = MemoryRegion.ram('ram', memory.block('ram', RAM_BYTES, { offset: 0 }))
  const ppu = MemoryRegion.io('ppu', device(PPU), 8)
  // Read from the block. What is written goes to the mapper, which has the same bytes, and tells of a save game.
  const cartridgeRam = memory.block('cartridge ram', WINDOW, { offset: CARTRIDGE_RAM })
  const banks = GuestRam.allocate(rom.romCount * BANK, { shared: false }).block('prg', rom.romCount * BANK)
  for (const [bank, contents] of rom.rom.entries()) banks.view().set(contents, bank * BANK)
  const prg = MemoryRegion.romDevice('prg', toMapper, banks)
  const windows = [0, 1, 2, 3].map(index => MemoryRegion.alias(`prg window ${index}`, prg, 0, WINDOW))

  const root = MemoryRegion.container('cpu bus', 0x1_0000)
  MemoryRegion.transaction(() => {
    for (let at = 0; at < PPU; at += RAM_BYTES)
      root.addSubregion(at, MemoryRegion.alias('ram mirror', ram, 0, RAM_BYTES))
    root.addSubregion(PPU, mirror('ppu mirrors', ppu, APU - PPU))
    root.addSubregion(APU, MemoryRegion.io('apu, pads, expansion', device(APU), CARTRIDGE_RAM - APU))
    root.addSubregion(CARTRIDGE_RAM, MemoryRegion.romDevice('cartridge ram', toMapper, cartridgeRam))
    for (const [index, window] of windows.entries()) root.addSubregion(PRG + index * WINDOW, window)
  })
  // A space looks first where its last access was, so there is one for code and one for all else.
  const code = new AddressSpace('code', root)
  const bus = new AddressSpace('data', root)

  mmap.load = address => (address < PRG ? bus : code).load8(address & 0xffff)
  mmap.write = (address, value) => bus.store8(address, value)
  // Banks are shown, and no longer copied.
  const show = (address, offset) => windows[(address - PRG) / WINDOW].setAliasOffset(offset % banks.size)
  mmap.load8kRomBank = (bank, address) => show(address, bank * WINDOW)
  mmap.loadRomBank = (bank, address) =>
    MemoryRegion.transaction(() => {
      show(address, bank * BANK)
      show(address + WINDOW, bank * BANK + WINDOW)
    })
  // The banks that it begins with.
  mmap.loadROM()
  // The CPU reads its own copies of banks unless the mapper has another `load`, as it has now.
  cpu._updatePrgReadPath()
  return bus
}
