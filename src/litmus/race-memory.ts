import { GuestRam, type GuestRamHandle, type RamBlock } from 'guestmem'
import { RaceSync } from './race-sync.ts'

const BLOCK_BYTES = 16384
const BLOCK_NAMES = ['guest', 'device', 'sync'] as const

/** The guest RAM that the two threads of a race share. */
export class RaceMemory {
  readonly handle: GuestRamHandle
  readonly ram: GuestRam
  /** What the device copies to, and the guest watches. */
  readonly guest: RamBlock
  /** What the device copies from, unless it copies within the guest's block. Nobody else stores here. */
  readonly device: RamBlock
  readonly sync: RaceSync

  /** @param handle Of `allocate`; the same one in both threads. */
  constructor(handle: GuestRamHandle) {
    const ram = GuestRam.attach(handle)
    const [guest, device, sync] = ram.blocks as [RamBlock, RamBlock, RamBlock]
    this.handle = handle
    this.ram = ram
    this.guest = guest
    this.device = device
    this.sync = new RaceSync(this.words(sync))
  }

  static allocate(): GuestRamHandle {
    const ram = GuestRam.allocate(BLOCK_NAMES.length * BLOCK_BYTES)
    for (const name of BLOCK_NAMES) ram.block(name, BLOCK_BYTES)
    return ram.handle
  }

  /** The block as words of 32 bits. */
  words(block: RamBlock): Int32Array {
    return new Int32Array(this.ram.buffer, block.offset, block.size / 4)
  }
}
