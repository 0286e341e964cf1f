import { createServer, type Server, type Socket } from 'node:net'
import type { GdbMemory } from 'guestmem/trace'

/** A packet, and what was answered. */
export type Exchange = readonly [packet: string, answer: string]

/** As much of a stub as GDB needs to look at memory: an i386 without anything in its registers. */
export class GdbStub {
  readonly exchanges: Exchange[] = []
  readonly #memory: GdbMemory
  readonly #run: () => void
  readonly #server: Server

  /** @param run The CPU: runs until it is stopped by what it throws, or ends. */
  constructor(memory: GdbMemory, run: () => void) {
    this.#memory = memory
    this.#run = run
    this.#server = createServer(socket => this.#serve(socket))
  }

  listen(): Promise<number> {
    return new Promise(resolve => {
      this.#server.listen(0, '127.0.0.1', () => resolve((this.#server.address() as { port: number }).port))
    })
  }

  close(): void {
    this.#server.close()
  }

  #serve(socket: Socket): void {
    socket.setEncoding('latin1')
    let text = ''
    socket.on('data', (data: string) => {
      text += data
      for (;;) {
        const [all, packet] = /^[+-]*\$([^#]*)#[0-9a-f]{2}/i.exec(text) ?? []
        if (all === undefined || packet === undefined) break
        text = text.slice(all.length)
        const answer = this.#answer(packet)
        let sum = 0
        for (let i = 0; i < answer.length; i++) sum += answer.charCodeAt(i)
        socket.write(`+$${answer}#${(sum & 0xff).toString(16).padStart(2, '0')}`, 'latin1')
        if (packet === 'k' || packet.startsWith('D')) socket.end()
      }
    })
    socket.on('error', () => {})
  }

  #runOn(): string {
    try {
      this.#run()
      return 'W00'
    } catch (error) {
      return this.#memory.stopReply(error) ?? 'S0b'
    }
  }

  #answer(packet: string): string {
    const answer = this.#memory.answer(packet)
    if (answer !== undefined) {
      this.exchanges.push([packet, answer])
      return answer
    }
    if (packet.startsWith('qSupported')) return 'PacketSize=1000;qXfer:memory-map:read+;swbreak+;hwbreak+'
    if (packet === '?') return 'S05'
    if (packet === 'g') return '00000000'.repeat(16)
    if (packet.startsWith('qAttached')) return '1'
    if (packet === 'D' || packet.startsWith('H')) return 'OK'
    if (packet === 'c') {
      const reply = this.#runOn()
      this.exchanges.push([packet, reply])
      return reply
    }
    return ''
  }
}
