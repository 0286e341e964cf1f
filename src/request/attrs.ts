import { checkBoolean, checkInteger, checkOptions, show } from '../check.ts'

/** What `MemTxAttrs.of` takes; what is left out is as in `MemTxAttrs.UNSPECIFIED`. */
export interface MemTxAttrsInit {
  readonly secure?: boolean | undefined
  readonly user?: boolean | undefined
  readonly requesterId?: number | undefined
  readonly strict?: boolean | undefined
  readonly memory?: boolean | undefined
  readonly fetch?: boolean | undefined
  readonly debug?: boolean | undefined
}

const KEYS = ['secure', 'user', 'requesterId', 'strict', 'memory', 'fetch', 'debug'] as const

/** The attributes of a request, as a bus carries them. Immutable; make one beforehand, not one per access. */
export class MemTxAttrs {
  /** Arm's secure state, x86's system management mode. */
  readonly secure: boolean
  /** Unprivileged. */
  readonly user: boolean
  /** The requester's id, such as a PCI function's bus, device and function; 0 to 2^16 - 1. */
  readonly requesterId: number
  /**
   * The bytes land in order: each once, ascending, the last one last (S4). False says that nobody watches them, and that
   * the host's fastest copy may be used where the memory is normal.
   */
  readonly strict: boolean
  /** For memory alone: what is a device's, or nobody's, is an ACCESS_ERROR, and no handler is called (RULES E8). */
  readonly memory: boolean
  readonly #fetch: boolean
  readonly #debug: boolean

  /** Made by `of`. */
  private constructor(
    secure: boolean,
    user: boolean,
    requesterId: number,
    strict: boolean,
    memory = false,
    fetch = false,
    debug = false,
  ) {
    this.secure = secure
    this.user = user
    this.requesterId = requesterId
    this.strict = strict
    this.memory = memory
    this.#fetch = fetch
    this.#debug = debug
    Object.freeze(this)
  }

  /** Nothing said of the requester, and strict: order is the default on every host. */
  static readonly UNSPECIFIED: MemTxAttrs = /* @__PURE__ */ new MemTxAttrs(false, false, 0, true)
  /** `strict: false`: for bytes that nobody watches. */
  static readonly RELAXED: MemTxAttrs = /* @__PURE__ */ new MemTxAttrs(false, false, 0, false)
  static readonly SECURE: MemTxAttrs = /* @__PURE__ */ new MemTxAttrs(true, false, 0, true)
  static readonly USER: MemTxAttrs = /* @__PURE__ */ new MemTxAttrs(false, true, 0, true)

  /** A debugger's: `debug`. */
  static readonly DEBUG: MemTxAttrs = /* @__PURE__ */ new MemTxAttrs(false, false, 0, true, false, false, true)

  // Not of the request on the bus, and so no fields of what describes one.

  /** A CPU's fetch of an instruction. Only taps make a difference of it. */
  get fetch(): boolean {
    return this.#fetch
  }

  /**
   * A debugger's access: without side effects, and not the guest's. RAM and ROM are read, of a device what its `peek` says;
   * RAM and ROM are written. What can't be accessed so is an ACCESS_ERROR, and no handler is called. Nothing is marked dirty,
   * and no tap is told. For single accesses, `read` and `write`.
   */
  get debug(): boolean {
    return this.#debug
  }

  /** Any thread. @throws TypeError or RangeError naming the field; a misspelt one too. */
  static of(init: MemTxAttrsInit): MemTxAttrs {
    const {
      secure = false,
      user = false,
      requesterId = 0,
      strict = true,
      memory = false,
      fetch = false,
      debug = false,
    } = checkOptions<MemTxAttrsInit>(init, KEYS, 'init')
    return new MemTxAttrs(
      checkBoolean(secure, 'init.secure'),
      checkBoolean(user, 'init.user'),
      checkInteger(requesterId, 'init.requesterId', 0, 0xffff),
      checkBoolean(strict, 'init.strict'),
      checkBoolean(memory, 'init.memory'),
      checkBoolean(fetch, 'init.fetch'),
      checkBoolean(debug, 'init.debug'),
    )
  }
}

/** MemTxAttrs.UNSPECIFIED for the short ways: the JIT looks a member of an export up each time. */
export const UNSPECIFIED: MemTxAttrs = /* @__PURE__ */ (() => MemTxAttrs.UNSPECIFIED)()

export function checkAttrs(attrs: MemTxAttrs): MemTxAttrs {
  if (!(attrs instanceof MemTxAttrs)) throw new TypeError(`attrs must be MemTxAttrs, got ${show(attrs)}`)
  return attrs
}
