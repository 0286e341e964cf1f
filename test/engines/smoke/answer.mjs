import { spaceOver } from './ram.mjs'
import { tell } from './tell.mjs'

const run = (n, first) => Uint8Array.from({ length: n }, (_, i) => (first + i * 3) & 0xff)

export const SEEN = { address: 0x123, bytes: run(77, 5) }
export const WRITTEN = { address: 0x2345, bytes: run(61, 9) }

/** The other thread's part: attach, read what the first thread wrote, write something for it to find. */
export function answer(guestmem, handle) {
  try {
    const ram = guestmem.GuestRam.attach(handle)
    const block = ram.blocks.find(({ name }) => name === 'ram')
    const memory = spaceOver(guestmem, block)
    const seen = new Uint8Array(SEEN.bytes.length)
    memory.read(SEEN.address, seen)
    memory.write(WRITTEN.address, WRITTEN.bytes)
    return { seen }
  } catch (error) {
    return { failure: tell(error) }
  }
}
