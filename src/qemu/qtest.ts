import { AddressSpace } from 'guestmem'
import { type QtestMachine, QtestSession } from './qtest-session.ts'

/** A duplex stream that is read by iteration, as Node's sockets are. */
export interface QtestDuplex extends AsyncIterable<string | Uint8Array> {
  /** A promise is waited for. A client waits for its answer before it asks again, so answers do not pile up. */
  write(text: string): unknown
}

/** A pair of web streams of bytes, as sockets in other engines are. */
export interface QtestWebStreams {
  readonly readable: { getReader(): { read(): Promise<{ done: boolean; value?: string | Uint8Array | undefined }> } }
  readonly writable: { getWriter(): { write(bytes: Uint8Array): Promise<void> } }
}

interface Ends {
  readonly input: AsyncIterable<string | Uint8Array>
  send(text: string): unknown
}

/**
 * Serves QEMU's qtest protocol on a stream: any qtest client can drive the machine. Requests are answered one by one, in
 * order.
 *
 * Memory and port accesses, `memset` and `endianness` are as QEMU's; the clock is a number that `clock_step` and
 * `clock_set` move and nobody reads; there are no interrupt lines, and `irq_intercept_in`, `irq_intercept_out` and
 * `set_irq_in` say so. A command that is not known or malformed is answered with `FAIL` and a reason.
 *
 * @param stream A socket as it is. Of stdio, `[Symbol.asyncIterator]` that of `process.stdin` and `write` to
 * `process.stdout`.
 * @returns When the stream has ended; rejects where it breaks.
 */
export async function serveQtest(stream: QtestDuplex | QtestWebStreams, machine: QtestMachine): Promise<void> {
  const { input, send } = endsOf(stream)
  const session = new QtestSession(checkMachine(machine))
  const decoder = new TextDecoder()
  // Pieces of a line that has not ended yet: a long write comes in many, and is joined once.
  let pending: string[] = []
  for await (const chunk of input) {
    const lines = (typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })).split('\n')
    for (let i = 0; i < lines.length - 1; i++) {
      const answer = session.answer(pending.join('') + lines[i])
      pending = []
      if (answer !== undefined) await send(`${answer}\n`)
    }
    pending.push(lines[lines.length - 1] as string)
  }
}

function endsOf(stream: QtestDuplex | QtestWebStreams): Ends {
  if (typeof stream === 'object' && stream !== null) {
    if ('readable' in stream && 'writable' in stream && typeof stream.readable === 'object') {
      const writer = stream.writable.getWriter()
      const encoder = new TextEncoder()
      return { input: chunks(stream.readable.getReader()), send: text => writer.write(encoder.encode(text)) }
    }
    if (Symbol.asyncIterator in stream && typeof stream.write === 'function')
      return { input: stream, send: text => stream.write(text) }
  }
  throw new TypeError(`stream must have async iteration and write, or readable and writable, got ${kindOf(stream)}`)
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

function checkMachine(machine: QtestMachine): QtestMachine {
  if (typeof machine !== 'object' || machine === null)
    throw new TypeError(`machine must be an object, got ${kindOf(machine)}`)
  if (!(machine.memory instanceof AddressSpace))
    throw new TypeError(`machine.memory must be an AddressSpace, got ${kindOf(machine.memory)}`)
  if (machine.io !== undefined && !(machine.io instanceof AddressSpace))
    throw new TypeError(`machine.io must be an AddressSpace, got ${kindOf(machine.io)}`)
  return machine
}

function kindOf(value: unknown): string {
  return value === null || value === undefined ? String(value) : typeof value === 'object' ? 'an object' : String(value)
}
