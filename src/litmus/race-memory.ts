import { GuestRam, type GuestRamHandle, type RamBlock } from 'guestmem'
import { Referee } from './referee.ts'

const BLOCK_BYTES = 16384

/** Guest RAM that a device and a guest share, and what the referee needs to know of both. */
export class Arena extends Referee {
  readonly handle: GuestRamHandle
  readonly ram: GuestRam
  /** What the guest watches. */
  readonly guest: RamBlock
  /** The device's own. */
  readonly device: RamBlock

  /** The same arena in each thread. */
  constructor(handle: GuestRamHandle) {
    const ram = GuestRam.attach(handle)
    const [guest, device, control] = ram.blocks as [RamBlock, RamBlock, RamBlock]
    super(new Int32Array(ram.buffer, control.offset, control.size / 4))
    this.handle = handle
    this.ram = ram
    this.guest = guest
    this.device = device
  }

  static allocate(): GuestRamHandle {
    const ram = GuestRam.allocate(4 * BLOCK_BYTES)
    for (const name of ['guest', 'device', 'control']) ram.block(name, BLOCK_BYTES)
    return ram.handle
  }

  words(block: RamBlock): Int32Array {
    return new Int32Array(this.ram.buffer, block.offset, block.size / 4)
  }
}
