import { type MemoryRegionOps, MemTxResult, memTxFault, type RamBlock } from 'guestmem'
import { bare } from './fields.ts'
import { VFIO_REGION_INFO_FLAG_READ, VFIO_REGION_INFO_FLAG_WRITE } from './region-info.ts'

/**
 * A VFIO device's file, as far as its regions need it. Offsets are bytes in the file. `read` and `write` do what pread
 * and pwrite do, in one call of the kernel: the driver makes one access of the device of it.
 */
export interface VfioDeviceFile {
  /**
   * Fills `bytes`, 1, 2, 4 or 8 of them, and returns how many it got; fewer are a MemTxResult.ERROR for whoever made
   * the access. The same `bytes` come again with the next call. What it throws reaches the caller of the access.
   */
  read(offset: number, bytes: Uint8Array): number
  /** Writes `bytes`, and returns how many were taken; else as `read`. */
  write(offset: number, bytes: Uint8Array): number
  /**
   * Maps `size` bytes of the file from `offset` on, both multiples of the host's page: blocks with that many bytes in
   * all. Undefined where the driver refuses: the area is then reached by `read` and `write`. Without this method all is.
   */
  mmap?(offset: number, size: number): RamBlock | readonly RamBlock[] | undefined
}

/**
 * A region's handlers: each access is one call of the device file, little-endian as PCI is. Nothing is allocated for 1, 2
 * and 4 bytes.
 *
 * @param start Of the region in the file, bytes.
 */
export function deviceFileOps(file: VfioDeviceFile, start: number, flags: number): MemoryRegionOps {
  // One for each size: the re-entrancy guard keeps a second access of the region out while one is under way.
  const buffers = [new Uint8Array(0), new Uint8Array(1), new Uint8Array(2), new Uint8Array(0), new Uint8Array(4)]
  const wide = new Uint8Array(8)
  const read = (offset: number, bytes: Uint8Array): boolean => file.read(start + offset, bytes) === bytes.length
  const write = (offset: number, bytes: Uint8Array): MemTxResult =>
    file.write(start + offset, bytes) === bytes.length ? MemTxResult.OK : MemTxResult.ERROR
  const readable = (flags & VFIO_REGION_INFO_FLAG_READ) !== 0
  const writable = (flags & VFIO_REGION_INFO_FLAG_WRITE) !== 0
  return bare<MemoryRegionOps>({
    read(offset, size) {
      const bytes = buffers[size] as Uint8Array
      return read(offset, bytes) ? numberOf(bytes, 0, size) : memTxFault(MemTxResult.ERROR)
    },
    write(offset, value, size) {
      const bytes = buffers[size] as Uint8Array
      fill(bytes, 0, size, value)
      return write(offset, bytes)
    },
    read64(offset) {
      if (!read(offset, wide)) return memTxFault(MemTxResult.ERROR)
      return (BigInt(numberOf(wide, 4, 4)) << 32n) | BigInt(numberOf(wide, 0, 4))
    },
    write64(offset, value) {
      fill(wide, 0, 4, Number(BigInt.asUintN(32, value)))
      fill(wide, 4, 4, Number(BigInt.asUintN(32, value >> 32n)))
      return write(offset, wide)
    },
    valid: bare({ minSize: 1, maxSize: 8 } as const),
    impl: bare({ minSize: 1, maxSize: 8 } as const),
    endianness: 'little',
    ...(readable && writable ? {} : { accepts: (_offset, _size, isWrite) => (isWrite ? writable : readable) }),
  })
}

function numberOf(bytes: Uint8Array, at: number, size: number): number {
  let value = 0
  for (let index = size - 1; index >= 0; index--) value = (value << 8) | (bytes[at + index] as number)
  return value >>> 0
}

function fill(bytes: Uint8Array, at: number, size: number, value: number): void {
  for (let index = 0; index < size; index++) bytes[at + index] = value >>> (8 * index)
}
