import { type AddressSpace, MemTxResult } from 'guestmem'

/** What of a space's tree, sections and what answers there is used here: they are the core's own. */
export type Tree = AddressSpace['tree']
export type Section = ReturnType<AddressSpace['sections']['select']>
export type Completer = Section['readCompleter']
export type Translator = NonNullable<Section['translator']>
type Attrs = Parameters<Completer['read']>[2]
type Value = ReturnType<Completer['read']>
type Noted = Parameters<NonNullable<Completer['note']>>[5]

/**
 * The way that an access took ({@link countAccesses}): as `route` names it; `iommu`, where it was led elsewhere; `rejected`, where
 * nothing takes it; `refused`, where it is for memory alone and this is none.
 */
export type AccessRoute = 'ordered' | 'cells' | 'bulk' | 'ops' | 'iommu' | 'rejected' | 'refused'
export const ROUTES: readonly AccessRoute[] = ['ordered', 'cells', 'bulk', 'ops', 'iommu', 'rejected', 'refused']

/** Of a region: the fields of each route, one behind the other, then its bounce buffers. */
export const FIELDS = ['reads', 'writes', 'fetches', 'dma', 'bytes', 'failed', 'rejections'] as const
const [READS, WRITES, FETCHES, DMA, BYTES, FAILED, REJECTIONS] = [0, 1, 2, 3, 4, 5, 6] as const
export const BOUNCES: number = ROUTES.length * FIELDS.length
export const BOUNCE_BYTES: number = BOUNCES + 1
export const BOUNCES_REFUSED: number = BOUNCES + 2
export const ROW_LENGTH: number = BOUNCES + 3

/** Doubles, in one array: a count is no allocation, however large it becomes. */
export type Row = Float64Array

/** Where a route's fields begin in a row. */
export function fieldsOf(route: string): number {
  return ROUTES.indexOf(route as AccessRoute) * FIELDS.length
}

export function countAccess(
  row: Row,
  at: number,
  isWrite: boolean,
  isFetch: boolean,
  size: number,
  dma: boolean,
): void {
  const field = at + (isWrite ? WRITES : isFetch ? FETCHES : READS)
  row[field] = (row[field] as number) + 1
  row[at + BYTES] = (row[at + BYTES] as number) + size
  if (dma) row[at + DMA] = (row[at + DMA] as number) + 1
}

function countFailure(row: Row, at: number, result: MemTxResult): void {
  row[at + FAILED] = (row[at + FAILED] as number) + 1
  if ((result & (MemTxResult.DECODE_ERROR | MemTxResult.ACCESS_ERROR)) !== 0)
    row[at + REJECTIONS] = (row[at + REJECTIONS] as number) + 1
}

/** Stands in for what answers in a section, has it answer, and counts. */
export class CountingCompleter implements Completer {
  readonly maxSize: number
  readonly endianness: Completer['endianness']
  readonly asks: boolean
  readonly atomics: Completer['atomics']
  readonly readsRuns: number | undefined
  readonly writesRuns: number | undefined
  readonly requests: Completer | undefined
  readonly debug: Completer | undefined
  readonly #inner: Completer
  readonly #tree: Tree
  readonly #row: Row
  readonly #at: number
  readonly #route: AccessRoute | undefined
  readonly #dma: boolean

  /**
   * @param route What it is counted as; undefined: as it is made.
   * @param dma It is for the pieces of requests.
   */
  constructor(inner: Completer, tree: Tree, row: Row, route: AccessRoute | undefined, dma = false) {
    const { requests = inner } = inner
    this.maxSize = inner.maxSize
    this.endianness = inner.endianness
    this.asks = inner.asks === true
    const { atomics } = inner
    // What carries atomic accesses to another bus is called for them itself.
    this.atomics =
      typeof atomics === 'function'
        ? (...args) => {
            countAccess(row, this.#at, true, false, args[1], false)
            return atomics(...args)
          }
        : atomics
    this.readsRuns = inner.readsRuns
    this.writesRuns = inner.writesRuns
    this.debug = inner.debug
    // What rejects everything answers for its own requests, which are rejected in few steps.
    const rejects = requests === requests.requests
    this.requests = dma ? undefined : rejects ? requests : new CountingCompleter(requests, tree, row, route, true)
    this.#inner = inner
    this.#tree = tree
    this.#row = row
    this.#at = fieldsOf(route ?? (rejects ? 'rejected' : 'ops'))
    this.#route = route
    this.#dma = dma
  }

  /** Of memory that is not allocated yet, to ask allocates it. */
  get unaligned(): boolean {
    return this.#inner.unaligned
  }

  get bus(): undefined {
    return undefined
  }

  accepts(offset: number, size: number, isWrite: boolean, attrs: Attrs): boolean {
    return this.#inner.accepts(offset, size, isWrite, attrs)
  }

  read(offset: number, size: number, attrs: Attrs, big: boolean): Value {
    countAccess(this.#row, this.#at, false, attrs.fetch, size, this.#dma)
    const value = this.#inner.read(offset, size, attrs, big)
    const result = this.#tree.latestResult
    if (result !== 0) countFailure(this.#row, this.#at, result)
    return value
  }

  write(offset: number, value: Value, size: number, attrs: Attrs, big: boolean): void {
    countAccess(this.#row, this.#at, true, false, size, this.#dma)
    this.#inner.write(offset, value, size, attrs, big)
    const result = this.#tree.latestResult
    if (result !== 0) countFailure(this.#row, this.#at, result)
  }

  run(isWrite: boolean, offset: number, bytes: Uint8Array, attrs: Attrs): void {
    countAccess(this.#row, this.#at, isWrite, attrs.fetch, bytes.length, this.#dma)
    this.#inner.run?.(isWrite, offset, bytes, attrs)
    const result = this.#tree.latestResult
    if (result !== 0) countFailure(this.#row, this.#at, result)
  }

  note(way: string, isWrite: boolean, offset: number, size: number, attrs: Attrs, what: Noted): Value | undefined {
    const row = this.#row
    if (way === 'bounce') {
      const field = size > 0 ? BOUNCES : BOUNCES_REFUSED
      row[field] = (row[field] as number) + 1
      row[BOUNCE_BYTES] = (row[BOUNCE_BYTES] as number) + size
    } else {
      const result = this.#tree.latestResult
      const ended = result === 0 ? way : result === MemTxResult.ACCESS_ERROR ? 'refused' : 'rejected'
      const at = fieldsOf(this.#route ?? ended)
      countAccess(row, at, isWrite, attrs.fetch, size, typeof what !== 'number' && typeof what !== 'bigint')
      if (result !== 0) countFailure(row, at, result)
    }
    return this.#inner.note?.(way, isWrite, offset, size, attrs, what)
  }
}
