import { createHash } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { Socket } from 'node:net'

/** The server's end of a connection: as much of RFC 6455 as a stream needs, with frames of one piece. */
export class Connection {
  readyState = 1
  readonly #socket: Socket
  readonly #listeners = new Set<(event: { data: unknown }) => void>()
  #left = Buffer.alloc(0)

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', data => this.#read(data))
    socket.on('close', () => {
      this.readyState = 3
    })
    socket.on('error', () => socket.destroy())
  }

  get bufferedAmount(): number {
    return this.#socket.writableLength
  }

  send(message: string | ArrayBuffer): void {
    const body = typeof message === 'string' ? Buffer.from(message) : Buffer.from(message)
    this.#frame(typeof message === 'string' ? 1 : 2, body)
  }

  /** Ends as a process does that is killed. */
  breakOff(): void {
    this.#socket.destroy()
  }

  addEventListener(_: 'message', listener: (event: { data: unknown }) => void): void {
    this.#listeners.add(listener)
  }

  removeEventListener(_: 'message', listener: (event: { data: unknown }) => void): void {
    this.#listeners.delete(listener)
  }

  #frame(code: number, body: Buffer): void {
    const head = Buffer.alloc(10)
    head[0] = 0x80 | code
    head[1] = 127
    head.writeBigUInt64BE(BigInt(body.length), 2)
    if (body.length < 126) head[1] = body.length
    else if (body.length < 65_536) {
      head[1] = 126
      head.writeUInt16BE(body.length, 2)
    }
    const headBytes = body.length < 126 ? 2 : body.length < 65_536 ? 4 : 10
    this.#socket.write(Buffer.concat([head.subarray(0, headBytes), body]))
  }

  /** Frames of a page are masked, and these are short. */
  #read(data: Buffer): void {
    this.#left = Buffer.concat([this.#left, data])
    while (this.#left.length >= 6) {
      const [first = 0, second = 0] = this.#left
      const length = second & 0x7f
      const isShort = length < 126 && (second & 0x80) !== 0
      if (!isShort) {
        this.breakOff()
        return
      }
      if (this.#left.length < 6 + length) return
      const mask = this.#left.subarray(2, 6)
      const body = this.#left.subarray(6, 6 + length).map((byte, index) => byte ^ (mask[index % 4] as number))
      this.#left = this.#left.subarray(6 + length)
      if ((first & 0xf) === 8) this.#socket.end(Buffer.from([0x88, 0]))
      if ((first & 0xf) === 1) for (const listener of this.#listeners) listener({ data: Buffer.from(body).toString() })
    }
  }
}

/** A server that takes WebSockets and nothing else. */
export function websocketServer(connected: (connection: Connection) => void): Server {
  const server = createServer((_, response) => response.writeHead(426).end())
  server.on('upgrade', ({ headers }, socket: Socket) => {
    const accept = createHash('sha1').update(`${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept.digest('base64')}\r\n\r\n`,
    )
    connected(new Connection(socket))
  })
  return server
}
