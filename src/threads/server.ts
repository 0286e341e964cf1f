import type { EventNotifier } from 'guestmem'
import type { Client } from './client.ts'
import type { Flush } from './flush.ts'
import type { NotifierCounts } from './notifier-counts.ts'
import type { Outbox } from './outbox.ts'
import type { Performer } from './performer.ts'
import { emptyRequest, type Request } from './request.ts'

/** Of posted stores: while some are made, the member that waits for room puts more into the ring. */
const RELEASED_AT_ONCE = 64
/** So many are made within a flush, which takes as long as what it saves of one or two. */
const WORTH_A_FLUSH = 8

/** Makes what members ask for, in rounds: one handler at a time, and never waiting for anybody. */
export class Server {
  readonly #clients: ReadonlyMap<number, Client>
  readonly #performer: Performer
  readonly #outbox: Outbox
  readonly #notifiers: NotifierCounts
  readonly #onError: (error: unknown) => void
  /** The request that is being made. Its fields are not looked at once a handler runs. */
  readonly #request: Request = emptyRequest()
  /** Posted stores are being made: an access that one of them leads to has none made before it. */
  #isDraining = false
  readonly #flush: Flush
  #isFlushing = false

  constructor(
    clients: ReadonlyMap<number, Client>,
    performer: Performer,
    outbox: Outbox,
    notifiers: NotifierCounts,
    onError: (error: unknown) => void,
    flush: Flush,
  ) {
    this.#clients = clients
    this.#performer = performer
    this.#outbox = outbox
    this.#notifiers = notifiers
    this.#onError = onError
    this.#flush = flush
  }

  /** @returns True if there was anything to do. */
  round(): boolean {
    let any = false
    for (const client of this.#clients.values()) any = this.#serve(client) || any
    any = this.#ring() || any
    return this.#outbox.flush() || any
  }

  #serve(client: Client): boolean {
    const { head } = client
    if (!client.hasBefore(head)) return false
    this.#drain(client, head)
    // A handler may have removed the member.
    if (!client.hasBefore(head) || this.#clients.get(client.id) !== client) return true
    // A request that is waited for pushes all that others had posted before it was made.
    this.drain(client)
    client.take(this.#request)
    this.#performer.perform(this.#request, client.run)
    const { low, high, result } = this.#performer
    if (this.#outbox.isOpen()) client.reply(low, high, result)
    else
      this.#outbox.tell(() => {
        if (this.#clients.get(client.id) === client) client.reply(low, high, result)
      })
    return true
  }

  /** Makes the posted stores of all members but one, as far as they have come. */
  drain(except?: Client): void {
    if (this.#isDraining) return
    for (const client of this.#clients.values()) if (client !== except) this.#drain(client, client.head)
  }

  /** Makes the posted stores of a member up to `head`, or to the request that it waits for. */
  #drain(client: Client, head: number): void {
    if (this.#isDraining || !hasPosted(client, head)) return
    if (client.countBefore(head) >= WORTH_A_FLUSH) this.#drainAtOnce()
    // Some are left where this is within a flush, which flushes nothing.
    if (!hasPosted(client, head)) return
    this.#isDraining = true
    try {
      for (let made = 1; hasPosted(client, head); made++) {
        client.take(this.#request)
        this.#performer.perform(this.#request, client.run)
        if (made % RELEASED_AT_ONCE === 0) client.release()
      }
    } finally {
      this.#isDraining = false
      client.release()
    }
  }

  /** Makes the posted stores of all members within a flush, which calls `drain`. */
  #drainAtOnce(): void {
    if (this.#isFlushing) return
    this.#isFlushing = true
    try {
      this.#flush.run()
    } finally {
      this.#isFlushing = false
    }
  }

  /** What a member has posted before it died is made, its last request is not. */
  bury(client: Client): void {
    this.#drain(client, client.head)
  }

  #ring(): boolean {
    const rung = this.#notifiers.take()
    if (rung === undefined) return false
    // What was posted before it was rung.
    this.drain()
    for (const notify of rung) this.#notify(notify)
    return true
  }

  #notify(notify: EventNotifier): void {
    try {
      notify()
    } catch (error) {
      this.#onError(error)
    }
  }
}

/** Its oldest request before `head` is a posted store. */
function hasPosted(client: Client, head: number): boolean {
  return client.hasBefore(head) && !client.waits
}
