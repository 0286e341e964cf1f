import { type AddressSpace, MemTxResult } from 'guestmem'
import { performAtomic } from './perform-atomic.ts'
import { ATOMIC, LOAD, POSTED_STORE, READ, type Request, STORE } from './request.ts'

/** Makes members' requests on the board's own space, as if they had been made in this thread. */
export class Performer {
  /** The answer to the latest request. */
  low: number
  high: number
  result: number
  readonly #space: AddressSpace
  readonly #onError: (error: unknown) => void

  /** @param onError Is told what a handler has thrown; the request ends with ERROR. */
  constructor(space: AddressSpace, onError: (error: unknown) => void) {
    this.low = 0
    this.high = 0
    this.result = 0
    this.#space = space
    this.#onError = onError
  }

  /** @param run Where the bytes of READ and WRITE are. */
  perform(request: Request, run: Uint8Array): void {
    this.low = 0
    this.high = 0
    try {
      const { kind, size } = request
      if (kind === LOAD) this.#load(request)
      else if (kind === STORE || kind === POSTED_STORE) this.#store(request)
      else if (kind === ATOMIC) this.#atomic(request)
      else this.#move(request, run.subarray(0, size))
    } catch (error) {
      this.result = MemTxResult.ERROR
      this.#onError(error)
    }
  }

  #load({ size, address, attrs }: Request): void {
    const space = this.#space
    if (size === 4) this.low = space.load32(address, attrs) | 0
    else if (size === 1) this.low = space.load8(address, attrs)
    else if (size === 2) this.low = space.load16(address, attrs)
    else {
      this.low = space.load64Pair(address, attrs) | 0
      this.high = space.high | 0
    }
    this.result = space.result
  }

  #store({ size, address, low, high, attrs }: Request): void {
    const space = this.#space
    if (size === 4) space.store32(address, low >>> 0, attrs)
    else if (size === 1) space.store8(address, low & 0xff, attrs)
    else if (size === 2) space.store16(address, low & 0xffff, attrs)
    else space.store64Pair(address, low >>> 0, high >>> 0, attrs)
    this.result = space.result
  }

  #atomic(request: Request): void {
    const space = this.#space
    this.low = performAtomic(space, request) | 0
    if (request.size === 8) this.high = space.high | 0
    this.result = space.result
  }

  #move({ kind, address, attrs }: Request, run: Uint8Array): void {
    // Handlers get an array of this thread's own: the member's is shared.
    const bytes = new Uint8Array(run.length)
    if (kind === READ) {
      this.result = this.#space.read(address, bytes, attrs)
      run.set(bytes)
    } else {
      bytes.set(run)
      this.result = this.#space.write(address, bytes, attrs)
    }
  }
}
