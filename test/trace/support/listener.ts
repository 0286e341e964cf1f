import type { TraceEvent } from 'guestmem/trace'
import type { NameLine } from '../../../src/trace/names.ts'
import { readBatch } from '../../../src/trace/stream-batch.ts'
import { readStreamMessage } from '../../../src/trace/stream-message.ts'

/** Takes all that a stream says, in order, as one who trusts it. */
export class Listener {
  readonly types: string[] = []
  readonly maps: string[] = []
  readonly batches: number[] = []
  events: TraceEvent[] = []
  dropped = 0
  stream = 0
  readonly #names: NameLine[] = []

  takeAll(messages: readonly unknown[]): this {
    for (const message of messages) this.#take(message)
    return this
  }

  #take(data: unknown): void {
    const message = typeof data === 'string' ? readStreamMessage(data) : readBatch(data as ArrayBuffer)
    if (typeof message === 'string') throw new Error(message)
    this.types.push(message.type)
    this.stream = message.stream
    if (message.type === 'map') this.maps.push(message.text)
    if (message.type === 'dropped') this.dropped = message.count
    if (message.type === 'names') this.#names.push(...message.names)
    if (message.type === 'hello') this.#names.length = 0
    if (message.type !== 'batch') return
    this.batches.push(message.batch)
    const named = (sort: string) => (id: number) => {
      const [, , name, kind] = this.#names.find(each => each[0] === sort && each[1] === id) ?? []
      return name === undefined ? undefined : { name, kind }
    }
    this.events = this.events.concat(message.events({ space: named('s'), region: named('r') }))
  }
}
