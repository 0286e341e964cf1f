// BARs 0, 2 and 4 of an NVIDIA GH100 that a host passes through (nvgrace-gpu), as VFIO describes them.

import { CACHE_MODES, SparseRam } from 'guestmem'
import { parseRegionInfo, vfioRegions } from 'guestmem/vfio'

const MIB = 2 ** 20
const GIB = 2 ** 30

/** Where the guest sees each, and its size; bytes. */
export const BARS = {
  0: { address: 0x440_8000_0000, size: 16 * MIB },
  2: { address: 0x440_0000_0000, size: 2 * GIB },
  4: { address: 0x420_0000_0000, size: 128 * GIB },
}

// struct vfio_region_info, and the capabilities behind it. The cache mode's is a proposal, and has no id yet: this is
// the id that the host of this story gave it.
const FIXED_BYTES = 32
const CAPABILITY_BYTES = 16
const READ_WRITE_MMAP = 0x7
const CAPS = 0x8
const CACHE_MODE = 0x4d

/**
 * What the ioctl VFIO_DEVICE_GET_REGION_INFO leaves in its buffer.
 *
 * @param {0 | 2 | 4} index
 * @param {import('guestmem').CacheMode | undefined} mode How the driver maps it; undefined: a driver that doesn't say.
 */
function regionInfo(index, mode) {
  const told = mode !== undefined
  const view = new DataView(new ArrayBuffer(FIXED_BYTES + (told ? CAPABILITY_BYTES : 0)))
  view.setUint32(0, view.byteLength, true) // argsz
  view.setUint32(4, READ_WRITE_MMAP | (told ? CAPS : 0), true) // flags
  view.setUint32(8, index, true)
  view.setUint32(12, told ? FIXED_BYTES : 0, true) // cap_offset
  view.setBigUint64(16, BigInt(BARS[index].size), true)
  view.setBigUint64(24, BigInt(index) << 40n, true) // offset in the device file
  if (told) {
    view.setUint16(32, CACHE_MODE, true) // id
    view.setUint16(34, 1, true) // version
    view.setUint32(36, 0, true) // next: it is the last one
    view.setUint32(40, CACHE_MODES.indexOf(mode), true)
  }
  return new Uint8Array(view.buffer)
}

/**
 * The card's memory, which outlives the guests that see it.
 *
 * A guest RAM is one WebAssembly.Memory, so at most 4 GiB. A region's memory may be several RAM blocks laid end to end:
 * SparseRam makes BAR 4 of 64 blocks of 2 GiB, each of them a few words until it is first accessed, and then address
 * space, of which the host commits the pages that are touched.
 */
export class Card {
  /** @param {import('guestmem').GuestRamOptions} options */
  constructor(options) {
    this.memory = { 0: new SparseRam(options), 2: new SparseRam(options), 4: new SparseRam(options) }
    this.blocks = { 0: this.#blocks(0), 2: this.#blocks(2), 4: this.#blocks(4) }
  }

  #blocks(index) {
    return this.memory[index].blocks(`BAR ${index}`, BARS[index].size)
  }

  /** @param {0 | 2 | 4} index @param {number} offset In the BAR, bytes. @returns The block there, and where it begins. */
  blockAt(index, offset) {
    let start = 0
    for (const block of this.blocks[index]) {
      if (offset < start + block.size) return { block, start }
      start += block.size
    }
  }

  /**
   * A BAR, as a memory region.
   *
   * @param {0 | 2 | 4} index
   * @param {import('guestmem').CacheMode | undefined} mode
   */
  bar(index, mode) {
    const { info } = parseRegionInfo(regionInfo(index, mode), { cacheModeCapability: CACHE_MODE })
    // What pread, pwrite and mmap of the device file would do. All of each BAR can be mapped, so only mmap is called.
    const file = {
      read: () => 0,
      write: () => 0,
      mmap: () => this.blocks[index],
    }
    return vfioRegions(info, file, { name: `GH100 BAR ${index}`, owner: this }).region
  }
}
