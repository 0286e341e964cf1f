// One access through an AddressSpace of 40 ranges against what it stands in for.
import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'

const RAM = 0x8000_0000
const UART = 0x1000_0000
const COUNT = 1024

/** A device whose handlers do next to nothing. */
export class Register {
  value = 0
  read(offset, _size) {
    return this.value + offset
  }
  write(_offset, value, _size) {
    this.value = value
  }
}

export function accesses() {
  const ram = GuestRam.allocate(2 ** 26)
  const system = MemoryRegion.container('system', 2 ** 32)
  const block = ram.block('ram', 2 ** 24)
  const uart = new Register()
  system.addSubregion(RAM, MemoryRegion.ram('ram', block))
  system.addSubregion(UART, MemoryRegion.io('uart', uart, 0x100))
  for (let i = 0; i < 38; i++)
    system.addSubregion(0x2000_0000 + i * 0x10000, MemoryRegion.io(`device ${i}`, new Register(), 0x1000))
  const memory = new AddressSpace('memory', system)
  const words = new Uint32Array(ram.buffer, block.offset, block.size / 4)
  // Guest addresses as a guest has them, in registers of 32 bits; the same for both.
  const inRam = Uint32Array.from({ length: COUNT }, (_, i) => RAM + (Math.imul(i, 2654435761) & 0xfffc))
  const inUart = Uint32Array.from({ length: COUNT }, (_, i) => UART + (Math.imul(i, 2654435761) & 0xfc))
  const all = new Uint8Array(ram.buffer)
  const own = new Uint8Array(16)
  const row = (name, rival, ours, theirs, bytes = 4) => ({ case: name, bytes, align: 'aligned', rival, ours, theirs })
  return [
    row(
      'load32, RAM',
      'Uint32Array element',
      reps => {
        let sum = 0
        for (let i = 0; i < reps; i++) sum ^= memory.load32(inRam[i & (COUNT - 1)])
        return sum
      },
      reps => {
        let sum = 0
        for (let i = 0; i < reps; i++) sum ^= words[(inRam[i & (COUNT - 1)] - RAM) >>> 2]
        return sum
      },
    ),
    row(
      'store32, RAM',
      'Uint32Array element',
      reps => {
        for (let i = 0; i < reps; i++) memory.store32(inRam[i & (COUNT - 1)], i)
      },
      reps => {
        for (let i = 0; i < reps; i++) words[(inRam[i & (COUNT - 1)] - RAM) >>> 2] = i
      },
    ),
    row(
      'load32, MMIO',
      'direct method call',
      reps => {
        let sum = 0
        for (let i = 0; i < reps; i++) sum ^= memory.load32(inUart[i & (COUNT - 1)])
        return sum
      },
      reps => {
        let sum = 0
        for (let i = 0; i < reps; i++) sum ^= uart.read(inUart[i & (COUNT - 1)] - UART, 4)
        return sum
      },
    ),
    row(
      'store32, MMIO',
      'direct method call',
      reps => {
        for (let i = 0; i < reps; i++) memory.store32(inUart[i & (COUNT - 1)], i)
      },
      reps => {
        for (let i = 0; i < reps; i++) uart.write(inUart[i & (COUNT - 1)] - UART, i, 4)
      },
    ),
    // As a device fetches a descriptor, and gives it back.
    row(
      'read, RAM',
      'Uint8Array.set',
      reps => {
        for (let i = 0; i < reps; i++) memory.read(inRam[i & (COUNT - 1)], own)
      },
      reps => {
        for (let i = 0; i < reps; i++) {
          const at = block.offset + inRam[i & (COUNT - 1)] - RAM
          own.set(all.subarray(at, at + 16))
        }
      },
      16,
    ),
    row(
      'write, RAM',
      'Uint8Array.set',
      reps => {
        for (let i = 0; i < reps; i++) memory.write(inRam[i & (COUNT - 1)], own)
      },
      reps => {
        for (let i = 0; i < reps; i++) all.set(own, block.offset + inRam[i & (COUNT - 1)] - RAM)
      },
      16,
    ),
  ]
}
