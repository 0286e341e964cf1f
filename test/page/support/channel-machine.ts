import { streamTrace, type TraceStream } from 'guestmem/trace'
import { LiveMachine } from './live-machine.ts'

// A worker of the page's: an emulator that streams its trace to a channel, and does what the page's test says.
const machine = new LiveMachine()
const channel = new BroadcastChannel('machine')
let stream: TraceStream = streamTrace(machine.ring, machine.space, channel, { interval: 20 })
let running: ReturnType<typeof setInterval> | undefined

const acts: Readonly<Record<string, () => void>> = {
  run() {
    running = setInterval(() => machine.round(), 20)
  },
  halt() {
    clearInterval(running)
  },
  // More than the ring holds, at once.
  burst() {
    for (let i = 0; i < 10_000; i++) machine.round()
  },
  garbage() {
    for (const message of [
      'hello',
      '{"guestmem":"trace","version":1}',
      7,
      null,
      { type: 'batch' },
      new ArrayBuffer(24),
    ])
      channel.postMessage(message)
    for (let i = 0; i < 20; i++) channel.postMessage(crypto.getRandomValues(new Uint8Array(i * 37)).buffer)
  },
  hotAdd: () => machine.hotAdd(),
  end: () => stream.stop(),
  again() {
    machine.rounds = 0
    stream = streamTrace(machine.ring, machine.space, channel, { interval: 20 })
  },
}

addEventListener('message', ({ data }: MessageEvent<string>) => {
  acts[data]?.()
  postMessage(machine.rounds)
})
