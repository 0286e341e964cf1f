import { AddressSpace } from 'guestmem'
import { eventLoopTurn } from './event-loop-turn.ts'
import { memberOf } from './own-fields.ts'
import { QtestLines } from './qtest-lines.ts'
import { type QtestMachine, QtestSession } from './qtest-session.ts'
import { endsOf, type QtestDuplex, type QtestWebStreams } from './qtest-streams.ts'
import { shownValue, shownWord } from './shown-value.ts'

/**
 * Serves QEMU's qtest protocol on a stream: any qtest client can drive the machine. Requests are answered one by one, in
 * order. Between two of them the event loop has a turn, and while the stream takes no answers none is made, and nothing
 * is read.
 *
 * Memory and port accesses, `memset` and `endianness` are as QEMU's; the clock is a number that `clock_step` and
 * `clock_set` move and nobody reads; there are no interrupt lines, and `irq_intercept_in`, `irq_intercept_out` and
 * `set_irq_in` say so. A command that is not known or malformed is answered with `FAIL` and a reason. So is one that
 * reads, writes or sets more than 2^24 bytes, and a line of more than 2^25 + 256 bytes, which is not kept.
 *
 * @param stream A socket as it is. Of stdio, `[Symbol.asyncIterator]` that of `process.stdin`, `write` and `once` those of
 *   `process.stdout`.
 * @returns When the stream has ended, or was closed; rejects where it breaks.
 * @throws TypeError, as a rejection, where an argument is not as it must be.
 */
export async function serveQtest(stream: QtestDuplex | QtestWebStreams, machine: QtestMachine): Promise<void> {
  const session = new QtestSession(checkMachine(machine))
  const { input, send, end, abandon } = endsOf(stream)
  const lines = new QtestLines()
  try {
    for await (const chunk of input)
      for (const request of lines.ended(checkChunk(chunk))) {
        const answer = session.answer(request)
        if (answer !== undefined && !(await send(`${answer}\n`))) return abandon()
        await eventLoopTurn()
      }
  } catch (error) {
    abandon()
    throw error
  }
  end()
}

function checkChunk(chunk: unknown): string | Uint8Array {
  if (typeof chunk === 'string' || chunk instanceof Uint8Array) return chunk
  throw new TypeError(`stream must give strings or Uint8Arrays, got ${shownWord(chunk)}`)
}

function checkMachine(machine: QtestMachine): QtestMachine {
  if (typeof machine !== 'object' || machine === null)
    throw new TypeError(`machine must be an object, got ${shownValue(machine)}`)
  const [memory, io] = [memberOf(machine, 'memory'), memberOf(machine, 'io')]
  if (!(memory instanceof AddressSpace))
    throw new TypeError(`machine.memory must be an AddressSpace, got ${shownValue(memory)}`)
  if (io !== undefined && !(io instanceof AddressSpace))
    throw new TypeError(`machine.io must be an AddressSpace, got ${shownValue(io)}`)
  return { memory, io }
}
