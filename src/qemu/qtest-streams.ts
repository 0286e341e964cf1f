import { memberOf } from './own-fields.ts'
import { shownWord } from './shown-value.ts'

/** A duplex stream that is read by iteration, as Node's sockets are. */
export interface QtestDuplex extends AsyncIterable<string | Uint8Array> {
  /**
   * Takes an answer. Where it gives a promise, that is waited for before the next request is looked at; where it gives
   * false, as a Node stream does that has taken more than it can pass on, the event `drain` is.
   */
  write(text: string): unknown
  /** How `drain`, `close` and `error` are heard, as of a Node stream. Without it false can't be waited for. */
  once?(event: 'drain' | 'close' | 'error', listener: (error?: unknown) => void): unknown
}

/** A pair of web streams of bytes, as sockets in other engines are. */
export interface QtestWebStreams {
  readonly readable: { getReader(): { read(): Promise<{ done: boolean; value?: string | Uint8Array | undefined }> } }
  readonly writable: { getWriter(): { write(bytes: Uint8Array): Promise<void> } }
}

/** Both ends of a client's stream. */
export interface QtestEnds {
  readonly input: AsyncIterable<string | Uint8Array>
  /** @returns When the stream can take more: false where it will not, since it is closed. */
  send(text: string): Promise<boolean>
  /** Says that all is answered: what is sent already still goes out. */
  end(): void
  /** Gives the stream up, and what is not sent yet with it. */
  abandon(): void
}

/** @throws TypeError where `stream` is neither. */
export function endsOf(stream: QtestDuplex | QtestWebStreams): QtestEnds {
  if (typeof stream === 'object' && stream !== null) {
    const web = webStreamsOf(stream)
    if (web !== undefined) return webEnds(web)
    if (Symbol.asyncIterator in stream && typeof stream.write === 'function') {
      const output = new DuplexOutput(stream)
      const ends = isNodeDuplex(stream) ? nodeEnds(stream) : { input: stream, end() {}, abandon() {} }
      return { ...ends, send: text => output.send(text) }
    }
  }
  throw new TypeError(`stream must have async iteration and write, or readable and writable, got ${shownWord(stream)}`)
}

/** A Node stream has members of these names too, which are booleans. */
function webStreamsOf(stream: object): QtestWebStreams | undefined {
  const [readable, writable] = [memberOf(stream, 'readable'), memberOf(stream, 'writable')]
  const both = [readable, writable].every(each => typeof each === 'object' && each !== null)
  return both ? ({ readable, writable } as QtestWebStreams) : undefined
}

function webEnds({ readable, writable }: QtestWebStreams): QtestEnds {
  const reader = readable.getReader()
  const writer = writable.getWriter()
  const encoder = new TextEncoder()
  return {
    input: chunks(reader),
    send: async text => {
      await writer.write(encoder.encode(text))
      return true
    },
    end() {},
    abandon() {},
  }
}

/** Not every engine can iterate over a web stream. */
async function* chunks(
  reader: ReturnType<QtestWebStreams['readable']['getReader']>,
): AsyncGenerator<string | Uint8Array> {
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    if (value !== undefined) yield value
  }
}

/** What a Duplex of Node has that is of use here. */
interface NodeDuplex extends QtestDuplex {
  allowHalfOpen: boolean
  iterator(options: { destroyOnReturn: boolean }): AsyncIterable<string | Uint8Array>
  end(): unknown
  destroy(): unknown
}

function isNodeDuplex(stream: object): stream is NodeDuplex {
  const methods = ['iterator', 'end', 'destroy'].map(key => memberOf(stream, key))
  return methods.every(method => typeof method === 'function') && typeof memberOf(stream, 'allowHalfOpen') === 'boolean'
}

/**
 * A client may send requests, end its side and wait for the answers. Node would end our side as soon as the client's
 * end has come in, though requests wait here for their turn, and would drop what is not sent yet at the end of the
 * iteration: so the stream is kept half open, and is ended here.
 */
function nodeEnds(stream: NodeDuplex): Omit<QtestEnds, 'send'> {
  stream.allowHalfOpen = true
  return {
    input: stream.iterator({ destroyOnReturn: false }),
    end: () => void stream.end(),
    abandon: () => void stream.destroy(),
  }
}

/** The writing end of a stream that says how full it is. */
class DuplexOutput {
  readonly #stream: QtestDuplex
  readonly #errors: unknown[] = []
  #closed = false
  /** Lets go of whoever waits for room. */
  #resume: () => void = () => {}

  constructor(stream: QtestDuplex) {
    this.#stream = stream
    if (typeof stream.once !== 'function') return
    // A stream that is closed while it is full never drains.
    stream.once('close', () => this.#close())
    stream.once('error', (error: unknown) => {
      this.#errors.push(error)
      this.#close()
    })
  }

  async send(text: string): Promise<boolean> {
    if (!this.#closed && (await this.#stream.write(text)) === false) await this.#room()
    if (this.#errors.length > 0) throw this.#errors[0]
    return !this.#closed
  }

  #room(): Promise<void> | undefined {
    if (this.#closed || typeof this.#stream.once !== 'function') return undefined
    return new Promise(resolve => {
      this.#resume = resolve
      this.#stream.once?.('drain', () => resolve())
    })
  }

  #close(): void {
    this.#closed = true
    this.#resume()
  }
}
