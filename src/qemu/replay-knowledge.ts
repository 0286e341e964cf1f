import type { AccessTrace, TraceCase, TraceRegion } from './replay-format.ts'
import { memoryBytes, RunBytes, rangeAt, runsOf } from './replay-memory.ts'

/** Lower numbers are more often a count or a flag than an address. */
const LOWEST_TOLD = 4096n

/**
 * What a file lets one know of the memory of its machine. What memory held at first is in no file: a byte that is read
 * before it is written is taken at its word, and from then on held to it. Bytes that a device moved by itself (fw_cfg's
 * DMA) show up in no event either: where a device was told an address in a RAM, what a later read finds changed there
 * can't be predicted.
 */
export class ReplayMemory {
  readonly runs: ReadonlyMap<TraceRegion, readonly RunBytes[]>
  readonly #trace: AccessTrace
  /** How often a device was told an address in the RAM. */
  readonly #told = new Map<TraceRegion, number>()

  constructor(trace: AccessTrace) {
    this.#trace = trace
    this.runs = new Map([...runsOf(trace)].map(([region, runs]) => [region, runs.map(run => new RunBytes(run))]))
  }

  /**
   * Before a read: gives memory the bytes that nobody knows yet.
   *
   * @returns False where the read is of memory that a device may have changed, and did.
   */
  prepare(item: TraceCase): boolean {
    if (item.write) return true
    let predictable = true
    memoryBytes(this.#trace, item, (index, { region }, offset) => {
      const run = this.#run(region, offset)
      const byte = item.bytes[index] as number
      const known = run.known(offset)
      const now = this.#count(region) + 1
      if (known === 0) run.poke(offset, byte)
      // Of a mixed request one can't tell here which bytes a device answers, over the end of its range (RULES D4).
      if (item.kind !== 'r') return
      if (known !== 0 && run.peek(offset) !== byte) {
        if (known === now) return
        predictable = false
        run.poke(offset, byte)
      }
      run.learn(offset, now)
    })
    return predictable
  }

  /** After a request that was made. @param direct Which of its bytes memory took. */
  wrote(item: TraceCase, direct: readonly boolean[]): void {
    if (!item.write) return
    memoryBytes(this.#trace, item, (index, { region }, offset) => {
      if (region.type === 'ram' && direct[index]) this.#run(region, offset).learn(offset, this.#count(region) + 1)
    })
  }

  /** Instead of a request that is left out. */
  skipped(item: TraceCase): void {
    if (!item.write) return
    memoryBytes(this.#trace, item, (_, { region }, offset) => this.#run(region, offset).learn(offset, 0))
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

  #run(region: TraceRegion, offset: number): RunBytes {
    const found = this.runs.get(region)?.find(({ run }) => offset >= run.start && offset < run.end)
    return found as RunBytes // every byte that a request touches is in a run
  }
}
