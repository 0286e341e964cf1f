import { MemoryRegion, type MemoryRegionOps } from 'guestmem'
import { vi } from 'vitest'

/** What the handlers of the regions were asked, as the recorded conversations say it. */
export class Watched {
  callbacks: string[] = []
  readonly #addresses: Record<string, number>

  /** @param addresses Where the regions are, by name; others are not watched. */
  constructor(addresses: Record<string, number>) {
    this.#addresses = addresses
  }

  /** Runs `build`; the regions of devices that it makes are watched. */
  watch<T>(build: () => T): T {
    const io = MemoryRegion.io.bind(MemoryRegion)
    const spy = vi
      .spyOn(MemoryRegion, 'io')
      .mockImplementation((name, ops, size, options) => io(name, this.ops(name, ops), size, options))
    try {
      return build()
    } finally {
      spy.mockRestore()
    }
  }

  /** The handlers of a region, watched. */
  ops(name: string, ops: MemoryRegionOps): MemoryRegionOps {
    const address = this.#addresses[name]
    if (address === undefined) return ops
    const note = (verb: 'read' | 'write', offset: number, size: number, value: bigint) => {
      const at = (address + offset).toString(16)
      this.callbacks.push(`${verb} addr=0x${at} size=${size} value=0x${value.toString(16)} mr='${name}'`)
    }
    const { read, write, read64, write64 } = ops
    const watched: MemoryRegionOps = {
      ...ops,
      read(offset, size, attrs) {
        const value = read(offset, size, attrs)
        if (typeof value === 'number') note('read', offset, size, BigInt.asUintN(8 * size, BigInt(value)))
        return value
      },
      // Before the handler, which may make accesses of its own.
      write(offset, value, size, attrs) {
        note('write', offset, size, BigInt(value))
        return write(offset, value, size, attrs)
      },
    }
    if (read64 !== undefined && write64 !== undefined) {
      watched.read64 = (offset, attrs) => {
        const value = read64(offset, attrs)
        if (typeof value === 'bigint') note('read', offset, 8, value)
        return value
      }
      watched.write64 = (offset, value, attrs) => {
        note('write', offset, 8, value)
        return write64(offset, value, attrs)
      }
    }
    return watched
  }
}

/** A recorded callback's value as the handler's size cuts it: QEMU notes what the handler returned, sign and all. */
export function cut(callback: string): string {
  const [, before, size, value, after] = /^(.* size=(\d) )value=(0x[0-9a-f]+)(.*)$/.exec(callback) as RegExpExecArray
  return `${before}value=0x${BigInt.asUintN(8 * Number(size), BigInt(value as string)).toString(16)}${after}`
}
