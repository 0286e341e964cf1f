/** All that a stream gives. */
export async function bytesOf(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  const reader = stream.getReader()
  for (let next = await reader.read(); !next.done; next = await reader.read()) parts.push(next.value)
  return joined(parts)
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** Gives bytes once, in pieces of these sizes, over and over. */
export async function* inPieces(bytes: Uint8Array, ...sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? bytes.length
    yield bytes.slice(at, at + size)
    at += size
  }
}

/** Two ends of a connection, as web streams. `cut` breaks both directions. */
export function connectionPair(): {
  readonly near: Ends
  readonly far: Ends
  cut(): void
} {
  const there = new Pipe()
  const back = new Pipe()
  return {
    near: { readable: back.readable, writable: there.writable },
    far: { readable: there.readable, writable: back.writable },
    cut: () => {
      there.cut()
      back.cut()
    },
  }
}

export interface Ends {
  readonly readable: ReadableStream<Uint8Array>
  readonly writable: WritableStream<Uint8Array>
}

/** One direction. What is written is read as it is; a cut one fails on both sides. */
class Pipe {
  readonly readable: ReadableStream<Uint8Array>
  readonly writable: WritableStream<Uint8Array>
  #cut: () => void = () => {}

  constructor() {
    let readable!: ReadableStreamDefaultController<Uint8Array>
    let writable!: WritableStreamDefaultController
    let wake: () => void = () => {}
    this.readable = new ReadableStream<Uint8Array>(
      {
        start(controller) {
          readable = controller
        },
        pull: () => wake(),
      },
      { highWaterMark: 2 },
    )
    this.writable = new WritableStream<Uint8Array>({
      start(controller) {
        writable = controller
      },
      async write(bytes) {
        if ((readable.desiredSize ?? 0) <= 0)
          await new Promise<void>(resolve => {
            wake = resolve
          })
        readable.enqueue(bytes)
      },
    })
    this.#cut = () => {
      const error = new Error('the connection is cut')
      writable.error(error)
      try {
        readable.error(error)
      } catch {}
      wake()
    }
  }

  cut(): void {
    this.#cut()
  }
}
