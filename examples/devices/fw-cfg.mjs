// fw_cfg: how a machine hands its firmware what it must know: tables, a kernel, settings, each an item of bytes.
// Interface: QEMU's docs/specs/fw_cfg. The guest selects an item and reads it byte by byte, or has it copied by DMA.

import { MemoryRegion, MemTxResult } from 'guestmem'

// Keys of items.
export const FW_CFG_SIGNATURE = 0x0000
export const FW_CFG_ID = 0x0001
export const FW_CFG_FILE_DIR = 0x0019
export const FW_CFG_FILE_FIRST = 0x0020
/** Bit 14 of a key asked for write access once; it selects the same item. */
const FW_CFG_WRITE_CHANNEL = 0x4000

// FWCfgDmaAccess, all of it big-endian: control, length, address.
const DMA_ACCESS_BYTES = 16
const CONTROL = 0
const LENGTH = 4
const ADDRESS = 8

// Bits of its control field. The upper half is the key to select.
export const FW_CFG_DMA_CTL_ERROR = 0x01
export const FW_CFG_DMA_CTL_READ = 0x02
export const FW_CFG_DMA_CTL_SKIP = 0x04
export const FW_CFG_DMA_CTL_SELECT = 0x08
export const FW_CFG_DMA_CTL_WRITE = 0x10

// The DMA address register: a write to its low half starts the transfer.
const DMA_ADDRESS_HIGH = 0

/** @param {string} text */
const ascii = text => new TextEncoder().encode(text)

const DMA_SIGNATURE = ascii('QEMU CFG')
const NO_ITEM = { bytes: new Uint8Array(0), writable: false }
const FEATURES = Uint8Array.of(0x01 | 0x02, 0, 0, 0) // the registers, and DMA

export class FwCfg {
  #bus
  /** @type {Map<number, { bytes: Uint8Array, writable: boolean }>} */
  #items = new Map()
  /** @type {{ name: string, key: number, size: number }[]} */
  #files = []
  #item = NO_ITEM
  #offset = 0
  #dmaAddressHigh = 0

  /** @param {import('guestmem').AddressSpace} bus What its DMA sees. */
  constructor(bus) {
    this.#bus = bus
    this.addItem(FW_CFG_SIGNATURE, ascii('QEMU'))
    this.addItem(FW_CFG_ID, FEATURES)
    this.#addDirectory()
    this.#select(FW_CFG_SIGNATURE)
  }

  /** @param {number} key @param {Uint8Array} bytes @param {boolean} writable By the guest, which only DMA lets it. */
  addItem(key, bytes, writable = false) {
    this.#items.set(key, { bytes, writable })
  }

  /** Adds an item that the guest finds by name. @param {string} name Up to 55 characters. @returns {number} Its key. */
  addFile(name, bytes, writable = false) {
    const key = FW_CFG_FILE_FIRST + this.#files.length
    this.#files.push({ name, key, size: bytes.length })
    this.addItem(key, bytes, writable)
    this.#addDirectory()
    return key
  }

