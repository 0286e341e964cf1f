import type { ByteReader } from './byte-source.ts'
import { getU32, setU32 } from './words.ts'

// What the target of a migration says: 8 bytes, a kind and a number, and of a refusal its text behind them.

/** All up to the SYNC of this number was stored. */
export const SYNCED = 0x434e5953
/** The machine is there, as it was saved, and waits for TAKE. */
export const PREPARED = 0x50455250
/** It belongs to the target. */
export const TAKEN = 0x4e4b4154
/** The text, UTF-8 of so many bytes, says why not. */
export const REFUSED = 0x55464552

const MAX_TEXT = 4096

export interface Answer {
  readonly kind: number
  readonly number: number
  readonly text: string
}

export function answer(kind: number, number = 0, text = ''): Uint8Array {
  const encoded = new TextEncoder().encode(text).subarray(0, MAX_TEXT)
  const bytes = new Uint8Array(8 + encoded.length)
  setU32(bytes, 0, kind)
  setU32(bytes, 4, kind === REFUSED ? encoded.length : number)
  bytes.set(encoded, 8)
  return bytes
}

/**
 * Reads answers as they come, whether somebody waits for one or not: a target that refuses the machine takes no more of it, and
 * who sends would wait for ever for room.
 */
export class Answers {
  readonly #source: ByteReader
  #bytes: Uint8Array = new Uint8Array(0)
  readonly #come: Answer[] = []
  #wake: () => void = () => {}
  /** Rejected where nothing more is to be expected. */
  readonly #failed: Promise<never>

  constructor(source: ByteReader) {
    this.#source = source
    this.#failed = this.#pump()
    this.#failed.catch(() => {})
  }

  /** The next one. @throws Where the stream ends, or the target refuses. */
  async next(): Promise<Answer> {
    while (this.#come.length === 0)
      await this.orFailed(
        new Promise<void>(resolve => {
          this.#wake = resolve
        }),
      )
    return this.#come.shift() as Answer
  }

  /** Waits for something, as long as the target is there. */
  orFailed<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([promise, this.#failed])
  }

  async #pump(): Promise<never> {
    for (;;) {
      const answer = await this.#read()
      if (answer.kind === REFUSED) throw new Error(`the target has refused it: ${answer.text}`)
      this.#come.push(answer)
      this.#wake()
    }
  }

  async #read(): Promise<Answer> {
    const head = await this.#take(8)
    const kind = getU32(head, 0)
    const number = getU32(head, 4)
    if (kind !== SYNCED && kind !== PREPARED && kind !== TAKEN && kind !== REFUSED)
      throw new Error('the target answers with something else: is receiveMachine at the other end?')
    if (kind !== REFUSED) return { kind, number, text: '' }
    if (number > MAX_TEXT) throw new Error('the target answers with something else')
    return { kind, number: 0, text: new TextDecoder().decode(await this.#take(number)) }
  }

  async #take(length: number): Promise<Uint8Array> {
    while (this.#bytes.length < length) {
      const piece = await this.#source.read()
      if (piece === undefined) throw new Error('the target has closed the stream')
      const both = new Uint8Array(this.#bytes.length + piece.length)
      both.set(this.#bytes)
      both.set(piece, this.#bytes.length)
      this.#bytes = both
    }
    const taken = this.#bytes.slice(0, length)
    this.#bytes = this.#bytes.subarray(length)
    return taken
  }
}
