import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { type AddressSpace, GuestRam } from 'guestmem'
import { Board } from 'guestmem/threads'
import type { Requests } from '../../transfer/support/request-space.ts'
import { ATTRS } from '../../transfer/support/request-spec.ts'

/** Words of the mailbox: how many requests were asked for, and how many are done. */
export const ASKED = 0
export const DONE = 16

/** The other thread, in which members are (random-member.ts). */
export interface Remote {
  readonly words: Int32Array
  readonly port: MessagePort
}

/** One call of a space's method, for another thread. */
export interface Call {
  readonly name: keyof Requests
  readonly args: readonly unknown[]
  /** Of ATTRS; -1 where they are left out. */
  readonly attrs: number
}

export interface Answer {
  readonly value: unknown
  readonly result: number
  readonly high: number
  /** What was read. */
  readonly bytes: Uint8Array | undefined
}

const CONTROL_BYTES = 2 ** 17

/**
 * A space whose requests are made by a member of a board in another thread; this one is the owner, and serves it meanwhile.
 * What handlers ask for within, they ask for here.
 */
export function remoteSpace(space: AddressSpace, { words, port }: Remote): Requests & { close(): void } {
  const board = new Board(space, GuestRam.wrap(new SharedArrayBuffer(CONTROL_BYTES)), {
    members: 1,
    ranges: 256,
    notifiers: 0,
    onError(error) {
      throw error
    },
  })
  port.postMessage(board.handle())
  let answer: Answer | undefined
  let isBusy = false
  const make = (name: keyof Requests, args: unknown[]): unknown => {
    const guest = args.find((each): each is Uint8Array => each instanceof Uint8Array)
    // A view of guest RAM is what a device has, in this thread.
    const isOwners = guest !== undefined && guest.length < guest.buffer.byteLength && guest.buffer.byteLength >= 4096
    answer = undefined
    const wasBusy = isBusy
    isBusy = true
    try {
      if (wasBusy || isOwners) return (space[name] as (...args: unknown[]) => unknown)(...args)
      // What was changed in this thread is in use in the other one.
      let isSettled = false
      board.afterSettled(() => {
        isSettled = true
      })
      if (!isSettled) board.serve(() => isSettled)
      const attrs = ATTRS.indexOf(args.at(-1) as never)
      port.postMessage({ name, args: attrs < 0 ? args : args.slice(0, -1), attrs } satisfies Call)
      Atomics.add(words, ASKED, 1)
      Atomics.notify(words, ASKED)
      board.serve(() => Atomics.load(words, DONE) === Atomics.load(words, ASKED))
    } finally {
      isBusy = wasBusy
    }
    answer = receiveMessageOnPort(port)?.message as Answer
    if (answer.bytes !== undefined) guest?.set(answer.bytes)
    return answer.value
  }
  return new Proxy(space, {
    get(_, name) {
      if (name === 'close') return () => board.close()
      const made = isBusy ? undefined : answer
      if (name === 'result' || name === 'high') return made === undefined ? space[name] : made[name]
      return (...args: unknown[]) => make(name as keyof Requests, args)
    },
  }) as never
}
