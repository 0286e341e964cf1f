import { AddressSpace, type GuestRam } from 'guestmem'
import { checkFunction, checkInteger, show } from '../check.ts'
import { announceEnd } from './announce-end.ts'
import { Attention } from './attention.ts'
import { Client } from './client.ts'
import { controlWords, cutControlBlock } from './control-block.ts'
import { Flush } from './flush.ts'
import { Grace } from './grace.ts'
import type { BoardHandle } from './handle.ts'
import { ATTENTION, Layout, PENDING, RUN_BYTES } from './layout.ts'
import { BOARD_NOT_CLONED } from './not-cloned.ts'
import { NotifierCounts } from './notifier-counts.ts'
import { type BoardOptions, checkBoardOptions } from './options.ts'
import { Outbox } from './outbox.ts'
import { Performer } from './performer.ts'
import { Publisher } from './publisher.ts'
import { RamList } from './ram-list.ts'
import { Server } from './server.ts'
import { Service } from './service.ts'
import { ringOwner, wakeMember } from './sleep.ts'
import { StallWatch } from './stall-watch.ts'

/**
 * The thread that owns a machine's map and all of its devices. Other threads are members: they touch RAM themselves, and
 * ask this one for everything else. It waits for none of them, so that a page's main thread can be it.
 */
export class Board {
  /** @internal First of all fields, so that nothing is cloned before it is refused. */
  readonly clone: () => never
  readonly space: AddressSpace
  readonly #words: Int32Array
  readonly #layout: Layout
  readonly #control: { readonly offset: number; readonly size: number }
  readonly #block: ReturnType<GuestRam['block']>
  readonly #rams: RamList
  readonly #clients = new Map<number, Client>()
  readonly #grace: Grace
  readonly #outbox: Outbox
  readonly #notifiers: NotifierCounts
  readonly #flush: Flush
  readonly #publisher: Publisher
  readonly #server: Server
  readonly #service: Service
  readonly #stalls: StallWatch
  readonly #onError: (error: unknown) => void
  #isClosed = false

