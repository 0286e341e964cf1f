import { SEEN, WRITTEN } from './answer.mjs'
import { everyRam, spaceOver } from './ram.mjs'

/** The same bytes in a second thread, there and back. */
export async function threads(checks, guestmem, env) {
  for (const [kind, ram] of everyRam(guestmem, 128 * 1024)) {
    if (!ram.shared) {
      checks.throws(`${kind}, its handle`, TypeError, () => ram.handle)
      continue
    }
    // Not the first block, so that an offset that got lost on the way shows.
    ram.block('before', 4096)
    const memory = spaceOver(guestmem, ram.block('ram', 64 * 1024))
    memory.write(SEEN.address, SEEN.bytes)
    const reply = await env.spawn(ram.handle)
    checks.same(`${kind}, in another thread`, reply.failure, undefined)
    checks.bytes(`${kind}, what the other thread read`, reply.seen ?? [], SEEN.bytes)
    const got = new Uint8Array(WRITTEN.bytes.length)
    memory.read(WRITTEN.address, got)
    checks.bytes(`${kind}, what the other thread wrote`, got, WRITTEN.bytes)
  }
}
