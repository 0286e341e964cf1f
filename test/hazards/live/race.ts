import { Worker } from 'node:worker_threads'
import { GuestRam, type GuestRamHandle } from 'guestmem'

/** How often the two threads met in the memory, and how often the guest saw what must not be. */
export interface Seen {
  readonly met: number
  readonly caught: number
}

export interface Part {
  readonly race: 'word' | 'order'
  readonly role: 'device' | 'guest'
  readonly way: string
  readonly ms: number
  readonly handle: GuestRamHandle
}

/** Runs a device and a guest, each in a thread of its own, for about `ms`; gives what the guest saw. */
export async function race(script: string, name: Part['race'], way: string, ms: number): Promise<Seen> {
  const ram = GuestRam.allocate(65536)
  ram.block('guest', 8192)
  ram.block('control', 4096)
  const threads = (['device', 'guest'] as const).map(role => {
    const part: Part = { race: name, role, way, ms, handle: ram.handle }
    return new Worker(script, { eval: true, workerData: part })
  })
  try {
    const [, seen] = await Promise.all(threads.map(answerOf))
    return seen as Seen
  } finally {
    // When one has died, the other would wait for it for ever.
    for (const thread of threads) await thread.terminate()
  }
}

function answerOf(thread: Worker): Promise<Seen> {
  return new Promise((resolve, reject) => {
    thread.once('message', resolve)
    thread.once('error', reject)
    thread.once('exit', code => reject(new Error(`a thread ended without an answer, exit code ${code}`)))
  })
}