  /**
   * @param space What the machine's CPUs see. Its devices' handlers run in this thread.
   * @param ram Shared guest RAM, in which a block is cut for what the threads say to one another.
   */
  constructor(space: AddressSpace, ram: GuestRam, options: BoardOptions = {}) {
    this.clone = BOARD_NOT_CLONED
    if (!(space instanceof AddressSpace)) throw new TypeError(`space must be an AddressSpace, got ${show(space)}`)
    const { shape, rams, spinMs, stallMs, onStall, onError } = checkBoardOptions(options)
    this.#rams = new RamList([ram, ...rams])
    this.#layout = new Layout(shape)
    this.space = space
    this.#block = cutControlBlock(ram, 4 * this.#layout.words)
    this.#control = { offset: this.#block.offset, size: this.#block.size }
    this.#words = controlWords(this.#block)
    this.#grace = new Grace(this.#words, this.#layout, this.#clients)
    this.#outbox = new Outbox(this.#grace, () => this.#publish())
    this.#notifiers = new NotifierCounts(this.#words, this.#layout)
    // Behind what may be refused: it has a space, which nobody would destroy.
    this.#flush = new Flush()
    this.#server = new Server(
      this.#clients,
      new Performer(space, onError),
      this.#outbox,
      this.#notifiers,
      onError,
      this.#flush,
    )
    this.#publisher = new Publisher(
      this.#words,
      this.#layout,
      space,
      this.#rams,
      this.#notifiers,
      this.#grace,
      this.#clients,
      () => ringOwner(this.#words),
      () => this.#server.drain(),
    )
    this.#stalls = new StallWatch(this.#grace, stallMs, onStall)
    this.#service = new Service(this.#words, () => this.#server.round(), this.#stalls, spinMs)
    this.#onError = onError
    this.#publish()
  }

  /**
   * A place for one more thread, to be posted to it: `new Member(handle)` there.
   *
   * @throws RangeError where there is no place: `options.members` says how many there are.
   */
  handle(): BoardHandle {
    this.#refuseClosed()
    const { members } = this.#layout.shape
    let id = 0
    while (this.#clients.has(id)) id++
    if (id === members)
      throw new RangeError(`options.members must be more than ${members}: all places are taken, and none was removed`)
    this.#publish()
    const at = this.#layout.member(id)
    // A former thread of this place has left its words.
    this.#words.fill(0, at, this.#layout.member(id + 1))
    const run = this.#block.view(this.#layout.runBytes(id), RUN_BYTES)
    this.#clients.set(id, new Client(this.#words, this.#layout, id, run))
    const { shape } = this.#layout
    return { id, endian: this.space.endian, rams: this.#rams.handles(), control: this.#control, shape }
  }

  /** Serves members in turns of this thread's event loop. @returns What ends it. */
  listen(): () => void {
    this.#refuseClosed()
    return this.#service.listen()
  }

  /**
   * Serves members in a worker that does nothing else: it blocks. Returns once `done()`, which is asked after whatever was
   * served and every 50 ms, or once the board is closed.
   */
  serve(done: () => boolean = () => false): void {
    checkFunction(done, 'done')
    this.#refuseClosed()
    this.#service.serve(done)
  }

  /**
   * Raises interrupts of a member: once every thread uses the map of now, and after all replies before it. What was stored to
   * guest memory before this call is there for the member that takes them.
   *
   * @param bits A set of 32.
   */
  raise(id: number, bits: number): void {
    const client = this.#clientOf(id)
    checkInteger(bits, 'bits', -(2 ** 31), 2 ** 32 - 1)
    this.#outbox.tell(() => {
      if (this.#clients.get(id) !== client) return
      Atomics.or(this.#words, client.at + PENDING, bits | 0)
      this.#call(client, Attention.INTERRUPT)
    })
  }

  /** Asks a member to end, all of them unless one is named: `poll` and `halt` give Attention.STOP. */
  stop(id?: number): void {
    for (const client of id === undefined ? this.#clients.values() : [this.#clientOf(id)])
      this.#call(client, Attention.STOP)
  }

  /**
   * A member's thread has ended, in whatever it was doing: nobody waits for it any more. The stores that it had posted
   * are made; what it was waiting for is not answered. Its place can be given to another thread.
   */
  remove(id: number): void {
    const client = this.#clientOf(id)
    this.#server.bury(client)
    this.#clients.delete(id)
    ringOwner(this.#words)
  }

  /**
   * Resolves once no thread uses an older map than that of now, so that memory that is no longer shown may be used for
   * something else. It needs `listen`; within `serve`, where no promise resolves, see `afterSettled`.
   */
  get settled(): Promise<void> {
    return new Promise(resolve => this.#outbox.tell(resolve))
  }

  /** The same as a callback: made at once, or in order with replies and interrupts. */
  afterSettled(callback: () => void): void {
    checkFunction(callback, 'callback')
    this.#outbox.tell(() => {
      try {
        callback()
      } catch (error) {
        this.#onError(error)
      }
    })
  }

  /** Ends it. Members that wait, now or later, have an Error thrown within a second. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#service.stop()
    this.#publisher.close()
    this.#flush.close()
    announceEnd(this.#words, this.#layout)
  }

  #publish(): void {
    const gone = this.#publisher.publish()
    if (gone === undefined) return
    this.#stalls.restart()
    for (const notify of gone) this.#outbox.tell(() => this.#notifiers.drop(notify))
  }

  #call({ at }: Client, bits: number): void {
    Atomics.or(this.#words, at + ATTENTION, bits)
    wakeMember(this.#words, at, ATTENTION)
  }

  #clientOf(id: number): Client {
    const client = this.#clients.get(id)
    if (client === undefined) throw new RangeError(`id must be a member's, as in its handle, got ${show(id)}`)
    return client
  }

  #refuseClosed(): void {
    if (this.#isClosed) throw new TypeError('the board was closed')
  }
}
