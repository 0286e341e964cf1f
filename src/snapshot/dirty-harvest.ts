import {
  DirtyClient,
  type DirtyMemory,
  type DirtySnapshot,
  MemoryRegion,
  markDirty,
  RamBlock,
  snapshotAndClearDirty,
} from 'guestmem'
import { checkOneOf, show } from '../check.ts'

/** Bytes that were stored to, and whose they are. */
export interface HarvestedRange {
  readonly memory: DirtyMemory
  /** Offset in the memory, bytes. */
  readonly offset: number
  readonly length: number
}

/**
 * Marks that were taken and can be given back: a save that fails loses none of them. Made by `harvestDirty`.
 *
 * It is open until `commit` or `abort` is called. Stores that are made meanwhile set marks of their own, which are in the next
 * harvest, whatever becomes of this one.
 */
export class DirtyHarvest {
  readonly client: DirtyClient
  readonly #taken: readonly (readonly [memory: DirtyMemory, snapshot: DirtySnapshot])[]
  #state: 'open' | 'committed' | 'aborted' = 'open'

  /** Made by `harvestDirty`. @internal */
  constructor(client: DirtyClient, taken: readonly (readonly [DirtyMemory, DirtySnapshot])[]) {
    this.client = client
    this.#taken = taken
    Object.freeze(this)
  }

  get state(): 'open' | 'committed' | 'aborted' {
    return this.#state
  }

  /** What was stored to: in the order of the memories, and ascending in each; whole pages, as a DirtySnapshot has them. */
  *ranges(): Generator<HarvestedRange, void, undefined> {
    for (const [memory, snapshot] of this.#taken)
      for (const { offset, length } of snapshot.ranges()) yield { memory, offset, length }
  }

  /** How many bytes `ranges` gives. */
  get bytes(): number {
    let bytes = 0
    for (const { length } of this.ranges()) bytes += length
    return bytes
  }

  /** What the marks stood for is safe elsewhere: they are done with. @throws TypeError where it is not open. */
  commit(): void {
    this.#end('committed')
  }

  /**
   * Sets all of its marks again, beside those that were set meanwhile: the next harvest has them. Of CODE, `codeWrites`
   * changes, so that who looks at it looks again. What a region was shrunk away from stays clean.
   *
   * @throws TypeError where it is not open.
   */
  abort(): void {
    this.#end('aborted')
    for (const { memory, offset, length } of this.ranges()) {
      const left = Math.min(length, memory.size - offset)
      if (left > 0) markDirty(memory, offset, left, this.client)
    }
  }

  #end(state: 'committed' | 'aborted'): void {
    if (this.#state !== 'open')
      throw new TypeError(`harvest must be open, but it was ${this.#state}: take another with harvestDirty`)
    this.#state = state
  }
}

/**
 * Takes the marks of whole memories for one client, as `snapshotAndClearDirty` does, and can give them back: call `commit`
 * once what was stored is safe, `abort` where it is not. No store is lost, also of other threads that go on all the time: one
 * that is not in the bytes that are loaded after this call is in the next harvest. Any thread; of regions, listeners of this
 * thread's spaces are told.
 *
 * @param memory A RAM block, a region that is memory, or an array of them.
 * @param client DirtyClient.MIGRATION unless given.
 * @throws TypeError naming the argument, and nothing is taken. What a listener throws, and all marks are set again.
 */
export function harvestDirty(
  memory: DirtyMemory | readonly DirtyMemory[],
  client: DirtyClient = DirtyClient.MIGRATION,
): DirtyHarvest {
  const memories = Array.isArray(memory) ? (memory as readonly DirtyMemory[]) : [memory as DirtyMemory]
  checkOneOf(client, Object.values(DirtyClient), 'client')
  // Each is looked at before the first mark is taken.
  for (const [index, each] of memories.entries())
    checkMemory(each, Array.isArray(memory) ? `memory[${index}]` : 'memory')
  const taken: [DirtyMemory, DirtySnapshot][] = []
  try {
    for (const each of memories) taken.push([each, snapshotAndClearDirty(each, 0, each.size, client)])
  } catch (error) {
    new DirtyHarvest(client, taken).abort()
    throw error
  }
  return new DirtyHarvest(client, taken)
}

/** @throws TypeError where it has no dirty bits. */
function checkMemory(value: unknown, argument: string): void {
  if (value instanceof RamBlock) return
  if (!(value instanceof MemoryRegion))
    throw new TypeError(`${argument} must be a RamBlock or a MemoryRegion, got ${show(value)}`)
  if (value.block === undefined)
    throw new TypeError(`${argument} must have RAM blocks: ${show(value.name)} is ${value.kind}`)
}
