import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'
import { bare } from './own-fields.ts'
import type { AccessTrace, SpaceKey, TraceCase, TraceRange, TraceRegion } from './replay-format.ts'
import type { ReplayMemory } from './replay-knowledge.ts'
import { type RunBytes, runAt } from './replay-memory.ts'
import { replayOps } from './replay-ops.ts'
import { Tape } from './replay-tape.ts'

/** The largest region, bytes. */
const WHOLE = 2 ** 64

const NO_OPTIONS = /* @__PURE__ */ bare({})

type Direction = 'read' | 'write'

/**
 * A recorded machine: its flat views as region trees. Each range gets a region of its own, at the offset in it that was
 * recorded, so that what a handler is asked tells the address. Of memory there are the pages that requests touch.
 */
export class ReplayMachine {
  readonly tape: Tape = new Tape()
  readonly spaces: Readonly<Record<SpaceKey, Readonly<Record<Direction, AddressSpace>>>>
  readonly #asked: boolean
  readonly #memory: ReplayMemory
  readonly #regions: ReadonlyMap<RunBytes, MemoryRegion>

  /** @param asked Have the pieces of each request put on the tape, see `replayOps`. */
  constructor(trace: AccessTrace, memory: ReplayMemory, asked: boolean) {
    this.#asked = asked
    this.#memory = memory
    this.#regions = memoryRegions([...memory.runs.values()].flat())
    const space = (key: SpaceKey, direction: Direction): AddressSpace => {
      const root = MemoryRegion.container(key, WHOLE)
      MemoryRegion.transaction(() => {
        for (const range of trace.flat[key]) this.#map(root, range, direction)
      })
      return new AddressSpace(key, root, bare({ endian: trace.big ? 'big' : 'little' } as const))
    }
    const both = (key: SpaceKey) => ({ read: space(key, 'read'), write: space(key, 'write') })
    this.spaces = { m: both('m'), i: both('i') }
  }

  /** Makes a request. @returns The bytes that were read, or written, and the MemTxResult. */
  request(item: TraceCase): { readonly bytes: Uint8Array; readonly result: number } {
    this.tape.start(item)
    const spaces = this.spaces[item.space]
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
  #map(root: MemoryRegion, range: TraceRange, direction: Direction): void {
    const { region, offset, start, end } = range
    if (region.type === 'i/o' || (region.type === 'romd' && direction === 'write')) {
      const ops = replayOps(range, this.tape, this.#asked)
      const device = MemoryRegion.io(named(region), ops, offset + end - start, NO_OPTIONS)
      root.addSubregion(start, MemoryRegion.alias(device.name, device, offset, end - start))
      return
    }
    for (const window of this.#memory.windows.get(range) ?? []) {
      const bytes = runAt(this.#memory.runs.get(region), window.start)
      const low = Math.max(window.start, offset)
      const high = Math.min(window.end, offset + (end - start))
      const memory = this.#regions.get(bytes) as MemoryRegion
      const alias = MemoryRegion.alias(memory.name, memory, low - bytes.run.start, high - low)
      root.addSubregion(start + (low - offset), alias)
    }
  }
}

/** Some regions have no name, and ours must have one. */
function named({ name, id }: TraceRegion): string {
  return name.trim() === '' ? `region ${id}` : name
}

/** A region for each run, with blocks of its own. Of a ROM device it is what is read. */
function memoryRegions(runs: readonly RunBytes[]): Map<RunBytes, MemoryRegion> {
  const size = (bytes: RunBytes) => bytes.run.end - bytes.run.start
  const ram = GuestRam.allocate(
    runs.reduce((sum, bytes) => sum + size(bytes), 4096),
    NO_OPTIONS,
  )
  return new Map(
    runs.map(bytes => {
      const { region } = bytes.run
      const block = ram.block(named(region), size(bytes))
      bytes.add(block)
      return [bytes, (region.type === 'ram' ? MemoryRegion.ram : MemoryRegion.rom)(named(region), block, NO_OPTIONS)]
    }),
  )
}
