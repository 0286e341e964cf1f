import { AddressSpace, atomicFence, type GuestRam, type MemoryRegion } from 'guestmem'
import { checkFunction } from '../check.ts'
import { AttachedRams } from './attached-rams.ts'
import { checkNumber } from './check.ts'
import { controlWords } from './control-block.ts'
import { type BoardHandle, openHandle } from './handle.ts'
import { ATTENTION, PENDING, RUN_BYTES } from './layout.ts'
import { Link } from './link.ts'
import { MemberMap } from './member-map.ts'
import { BOARD_NOT_CLONED } from './not-cloned.ts'
import { checkMemberOptions, type MemberOptions } from './options.ts'

/**
 * A thread that uses a board's map: a vCPU, or a bus master. What the map shows of RAM it touches itself; every other
 * access is made by the board's owner, at the same address, and waited for.
 *
 * It blocks while it waits, so that it must be in a worker, not on a page's main thread.
 */
export class Member {
  /** @internal First of all fields, so that nothing is cloned before it is refused. */
  readonly clone: () => never
  /** Which member it is, 0 and up. */
  readonly id: number
  /** What the thread sees: an ordinary space of this thread. Accesses to RAM are made within `run`. */
  readonly space: AddressSpace
  /** The root of its region tree. Regions of the thread's own go in here, with a priority of 1 or more. */
  readonly root: MemoryRegion
  /** The guest RAM that the attention word is in. */
  readonly ram: GuestRam
  /**
   * Where the attention word is in `ram.buffer`, bytes: not 0 while `poll` has something to do. For a CPU that is WebAssembly
   * and looks at it with `i32.atomic.load`.
   */
  readonly attentionAddress: number
  readonly #words: Int32Array
  readonly #at: number
  readonly #link: Link

  /** @param handle Of `board.handle()`, for this thread alone. */
  constructor(handle: BoardHandle, options: MemberOptions = {}) {
    this.clone = BOARD_NOT_CLONED
    const { spinMs, onMap, space } = checkMemberOptions(options)
    const { id, endian, rams, ram, control, layout } = openHandle(handle)
    const words = controlWords(control)
    const at = layout.member(id)
    refuseMainThread(words, at)
    this.id = id
    this.ram = ram
    this.attentionAddress = control.offset + 4 * (at + ATTENTION)
    this.#words = words
    this.#at = at
    const link = new Link(words, layout, id, control.view(layout.runBytes(id), RUN_BYTES), spinMs)
    const map = new MemberMap(link, new AttachedRams(rams))
    link.user = {
      get notifiers() {
        return map.notifiers
      },
      apply: rows => map.apply(rows),
      changed: onMap,
    }
    this.#link = link
    this.root = map.root
    this.space = new AddressSpace(`member ${id}`, map.root, Object.assign(space, { endian }))
  }

  /**
   * Runs what touches guest memory: a vCPU's loop, a bus master's callback. Within it the owner waits for this thread
   * before a change of the map is seen by anybody, so that `poll` or `halt` must be called every now and then. Outside
   * of it nobody waits. It may be nested. `body` is not async.
   */
  run<T>(body: () => T): T {
    checkFunction(body, 'body')
    try {
      this.#link.enter()
      const value = body()
      if (typeof (value as { then?: unknown } | null | undefined)?.then === 'function')
        throw new TypeError('body must not be async: the thread is offline before it goes on')
      return value
    } finally {
      this.#link.leave()
    }
  }

  /**
   * A safe point: takes a changed map, and says what else there is to do. To be called on back edges of loops. It takes less
   * than an atomic load.
   *
   * @returns A set of Attention bits, 0 most often. Each is given once.
   */
  poll(): number {
    return this.#link.poll()
  }

  /**
   * Sleeps until something wants attention: an interrupt, a change of the map, the machine's end.
   *
   * @param milliseconds At most; any time unless given.
   * @returns As `poll`.
   * @throws Error where the board is gone, within a second.
   */
  halt(milliseconds: number = Number.POSITIVE_INFINITY): number {
    return this.#link.halt(checkNumber(milliseconds, 'milliseconds', 0, Number.POSITIVE_INFINITY))
  }

  /** The interrupts that were raised since the last call: a set of 32 bits. What was stored before them is there. */
  takeInterrupts(): number {
    return Atomics.exchange(this.#words, this.#at + PENDING, 0)
  }

  /** Has the owner make the posted stores soon. Any access that is waited for does so, too. */
  flush(): void {
    this.#link.flush()
  }

  /** A CPU's full barrier: `atomicFence` of its space. */
  fence(): void {
    atomicFence(this.space)
  }
}

/** The value is another one than expected: it returns at once where a thread may wait, and throws where it may not. */
function refuseMainThread(words: Int32Array, at: number): void {
  try {
    Atomics.wait(words, at + ATTENTION, ~Atomics.load(words, at + ATTENTION), 0)
  } catch {
    throw new TypeError('a Member waits, which this thread may not (the main thread of a page): make it in a worker')
  }
}
