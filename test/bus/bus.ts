import { type BusRules, faultOf } from '../hazards/bus-rules.ts'
import { stepping } from '../hazards/stepper.ts'
import { AccessLog } from '../order/log.ts'

/** What a request may touch: `length` bytes from `address` of the guest RAM on. */
export interface Span {
  readonly address: number
  readonly length: number
}

export interface BusRequest {
  /** The device's bytes that it may load, and those that it may store to: each exactly once. */
  readonly loads?: Span | undefined
  readonly stores?: Span | undefined
  /** It is relaxed, and of normal memory: the engine's own copy may be used (S4), which no bus can count. */
  readonly bulk?: boolean
}

/**
 * The bus of a host, behind a device's memory: each access that the library really makes to it goes through here, by
 * kernels and by script alike. It faults as the host would, refuses what is loaded or stored a second time, what goes
 * down, and what nobody asked for; and it counts.
 */
export class Bus {
  rules: BusRules
  /** The accesses of the latest request, in order. */
  readonly log: AccessLog = new AccessLog()
  /** How many bytes of it went by the engine's own copies. */
  bulkBytes = 0
  readonly #start: number
  readonly #end: number
  readonly #seen: Uint8Array
  #problem: string | undefined

  /** @param device Where its memory is in the guest RAM. */
  constructor(rules: BusRules, { address, length }: Span) {
    this.rules = rules
    this.#start = address
    this.#end = address + length
    this.#seen = new Uint8Array(length)
  }

  /** Carries out a request. @returns What was wrong with it, if anything was. */
  run(request: BusRequest, body: () => void): string | undefined {
    this.log.clear()
    this.bulkBytes = 0
    this.#problem = undefined
    stepping(
      body,
      access => {
        if (access.address + access.width <= this.#start || access.address >= this.#end) return
        this.#problem ??= faultOf(this.rules, access)
        this.log.note(access.kind === 'store', access.address, access.width)
      },
      (kind, address, length) => {
        if (address + length <= this.#start || address >= this.#end || length === 0) return
        this.bulkBytes += length
        if (request.bulk !== true) this.#problem ??= `the engine's own ${kind}s, ${length} bytes at ${address}`
      },
    )
    const bulk = this.bulkBytes > 0
    return this.#problem ?? this.#count(0, request.loads, bulk) ?? this.#count(1, request.stores, bulk)
  }

  /** The widths of the loads, or stores, in the order in which they were made. */
  widths(kind: 'load' | 'store'): number[] {
    const { log } = this
    const isStore = kind === 'store' ? 1 : 0
    const widths: number[] = []
    for (let i = 0; i < log.count; i++) if (log.stores[i] === isStore) widths.push(log.widths[i] as number)
    return widths
  }

  /**
   * Ascending, without a gap, from the first byte to the last: each once. A move may load what it keeps aside first, so
   * loads are only counted.
   */
  #count(isStore: 0 | 1, span: Span | undefined, bulk: boolean): string | undefined {
    const { log } = this
    const what = isStore === 1 ? 'store' : 'load'
    let next = span?.address ?? 0
    let bytes = 0
    for (let i = 0; i < log.count; i++) {
      if (log.stores[i] !== isStore) continue
      const address = log.addresses[i] as number
      const width = log.widths[i] as number
      if (span === undefined || address < span.address || address + width > span.address + span.length)
        return `nobody asked for a ${what} of ${width} bytes at ${address}`
      if (isStore === 1 && address !== next)
        return `a ${what} of ${width} bytes at ${address}, where ${next} is the next byte`
      next = address + width
      bytes += width
    }
    if (isStore === 0) this.#repeats(span)
    if (this.#problem !== undefined) return this.#problem
    const due = span?.length ?? 0
    return bytes === due || (bulk && bytes === 0) ? undefined : `${bytes} bytes by ${what}s, not ${due}`
  }

  #repeats(span: Span | undefined): void {
    const { log } = this
    const seen = this.#seen.fill(0, 0, span?.length ?? 0)
    for (let i = 0; i < log.count; i++) {
      if (log.stores[i] === 1) continue
      const first = (log.addresses[i] as number) - (span?.address ?? 0)
      for (let at = first; at < first + (log.widths[i] as number); at++) {
        if (seen[at] !== 0) this.#problem ??= `the byte at ${at + (span?.address ?? 0)} is loaded again`
        seen[at] = 1
      }
    }
  }
}
