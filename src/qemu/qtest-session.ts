import type { AddressSpace } from 'guestmem'
import { fillBytes, readBytes, readValue, writeBytes, writeValue } from './qtest-access.ts'
import {
  base64Data,
  firstWords,
  hexData,
  parseBase64Data,
  parseHexData,
  parseNumber,
  parseSize,
  QtestFailure,
} from './qtest-arguments.ts'
import { MAX_LINE } from './qtest-limits.ts'
import type { QtestLine } from './qtest-lines.ts'
import { shortened } from './shown-value.ts'

/** What a qtest client drives. */
export interface QtestMachine {
  /** What `read*`, `write*` and `memset` reach; its byte order is the target's. */
  readonly memory: AddressSpace
  /** What `in*` and `out*` reach. Without it they fail. */
  readonly io?: AddressSpace | undefined
}

/** Bytes, by the last letter of a command: `readb` is 1 byte, `readq` is 8. */
const SIZES: ReadonlyMap<string, number> = /* @__PURE__ */ new Map([
  ['b', 1],
  ['w', 2],
  ['l', 4],
  ['q', 8],
])

/** Words that are looked at: the command, and the arguments of the one that has most. */
const MOST_WORDS = 4

const NO_LINES = 'OK no-op: this server has no interrupt lines'

/**
 * One client's conversation: a request is a line, its answer another. The commands and their answers are those of QEMU's
 * documentation of the QTest protocol; what a guest's access comes to (DECODE_ERROR) is no failure of the command.
 */
export class QtestSession {
  readonly #machine: QtestMachine
  /** Nanoseconds. */
  #clock = 0n

  constructor(machine: QtestMachine) {
    this.#machine = machine
  }

  /** @returns The answer, without its end of line; undefined where the line says nothing. */
  answer(request: QtestLine): string | undefined {
    if ('tooLong' in request)
      return `FAIL a request must have at most ${MAX_LINE} bytes, got a line of ${request.tooLong}`
    const [command, ...words] = firstWords(request.line, MOST_WORDS)
    if (command === undefined) return undefined
    try {
      return this.#run(command, words)
    } catch (error) {
      // Also what a device's handler throws: the client learns of it, and the conversation goes on.
      const { message } = error instanceof Error ? error : new Error(String(error))
      return `FAIL ${error instanceof QtestFailure ? message : `${command}: ${message}`}`.replace(/\s+/g, ' ')
    }
  }

  #run(command: string, words: readonly string[]): string {
    const [, verb, letter = ''] = /^(read|write|in|out)([bwlq])$/.exec(command) ?? []
    if (verb === 'read' || verb === 'write') return this.#value(verb, SIZES.get(letter) ?? 0, words)
    if ((verb === 'in' || verb === 'out') && letter !== 'q') return this.#port(verb, SIZES.get(letter) ?? 0, words)
    switch (command) {
      case 'read':
      case 'b64read':
      case 'write':
      case 'b64write':
      case 'memset':
        return this.#block(command, words)
      case 'endianness':
        return `OK ${this.#machine.memory.endian}`
      case 'clock_step':
        // Without a time: on to the next timer, and there is none.
        return this.#setClock(this.#clock + (words.length === 0 ? 0n : parseNumber(words[0], 'NS')))
      case 'clock_set':
        return this.#setClock(parseNumber(words[0], 'NS'))
      case 'irq_intercept_in':
      case 'irq_intercept_out':
      case 'set_irq_in':
        return NO_LINES
      default:
        throw new QtestFailure(`Unknown command '${shortened(command)}'`)
    }
  }

  #value(verb: 'read' | 'write', size: number, words: readonly string[]): string {
    const address = parseNumber(words[0], 'ADDR')
    const { memory } = this.#machine
    if (verb === 'read') return `OK 0x${readValue(memory, address, size).toString(16).padStart(16, '0')}`
    writeValue(memory, address, size, parseNumber(words[1], 'VALUE'))
    return 'OK'
  }

  #port(verb: 'in' | 'out', size: number, words: readonly string[]): string {
    const { io } = this.#machine
    if (io === undefined) throw new QtestFailure('this machine has no port I/O')
    const address = BigInt.asUintN(16, parseNumber(words[0], 'ADDR'))
    if (verb === 'in') return `OK 0x${readValue(io, address, size).toString(16).padStart(4, '0')}`
    writeValue(io, address, size, parseNumber(words[1], 'VALUE'))
    return 'OK'
  }

  #block(command: 'read' | 'b64read' | 'write' | 'b64write' | 'memset', words: readonly string[]): string {
    const { memory } = this.#machine
    const address = parseNumber(words[0], 'ADDR')
    const size = parseSize(words[1])
    if (command === 'read') return `OK ${hexData(readBytes(memory, address, size))}`
    if (command === 'b64read') return `OK ${base64Data(readBytes(memory, address, size))}`
    if (command === 'write') writeBytes(memory, address, parseHexData(words[2], size))
    else if (command === 'b64write') writeBytes(memory, address, parseBase64Data(words[2], size))
    else fillBytes(memory, address, Number(BigInt.asUintN(8, parseNumber(words[2], 'VALUE'))), size)
    return 'OK'
  }

  /** Time does not go back. */
  #setClock(time: bigint): string {
    if (time > this.#clock) this.#clock = time
    return `OK ${this.#clock}`
  }
}
