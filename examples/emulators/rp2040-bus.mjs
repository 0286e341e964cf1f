import { AddressSpace, GuestRam, MemoryRegion, sizedOps } from 'guestmem'

// Where the chip's memories and what is not behind its peripheral bridge are (RP2040 datasheet, 2.2).
const BOOTROM = 0x0000_0000
const FLASH = 0x1000_0000
const FLASH_MIRRORS = [0x1100_0000, 0x1200_0000, 0x1300_0000]
const SRAM = 0x2000_0000
const USB_DPRAM = 0x5010_0000
const SIO = 0xd000_0000
const PPB = 0xe000_e000

/**
 * Puts the bus of a chip on guestmem: what its core, its DMA and its debugger read and write. Its memories stay the arrays
 * that they are, and become RAM blocks of the same bytes. Addresses must be aligned, as those of a Cortex-M0+ are.
 *
 * @param {import('rp2040js').RP2040} chip
 * @returns {AddressSpace} What data accesses go through.
 */
export function putOnGuestmem(chip) {
  const root = MemoryRegion.container('bus', 2 ** 32)
  const readUint32 = chip.readUint32.bind(chip)
  const writeUint32 = chip.writeUint32.bind(chip)

  /** Takes words. A part of one is written by way of the rest of it. */
  const words = device =>
    sizedOps(
      {
        // Some of the emulator's devices answer with a signed number, and some with none.
        read: offset => device.readUint32(offset) >>> 0,
        write: (offset, value) => device.writeUint32(offset, value),
      },
      4,
      'merged',
    )
  /** Takes words, too. A part of one is in all lanes of the bus, and the device takes them all. */
  const peripheral = device =>
    sizedOps(
      {
        read: offset => device.readUint32(offset) >>> 0,
        // Bits 12 and 13 say what becomes of the register: plain, XOR, set, clear.
        write: (offset, value) => device.writeUint32Atomic(offset & 0xfff, value, offset >> 12),
      },
      4,
      'replicated',
    )
  /** What the emulator itself does at `base`. */
  const asBefore = base =>
    words({
      readUint32: offset => readUint32(base + offset),
      writeUint32: (offset, value) => writeUint32(base + offset, value),
    })
  const io = (name, base, size, ops, priority = 0) =>
    // A device of this chip may be reached while it is at work, as before.
    root.addSubregion(base, MemoryRegion.io(name, ops, size, { reentrancyGuard: false }), priority)
  const block = (name, array) => GuestRam.wrap(array).block(name, array.byteLength)
  /** Reads come from the block, and writes go to the emulator. */
  const device = (name, base, bytes) =>
    root.addSubregion(base, MemoryRegion.romDevice(name, asBefore(base), bytes, { reentrancyGuard: false }))

  MemoryRegion.transaction(() => {
    const flash = block('flash', chip.flash)
    root.addSubregion(BOOTROM, MemoryRegion.ram('bootrom', block('bootrom', chip.bootrom)))
    root.addSubregion(FLASH, MemoryRegion.ram('flash', flash))
    for (const base of FLASH_MIRRORS) device('flash mirror', base, flash)
    root.addSubregion(SRAM, MemoryRegion.ram('sram', block('sram', chip.sram)))
    device('usb dpram', USB_DPRAM, block('usb dpram', chip.usbDPRAM))
    for (const [key, each] of Object.entries(chip.peripherals))
      io(each.name, Number(key) * 0x1000, 0x4000, peripheral(each))
    io('sio', SIO, 0x1000_0000, words(chip.sio))
    io('ppb', PPB, 0x1000, words(chip.ppb))
    // Below all others: what is nowhere. The emulator warns of it, and it reads as all ones.
    io('nothing', 0, 2 ** 32, asBefore(0), -1)
  })

  // A space looks first where its last access was. Most 16-bit reads are of code, so they get a space of their own.
  const code = new AddressSpace('code', root)
  const data = new AddressSpace('data', root)
  chip.readUint32 = address => data.load32(address >>> 0)
  chip.readUint16 = address => code.load16(address >>> 0)
  chip.readUint8 = address => data.load8(address >>> 0)
  chip.writeUint32 = (address, value) => data.store32(address >>> 0, value)
  chip.writeUint16 = (address, value) => data.store16(address >>> 0, value)
  chip.writeUint8 = (address, value) => data.store8(address >>> 0, value)
  return data
}
