import { PassThrough } from 'node:stream'
import { type QtestMachine, serveQtest } from '../../src/qemu/qemu.ts'

/** Sends requests one by one, as qtest's clients do, and waits for each answer. */
export class QtestClient {
  readonly #done: Promise<void>
  readonly #requests = new PassThrough()
  #answered: (text: string) => void = () => {}

  constructor(machine: QtestMachine) {
    const requests = this.#requests
    const stream = {
      [Symbol.asyncIterator]: (): AsyncIterator<Uint8Array> => requests[Symbol.asyncIterator](),
      write: (text: string) => this.#answered(text),
    }
    this.#done = serveQtest(stream, machine)
  }

  ask(request: string): Promise<string> {
    return new Promise(resolve => {
      this.#answered = text => resolve(text.replace(/\n$/, ''))
      this.#requests.write(`${request}\n`)
    })
  }

  close(): Promise<void> {
    this.#requests.end()
    return this.#done
  }
}
