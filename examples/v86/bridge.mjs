// Puts devices of guestmem on the PCI bus of v86, with DMA into the RAM that v86 has already.

import { AddressSpace, GuestRam, MemoryRegion, MemTxResult } from 'guestmem'

/** v86 can't move a BAR that is memory: where it is put here, it stays. What v86 maps is in units of 128 KiB. */
const [FIRST_SLOT, FIRST_BAR, BAR_UNIT] = [8, 0xfb00_0000, 0x2_0000]
/** Of these addresses v86 has no RAM: they are the display's. */
const [VGA, VGA_BYTES] = [0xa_0000, 0x2_0000]
/** Of PCI configuration space: where capabilities begin here, and two bits of the status register. */
const [CAPABILITIES, STATUS_CAPABILITIES, RECEIVED_MASTER_ABORT] = [0x40, 0x10, 0x2000]

/** Every way in which a device stores, but for windows: how many bytes, by what follows the address. */
const WORDS = { store8: () => 1, store16: () => 2, store32: () => 4, store64: () => 8, store64Pair: () => 8 }
const RUNS = { write: bytes => bytes.length, fill: (_byte, length) => length, copy: (_from, _at, length) => length }

/**
 * For DMA. v86 translates guest code, and is told of the range of each store, which takes as long whatever the size of RAM.
 * A MemoryRegionCache, an IOMMU in front of this space and `block.view()` store past it: `invalidate` is for them.
 */
class DmaSpace extends AddressSpace {
  constructor(root, cpu, ramBytes) {
    super('v86 DMA', root)
    /** v86 forgets what it translated of these bytes. An address is a guest's, of up to 64 bits. */
    this.invalidate = (address, length) => {
      const end = Math.min(Number(address) + Number(length), ramBytes)
      if (address < end) cpu.jit_dirty_cache(Number(address), end)
    }
    for (const [name, lengthOf] of Object.entries({ ...WORDS, ...RUNS }))
      this[name] = (address, ...rest) => {
        this.invalidate(address, lengthOf(...rest))
        return AddressSpace.prototype[name].call(this, address, ...rest)
      }
  }

  map(address, length, options) {
    const window = super.map(address, length, options)
    if (window === undefined || !options?.write) return window
    const unmap = window.unmap.bind(window)
    window.unmap = (accessed = window.length) => {
      this.invalidate(window.address, accessed)
      return unmap(accessed)
    }
    return window
  }
}

/** One machine's. Made on v86's event `emulator-loaded`, before it runs. */
export class V86Bridge {
  #root = MemoryRegion.container('v86', 2 ** 32)
  #nextBar = FIRST_BAR
  #raised = new Set()

  /** @param {import('v86').V86} emulator */
  constructor(emulator) {
    const { cpu } = emulator.v86
    const [offset, bytes] = [cpu.mem8.byteOffset, cpu.memory_size[0]]
    this.cpu = cpu
    this.block = GuestRam.wrap(cpu.wasm_memory, { offset, bytes }).block('v86 RAM', bytes, { offset })
    this.#root.addSubregion(0, MemoryRegion.ram('ram', this.block))
    const vga = { read: at => cpu.mmap_read8(VGA + at), write: (at, value) => void cpu.mmap_write8(VGA + at, value) }
    this.#root.addSubregion(VGA, MemoryRegion.io('vga', { ...vga, impl: { maxSize: 1 } }, VGA_BYTES), 1)
    // The CPU's accesses to BARs, apart: a device looks at the result of its own latest access.
    this.mmio = new AddressSpace('v86 MMIO', this.#root)
    this.dma = new DmaSpace(this.#root, cpu, bytes)
  }

  /** `make` gets the space for DMA and the card's lines, and gives BAR 0. `capabilities` are the bytes from 0x40 on. */
  plug({ vendor, device, classCode, revision = 0, capabilities = [] }, make) {
    const { pci } = this.cpu.devices
    let id = FIRST_SLOT << 3
    while (pci.devices[id] !== undefined) id += 1 << 3
    const setInterrupt = level => {
      if (level) this.#raised.add(id)
      else if (this.#raised.delete(id)) pci.lower_irq(id)
      // When the CPU has stopped: v86 takes an interrupt within raise_irq, and loses it where an instruction is under way.
      // And all of them: cards share a line, which to v86 is as low as the card that lowered it.
      queueMicrotask(() => this.#raised.forEach(one => void pci.raise_irq(one)))
    }
    const setMasterAbort = () => (pci.device_spaces[id][1] |= RECEIVED_MASTER_ABORT << 16)
    const bar = make(this.dma, { setInterrupt, setMasterAbort })
    const size = Math.max(BAR_UNIT, 2 ** Math.ceil(Math.log2(bar.size)))
    const address = Math.ceil(this.#nextBar / size) * size
    this.#nextBar = address + size
    const config = new Uint8Array(256)
    const [status, first] = capabilities.length > 0 ? [STATUS_CAPABILITIES, CAPABILITIES] : [0, 0]
    const words = [vendor | (device << 16), status << 16, (classCode << 8) | revision, 0, address]
    new Uint32Array(config.buffer).set([...words, 0, 0, 0, 0, 0, 0, words[0], 0, first, 0, 0x100])
    config.set(capabilities, CAPABILITIES)
    pci.register_device({ name: bar.name, pci_id: id, pci_space: config, pci_bars: [{ size }] })
    this.#root.addSubregion(address, bar, 1)
    const load = (name, ones) => at => {
      const value = this.mmio[name](at >>> 0)
      return this.mmio.result === MemTxResult.OK ? value : ones // As PCI reads what is refused, or not there.
    }
    const store = name => (at, value) => this.mmio[name](at >>> 0, value)
    this.cpu.io.mmap_register(address, size, load('load8', 0xff), store('store8'), load('load32', -1), store('store32'))
    return { slot: id >> 3, address }
  }
}
