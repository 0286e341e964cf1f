import { checkFunction, checkObject, optionalField, show } from '../check.ts'
import { readListenerMessage } from './stream-message.ts'

/**
 * Where a stream of a trace goes: a `BroadcastChannel` or a `MessagePort`, a `WebSocket` of a browser or of a library for Node, or
 * whatever has one of their methods. Messages are strings and ArrayBuffers.
 */
export interface TraceTarget {
  /** Of what is no connection, and may have no listener, one, or many. */
  postMessage?(message: string | ArrayBuffer): void
  /** Of a connection, which has one listener. */
  send?(message: string | ArrayBuffer): void
  /** Of a connection: bytes that were given to `send` and have not left. From 4 MiB on nothing more is sent. */
  readonly bufferedAmount?: number | undefined
  /** Of a connection: 0 until it is open, 1 while it is, more from then on. Open unless said. */
  readonly readyState?: number | undefined
  /** By it listeners are heard: who joins a channel, and how far they have come. */
  addEventListener?(type: 'message', listener: (event: { data: unknown }) => void): void
  removeEventListener?(type: 'message', listener: (event: { data: unknown }) => void): void
  /** Of a MessagePort, which is silent before. */
  start?(): void
}

/** Bytes that may wait in a connection. */
const MOST_BUFFERED: number = 4 * 2 ** 20
/** Batches that a listener may have before it, unseen. */
const MOST_UNSEEN = 8

/** A target of a stream, and what its listeners were told. */
export class StreamTarget {
  /** A listener is to be told everything anew. */
  wantsHello: boolean
  /** There is a listener, as far as is known. */
  joined: boolean
  /** How many names it was told, and which map. */
  names = 0
  map = 0
  /** Of all that was dropped: what was so before its hello, what it was told, and what it alone has missed. */
  droppedBefore = 0
  toldDropped = 0
  missed = 0
  readonly #target: TraceTarget
  readonly #stream: number
  readonly #isConnection: boolean
  readonly #hear: ((event: { data: unknown }) => void) | undefined
  /** Numbers of batches that were sent and not seen, as far as is known. */
  #unseen: number[] = []
  #acknowledges: boolean
  #failed = false

  /** @throws TypeError naming what a target lacks. */
  constructor(target: TraceTarget, stream: number) {
    const fields = checkObject(target, 'target')
    const send = optionalField(fields, 'send')
    if (send === undefined && optionalField(fields, 'postMessage') === undefined)
      throw new TypeError('target must have a method postMessage or send, got an object that has neither')
    for (const name of ['bufferedAmount', 'readyState'] as const) {
      const value = optionalField(fields, name)
      if (value !== undefined && typeof value !== 'number')
        throw new TypeError(`target.${name} must be a number, got ${show(value)}`)
    }
    for (const name of ['postMessage', 'send', 'addEventListener', 'removeEventListener', 'start'] as const) {
      const value = optionalField(fields, name)
      if (value !== undefined) checkFunction(value, `target.${name}`)
    }
    this.#target = target
    this.#stream = stream
    this.#isConnection = send !== undefined
    const hears = optionalField(fields, 'addEventListener') !== undefined
    // A connection has its listener from the beginning, who may say nothing. Who listens at a channel says so.
    this.joined = this.#isConnection || !hears
    this.wantsHello = this.joined
    this.#acknowledges = hears && !this.#isConnection
    if (!hears) return
    this.#hear = event => this.#heard(event?.data)
    target.addEventListener?.('message', this.#hear)
    if (optionalField(fields, 'start') !== undefined) target.start?.()
  }

  /** A connection that has ended, or a target that has thrown. */
  get isGone(): boolean {
    return this.#failed || this.#state > 1
  }

  /** What is sent now would leave before long, as far as can be known. */
  get hasRoom(): boolean {
    const { bufferedAmount } = this.#target
    const isFull = typeof bufferedAmount === 'number' && bufferedAmount >= MOST_BUFFERED
    return this.joined && this.isOpen && !isFull && this.#unseen.length < MOST_UNSEEN
  }

  get isOpen(): boolean {
    return !this.#failed && this.#state === 1
  }

  get #state(): number {
    const { readyState } = this.#target
    return this.#isConnection && typeof readyState === 'number' ? readyState : 1
  }

  /** Begins anew with a listener. */
  greet(dropped: number): void {
    this.wantsHello = false
    this.joined = true
    this.names = 0
    this.map = 0
    this.droppedBefore = dropped
    this.toldDropped = 0
    this.missed = 0
    this.#unseen = []
  }

  say(message: string | ArrayBuffer): void {
    if (this.#failed) return
    try {
      if (this.#isConnection) this.#target.send?.(message)
      else this.#target.postMessage?.(message)
    } catch {
      // It was closed. Who reads the trace must not end the machine that is traced.
      this.#failed = true
    }
  }

  sayBatch(batch: ArrayBuffer, number: number): void {
    if (this.#acknowledges) this.#unseen.push(number)
    this.say(batch)
  }

  #heard(data: unknown): void {
    const message = readListenerMessage(data)
    if (message === undefined) return
    if (message.type === 'join') this.wantsHello = true
    else if (message.stream === this.#stream) {
      this.#acknowledges = true
      // Of a listener who is behind, the others have seen more.
      const newest = this.#unseen.lastIndexOf(message.batch)
      this.#unseen.splice(0, newest + 1)
    }
  }

  /** Hears no longer. What the target is remains the caller's. */
  release(): void {
    if (this.#hear === undefined) return
    try {
      this.#target.removeEventListener?.('message', this.#hear)
    } catch {
      // It is gone.
    }
  }
}