  /** As Arm machines have it, in memory. @param {MemoryRegion} container @param {number} base */
  mapMemory(container, base) {
    MemoryRegion.transaction(() => {
      container.addSubregion(base, this.#region('fwcfg.data', this.#dataRegister, 8))
      container.addSubregion(base + 8, this.#region('fwcfg.ctl', this.#selectorRegister, 2))
      container.addSubregion(base + 16, this.#region('fwcfg.dma', this.#dmaRegister, 8))
    })
  }

  /** As PCs have it, in port I/O: selector and data overlap. @param {MemoryRegion} container @param {number} base */
  mapPorts(container, base = 0x510) {
    MemoryRegion.transaction(() => {
      container.addSubregion(base, this.#region('fwcfg', this.#portRegisters, 2))
      container.addSubregion(base + 4, this.#region('fwcfg.dma', this.#dmaRegister, 8))
    })
  }

  /** The device owns all its regions: a DMA into one of them from within another is refused (RULES G7). */
  #region(name, ops, size) {
    return MemoryRegion.io(name, ops, size, { owner: this })
  }

  /** A register that is big-endian gives its first byte as the highest: text arrives in the order it is written in. */
  #dataRegister = {
    read: (_offset, size) => this.#next(size),
    read64: () => (BigInt(this.#next(4)) << 32n) | BigInt(this.#next(4)),
    write() {},
    write64() {},
    valid: { minSize: 1, maxSize: 8 },
    accepts: offset => offset === 0,
    endianness: 'big',
  }

  #selectorRegister = {
    read: () => 0,
    write: (_offset, key) => this.#select(key),
    accepts: (_offset, size, isWrite) => isWrite && size === 2,
    endianness: 'big',
  }

  #portRegisters = {
    read: () => this.#next(1),
    write: (_offset, value, size) => {
      if (size === 2) this.#select(value)
    },
    accepts: (_offset, size, isWrite) => size === 1 || (isWrite && size === 2),
    endianness: 'little',
  }

  #dmaRegister = {
    read: (offset, size) => bigEndian(DMA_SIGNATURE, offset, size),
    read64: () => (BigInt(bigEndian(DMA_SIGNATURE, 0, 4)) << 32n) | BigInt(bigEndian(DMA_SIGNATURE, 4, 4)),
    write: (offset, value) => {
      if (offset === DMA_ADDRESS_HIGH) this.#dmaAddressHigh = value
      else this.#startDma(this.#dmaAddressHigh, value)
    },
    write64: (_offset, value) => this.#startDma(Number(value >> 32n), Number(value & 0xffff_ffffn)),
    valid: { maxSize: 8 },
    accepts: (offset, size, isWrite) => !isWrite || (size === 4 && offset % 4 === 0) || size === 8,
    endianness: 'big',
  }

  #select(key) {
    this.#item = this.#items.get(key & ~FW_CFG_WRITE_CHANNEL) ?? NO_ITEM
    this.#offset = 0
  }

  /** The next bytes of the item; behind its end come zeros. @param {number} size Up to 4. */
  #next(size) {
    const value = bigEndian(this.#item.bytes, this.#offset, size)
    this.#skip(size)
    return value
  }

  #skip(length) {
    this.#offset = Math.min(this.#offset + length, this.#item.bytes.length)
  }

  #startDma(high, low) {
    this.#dmaAddressHigh = 0
    const descriptor = high * 2 ** 32 + low
    const bytes = new Uint8Array(DMA_ACCESS_BYTES)
    const done = this.#bus.read(descriptor, bytes) === MemTxResult.OK && this.#transfer(new DataView(bytes.buffer))
    // The last store, and one of the whole word: a guest that polls it sees either the old one, or this one and with it
    // all of the data. A guest may have given any address: where nothing is, there is nowhere to report the error, either.
    this.#bus.write(descriptor + CONTROL, Uint8Array.of(0, 0, 0, done ? 0 : FW_CFG_DMA_CTL_ERROR))
  }

  /** @param {DataView} access @returns {boolean} False: something went wrong. */
  #transfer(access) {
    const control = access.getUint32(CONTROL)
    const length = access.getUint32(LENGTH)
    const address = access.getBigUint64(ADDRESS)
    if (control & FW_CFG_DMA_CTL_SELECT) this.#select(control >>> 16)
    if (control & FW_CFG_DMA_CTL_READ) return this.#readItem(address, length)
    if (control & FW_CFG_DMA_CTL_WRITE) return this.#writeItem(address, length)
    if (control & FW_CFG_DMA_CTL_SKIP) this.#skip(length)
    return true
  }

  #readItem(address, length) {
    const bytes = this.#item.bytes.subarray(this.#offset, this.#offset + length)
    this.#skip(length)
    const behind = address + BigInt(bytes.length)
    const result = this.#bus.write(address, bytes) | this.#bus.fill(behind, 0, length - bytes.length)
    return result === MemTxResult.OK
  }

  /** An item keeps its size: what does not fit is not written at all, nor what could not be read whole. */
  #writeItem(address, length) {
    const { bytes, writable } = this.#item
    if (!writable || length > bytes.length - this.#offset) return false
    const data = new Uint8Array(length)
    const result = this.#bus.read(address, data)
    if (result === MemTxResult.OK) bytes.set(data, this.#offset)
    this.#skip(length)
    return result === MemTxResult.OK
  }

  #addDirectory() {
    const bytes = new Uint8Array(4 + 64 * this.#files.length)
    const view = new DataView(bytes.buffer)
    view.setUint32(0, this.#files.length)
    for (const [index, { name, key, size }] of this.#files.entries()) {
      const entry = 4 + 64 * index
      view.setUint32(entry, size)
      view.setUint16(entry + 4, key)
      bytes.set(ascii(name).subarray(0, 55), entry + 8)
    }
    this.addItem(FW_CFG_FILE_DIR, bytes)
  }
}

/** A number from up to 4 bytes, those behind the end being zero. */
function bigEndian(bytes, offset, size) {
  let value = 0
  for (let at = offset; at < offset + size; at++) value = value * 256 + (bytes[at] ?? 0)
  return value
}
