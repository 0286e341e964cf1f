import { expect } from 'vitest'
import type { QtestMachine } from '../../src/qemu/qemu.ts'
import { QtestClient } from '../qemu/qtest-client.ts'
import type { Exchange } from '../qemu/qtest-transcript.ts'
import { cut, type Watched } from './watched.ts'

/** Repeats a recorded conversation: each request must ask the device the same, and be answered the same. */
export async function repeat(exchanges: readonly Exchange[], machine: QtestMachine, watched: Watched): Promise<void> {
  const client = new QtestClient(machine)
  for (const { request, callbacks, response } of exchanges) {
    watched.callbacks = []
    const answer = await client.ask(request)
    expect({ request, callbacks: watched.callbacks, response: answer }).toEqual({
      request,
      callbacks: callbacks.map(cut),
      response,
    })
  }
  await client.close()
}
