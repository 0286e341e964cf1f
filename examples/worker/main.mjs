// The main thread of a page, or of Node: it has the network card, since packets come in here.
import { GuestRam } from 'guestmem'
import { Card } from './card.mjs'
import { Guest } from './guest.mjs'
import { cutBlocks } from './machine.mjs'

// Not a name of its own: bundlers know a worker's program by `new Worker(new URL(`, and some only of the global Worker.
globalThis.Worker ??= process.getBuiltinModule('node:worker_threads').Worker

/** @param {number} n */
const packetOf = n => Uint8Array.from({ length: 60 + (n % 190) }, (_, i) => n + 7 * i)
/** @param {Uint8Array} bytes */
const sumOf = bytes => bytes.reduce((sum, byte) => sum + byte, 0)
const others = () => new Promise(resolve => setTimeout(resolve))

/**
 * Has a guest receive packets: in a thread of its own where guest RAM can be shared, else in turns with the card.
 *
 * @param {number} packets
 * @returns {Promise<{ shared: boolean, taken: number, sum: number, sent: number }>} `sum` is that of all bytes that the
 *   guest took, `sent` that of all bytes that came in.
 */
export async function run(packets = 1000) {
  const ram = GuestRam.allocate(2 ** 20)
  cutBlocks(ram)
  const card = new Card(ram)
  const guest = ram.shared ? undefined : new Guest(ram)
  let failure
  let vcpu
  if (ram.shared) {
    vcpu = new Worker(new URL('./vcpu.mjs', import.meta.url), { type: 'module' })
    // Of a Worker of Node's, what goes wrong is an uncaught exception here.
    vcpu.onerror = event => (failure = event.message || 'vcpu.mjs cannot be loaded')
    vcpu.postMessage(ram.handle)
  }
  let sent = 0
  try {
    for (let n = 0; card.report.taken < packets; ) {
      for (; n < packets && card.receive(packetOf(n)); n++) sent += sumOf(packetOf(n))
      guest?.poll()
      await others()
      if (failure !== undefined) throw new Error(failure)
    }
  } finally {
    card.switchOff()
    await vcpu?.terminate()
  }
  return { shared: ram.shared, ...card.report, sent }
}

/** @param {Awaited<ReturnType<typeof run>>} result */
export const tell = ({ shared, taken, sum, sent }) =>
  `${shared ? 'shared memory, two threads' : 'private memory, one thread'}: the guest took ${taken} packets, ` +
  `${sum === sent ? 'every byte right' : `WRONG: the sum of their bytes is ${sum}, not ${sent}`}`
