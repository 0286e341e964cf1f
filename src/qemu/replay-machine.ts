import { AddressSpace, GuestRam, MemoryRegion, type RamBlock } from 'guestmem'
import type { AccessTrace, SpaceKey, TraceCase, TraceRange, TraceRegion } from './replay-format.ts'
import type { Run, RunBytes } from './replay-memory.ts'
import { replayOps } from './replay-ops.ts'
import { Tape } from './replay-tape.ts'

/** The largest region, bytes. */
const WHOLE = 2 ** 64

type Direction = 'read' | 'write'

/**
 * A recorded machine: its flat views as region trees. Each range gets a region of its own, at the offset in it that was
 * recorded, so that what a handler is asked tells the address.
 */
export class ReplayMachine {
  readonly tape: Tape = new Tape()
  readonly #spaces: Readonly<Record<SpaceKey, Readonly<Record<Direction, AddressSpace>>>>
  readonly #asked: boolean

  /**
   * @param memory The pages that are touched, by region.
   * @param asked Have the pieces of each request put on the tape, see `replayOps`.
   */
  constructor(trace: AccessTrace, memory: ReadonlyMap<TraceRegion, readonly RunBytes[]>, asked: boolean) {
    this.#asked = asked
    const blocks = allocate([...memory.values()].flat())
    const space = (key: SpaceKey, direction: Direction): AddressSpace => {
      const root = MemoryRegion.container(key, WHOLE)
      MemoryRegion.transaction(() => {
        for (const range of trace.flat[key]) this.#map(root, range, memory.get(range.region) ?? [], blocks, direction)
      })
      return new AddressSpace(key, root, { endian: trace.big ? 'big' : 'little' })
    }
    const both = (key: SpaceKey) => ({ read: space(key, 'read'), write: space(key, 'write') })
    this.#spaces = { m: both('m'), i: both('i') }
  }

  /** Makes a request. @returns The bytes that were read, or written, and the MemTxResult. */
  request(item: TraceCase): { readonly bytes: Uint8Array; readonly result: number } {
    this.tape.start(item)
    const spaces = this.#spaces[item.space]
    // Not zero beforehand: every byte of a read must be written, by zero too.
    const bytes = item.write ? item.bytes : new Uint8Array(item.bytes.length).fill(0xa5)
    const result = item.write
      ? spaces.write.write(Number(item.address), bytes)
      : spaces.read.read(Number(item.address), bytes)
    return { bytes, result }
  }

  /**
   * A ROM device is memory to reads and a device to writes (RULES E2), so a space for either direction shows it exactly
   * with the kinds that there are.
   */
  #map(
    root: MemoryRegion,
    range: TraceRange,
    memory: readonly RunBytes[],
    blocks: ReadonlyMap<RunBytes, RamBlock>,
    direction: Direction,
  ): void {
    const { region, offset, start, end } = range
    const isDevice = region.type === 'i/o' || (region.type === 'romd' && direction === 'write')
    if (isDevice) {
      const device = MemoryRegion.io(named(region), replayOps(range, 0, this.tape, this.#asked), offset + end - start)
      show(root, device, { region, start: 0, end: offset + end - start }, range)
      return
    }
    for (const bytes of memory) {
      const block = blocks.get(bytes) as RamBlock
      const kind = region.type === 'ram' ? MemoryRegion.ram : MemoryRegion.rom
      show(root, kind(named(region), block), bytes.run, range)
    }
  }
}

/** Some regions have no name, and ours must have one. */
function named({ name, id }: TraceRegion): string {
  return name.trim() === '' ? `region ${id}` : name
}

/** Shows what a range has of a run, through an alias: the region keeps its offsets. */
function show(root: MemoryRegion, region: MemoryRegion, run: Run, { offset, start, end }: TraceRange): void {
  const low = Math.max(run.start, offset)
  const high = Math.min(run.end, offset + (end - start))
  if (low >= high) return
  const alias = MemoryRegion.alias(region.name, region, low - run.start, high - low)
  root.addSubregion(start + (low - offset), alias)
}

function allocate(runs: readonly RunBytes[]): Map<RunBytes, RamBlock> {
  const size = (bytes: RunBytes) => bytes.run.end - bytes.run.start
  const ram = GuestRam.allocate(runs.reduce((sum, bytes) => sum + size(bytes), 4096))
  return new Map(
    runs.map(bytes => {
      const block = ram.block(named(bytes.run.region), size(bytes))
      bytes.add(block)
      return [bytes, block]
    }),
  )
}
