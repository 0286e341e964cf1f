import type { GuestRam } from 'guestmem'
import { RaceSync } from '../../../src/litmus/race-sync.ts'

/** How long a race goes on: `ms`, and up to twice that where the machine is so busy that the two hardly ever meet. */
export function goesOn(start: number, ms: number, met: number): boolean {
  const passed = performance.now() - start
  return passed < ms || (passed < 2 * ms && met < 10_000)
}

/** What a device and a guest in two threads share: bytes, and a few words to agree on who does what when. */
export class Meeting extends RaceSync {
  readonly ram: GuestRam
  readonly bytes: Uint8Array

  /** @param ram With a block `guest` and a block `control`. */
  constructor(ram: GuestRam) {
    const [guest, control] = ram.blocks
    if (guest === undefined || control === undefined) throw new TypeError('ram must have two blocks')
    super(new Int32Array(ram.buffer, control.offset, control.size / 4))
    this.ram = ram
    this.bytes = guest.view()
  }
}
