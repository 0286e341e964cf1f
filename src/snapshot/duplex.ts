import { show } from '../check.ts'
import type { ByteReader } from './byte-source.ts'

/** Both directions of a connection, as web streams: a WebTransport's, or a socket of Node through `Duplex.toWeb`. */
export interface WebDuplex {
  readonly readable: {
    getReader(): { read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>; releaseLock(): void }
  }
  readonly writable: {
    getWriter(): { readonly ready: Promise<unknown>; write(bytes: Uint8Array): Promise<void>; releaseLock(): void }
  }
}

/** A socket of Node, or what is like one. */
export interface NodeDuplex extends AsyncIterable<Uint8Array> {
  /** False where it has more than it wants to keep: then `drain` is waited for. */
  write(bytes: Uint8Array): boolean
  once(event: 'drain' | 'close' | 'error', listener: (error?: unknown) => void): unknown
  removeListener(event: 'drain' | 'close' | 'error', listener: (error?: unknown) => void): unknown
  readonly destroyed?: boolean | undefined
}

/** A connection, whatever it is made of. `close` lets go of it: to end it is its owner's. */
export interface Connection extends ByteReader {
  /** When it can take more. @throws Where it is closed. */
  write(bytes: Uint8Array): Promise<void>
}

/** @throws TypeError where `stream` is none. */
export function connectionOf(stream: unknown): Connection {
  if (typeof stream === 'object' && stream !== null) {
    const { readable, writable } = stream as Partial<WebDuplex>
    if (typeof readable?.getReader === 'function' && typeof writable?.getWriter === 'function')
      return webConnection({ readable, writable })
    const node = stream as Partial<NodeDuplex>
    if (typeof node.write === 'function' && typeof node.once === 'function' && Symbol.asyncIterator in stream)
      return nodeConnection(stream as NodeDuplex)
  }
  throw new TypeError(
    `stream must have both directions, readable and writable web streams or a duplex stream of Node, got ${show(stream)}`,
  )
}

function webConnection({ readable, writable }: WebDuplex): Connection {
  const reader = readable.getReader()
  const writer = writable.getWriter()
  let failed: { readonly error: unknown } | undefined
  return {
    read: async () => {
      const { done, value } = await reader.read()
      return done ? undefined : value
    },
    write: async bytes => {
      // As many are on their way as the stream has room for; one that failed is seen by the next.
      writer.write(bytes).catch(error => {
        failed = { error }
      })
      await writer.ready
      if (failed !== undefined) throw failed.error
    },
    close() {
      for (const each of [reader, writer]) {
        try {
          each.releaseLock()
        } catch {
          // An engine may refuse it while somebody reads: then its owner ends what is below.
        }
      }
    },
  }
}

function nodeConnection(stream: NodeDuplex): Connection {
  const iterator = stream[Symbol.asyncIterator]()
  return {
    read: async () => {
      const { done, value } = await iterator.next()
      return done ? undefined : value
    },
    write: async bytes => {
      if (stream.destroyed === true) throw new Error('the stream is closed')
      if (!stream.write(bytes)) await drained(stream)
    },
    close() {},
  }
}

function drained(stream: NodeDuplex): Promise<void> {
  return new Promise((resolve, reject) => {
    const listeners = {
      drain: () => end(resolve),
      close: () => end(() => reject(new Error('the stream was closed'))),
      error: (error?: unknown) => end(() => reject(error)),
    }
    const end = (settle: () => void): void => {
      for (const [event, listener] of Object.entries(listeners)) stream.removeListener(event as 'drain', listener)
      settle()
    }
    for (const [event, listener] of Object.entries(listeners)) stream.once(event as 'drain', listener)
  })
}
