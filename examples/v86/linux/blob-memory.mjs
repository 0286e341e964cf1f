// What the disk asks of its space, by v86's own `read_blob` and `write_blob`: what it is compared with.

import { MemTxResult } from 'guestmem'

export class BlobMemory {
  result = MemTxResult.OK
  /** The device's own, of which a window is a part. */
  #buffer = new Uint8Array(2 ** 20)
  #used = 0

  constructor(cpu) {
    this.cpu = cpu
  }

  load16le(address) {
    return this.cpu.read16(address)
  }

  store16le(address, value) {
    this.cpu.write16(address, value)
  }

  read(address, into) {
    into.set(this.cpu.read_blob(Number(address), into.length))
    return MemTxResult.OK
  }

  write(address, bytes) {
    this.cpu.write_blob(bytes, Number(address))
    return MemTxResult.OK
  }

  map(address, length, { write }) {
    const bytes = this.#buffer.subarray(this.#used, this.#used + length)
    this.#used += length
    if (!write) bytes.set(this.cpu.read_blob(Number(address), length))
    const unmap = () => {
      this.#used -= length
      if (write) this.cpu.write_blob(bytes, Number(address))
      return MemTxResult.OK
    }
    return { bytes, length, direct: false, result: MemTxResult.OK, unmap }
  }
}
