import type { AccessTrace, TraceCase, TraceRange, TraceRegion } from './replay-format.ts'
import { memoryPieces, type Run, RunBytes, rangeAt, runAt, touchedMemory } from './replay-memory.ts'

/** Lower numbers are more often a count or a flag than an address. */
const LOWEST_TOLD = 4096n

/**
 * What a file lets one know of the memory of its machine. What memory held at first is in no file: a byte that is read
 * before it is written is taken at its word, and from then on held to it. Bytes that a device moved by itself (fw_cfg's
 * DMA) show up in no event either: where a device was told an address in a RAM, what a later read finds changed there
 * can't be predicted.
 */
export class ReplayMemory {
  /** Of each region, in ascending order. */
  readonly runs: ReadonlyMap<TraceRegion, readonly RunBytes[]>
  /** Of each range, what is touched through it. */
  readonly windows: ReadonlyMap<TraceRange, readonly Run[]>
  readonly #trace: AccessTrace
  /** How often a device was told an address in the RAM. */
  readonly #told = new Map<TraceRegion, number>()

  /** @throws RangeError where requests touch more memory than is allocated for a file. */
  constructor(trace: AccessTrace) {
    this.#trace = trace
    const { runs, windows } = touchedMemory(trace)
    this.runs = new Map([...runs].map(([region, list]) => [region, list.map(run => new RunBytes(run))]))
    this.windows = windows
  }

  /**
   * Before a read: gives memory the bytes that nobody knows yet.
   *
   * @returns False where the read is of memory that a device may have changed, and did.
   */
  prepare(item: TraceCase): boolean {
    if (item.write) return true
    let predictable = true
    for (const { region, run, offset, index } of this.#bytes(item)) {
      const byte = item.bytes[index] as number
      const known = run.known(offset)
      const now = this.#count(region) + 1
      if (known === 0) run.poke(offset, byte)
      // Of a mixed request one can't tell here which bytes a device answers, over the end of its range (RULES D4).
      if (item.kind !== 'r') continue
      if (known !== 0 && run.peek(offset) !== byte) {
        if (known === now) continue
        predictable = false
        run.poke(offset, byte)
      }
      run.learn(offset, now)
    }
    return predictable
  }

  /** After a request that was made. @param direct Which of its bytes memory took: 1, else 0. */
  wrote(item: TraceCase, direct: Uint8Array): void {
    if (!item.write) return
    for (const { region, run, offset, index } of this.#bytes(item))
      if (region.type === 'ram' && direct[index] === 1) run.learn(offset, this.#count(region) + 1)
  }

  /** Instead of a request that is left out. */
  skipped(item: TraceCase): void {
    if (!item.write) return
    for (const { run, offset } of this.#bytes(item)) run.learn(offset, 0)
  }

  /** After each: devices that were told an address may write there. */
  told({ events }: TraceCase): void {
    for (const { write, rejected, value, size } of events) {
      const address = BigInt.asUintN(8 * size, value)
      if (!write || rejected || address < LOWEST_TOLD) continue
      const region = rangeAt(this.#trace.flat.m, Number(address))?.region
      if (region?.type === 'ram') this.#told.set(region, this.#count(region) + 1)
    }
  }

  #count(region: TraceRegion): number {
    return this.#told.get(region) ?? 0
  }

  /** The bytes of a request that lie where memory is. */
  *#bytes(item: TraceCase): Generator<{ region: TraceRegion; run: RunBytes; offset: number; index: number }> {
    for (const { range, index, offset, size } of memoryPieces(this.#trace, item)) {
      const { region } = range
      // Every page that a request touches is in a run, and a piece touches neighbours.
      const run = runAt(this.runs.get(region), offset)
      for (let i = 0; i < size; i++) yield { region, run, offset: offset + i, index: index + i }
    }
  }
}
