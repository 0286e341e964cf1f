import type { AddressSpace } from 'guestmem'
import { isAllLogged } from './all-logged.ts'
import { ChunkWriter, type FileIdentity, NO_DIGEST, newId } from './chunk-writer.ts'
import { describe } from './description.ts'
import { saveDevices } from './devices.ts'
import { EqualPages } from './equal-pages.ts'
import { DEVICES, FULL, MACHINE, MAP, PAGE } from './layout.ts'
import { checkMachineOptions, type Machine, type MachineOptions, machineOf } from './machine.ts'
import { encodeMapState, flushBuffered, mapStateOf } from './map-state.ts'
import { pagesIn } from './page-bytes.ts'
import { type PageRange, PageWriter } from './page-writer.ts'

/**
 * Saves a machine: its memory, the state of its map, and its devices. Map and devices are taken by this call; pages are copied
 * as the stream is read, so **the machine stands still until the stream has ended**. To save one that runs on, or only what has
 * changed, see SnapshotChain and migrate.
 *
 * Pages that are zero are left out, and of equal ones only the first has its bytes there. What is not read yet is not made: the
 * stream takes a chunk's memory, whatever the machine has. To compress it, have it piped through a CompressionStream.
 *
 * Of the thread that the machine belongs to.
 *
 * @param spaces All that restoreMachine is given to have it back, in the same order.
 * @returns Uint8Arrays, in the format of docs/SNAPSHOTS.md. The stream fails where memory can't be read.
 * @throws TypeError or RangeError naming the argument; what a device's `save` throws.
 */
export function saveMachine(spaces: AddressSpace | readonly AddressSpace[], options?: MachineOptions): ReadableStream {
  const machine = machineOf(spaces, checkMachineOptions(options))
  const state = stateNow(machine)
  const writer = new ChunkWriter()
  const identity = { id: newId(), generation: 0, parent: NO_DIGEST, live: false }
  return streamOf(fileOf(writer, machine, identity, state))
}

/** What of a machine is neither its memory nor never changes, as bytes. */
export interface MachineState {
  readonly map: Uint8Array
  readonly devices: Uint8Array
}

/** @throws What a device's `save` throws. */
export function stateNow(machine: Machine): MachineState {
  flushBuffered()
  const map = encodeMapState(mapStateOf(machine.regions, isAllLogged(machine.blocks)), machine.indexOf)
  // A copy of what a device gave: it may change it as soon as it goes on.
  return { map, devices: saveDevices(machine.devices) }
}

/** A whole file, chunk by chunk. @param pages Of an increment, of each block: what has changed. */
export function* fileOf(
  writer: ChunkWriter,
  machine: Machine,
  identity: FileIdentity,
  state: MachineState,
  pages?: (block: number) => Iterable<PageRange>,
): Generator<Uint8Array, void, undefined> {
  const { blocks } = machine
  yield writer.header(identity)
  yield* writer.chunks(MACHINE, describe(machine))
  const changed = pages && blocks.map((_, index) => [...pages(index)])
  const count =
    changed === undefined
      ? blocks.reduce((sum, block) => sum + (block.ram.untouched ? 0 : pagesIn(block)), 0)
      : changed.flat().reduce((sum, { length }) => sum + length / PAGE, 0)
  const out = new PageWriter(writer, blocks, { sparse: pages === undefined, equal: new EqualPages(count) })
  for (const [index, block] of blocks.entries())
    if (changed !== undefined) yield* out.pages(index, changed[index] ?? [])
    else if (!block.ram.untouched) yield* out.pages(index, [{ offset: 0, length: block.size }])
  if (pages === undefined) yield writer.chunk(FULL, new Uint8Array(0))
  yield* stateChunks(writer, state)
  yield writer.end()
}

export function* stateChunks(
  writer: ChunkWriter,
  { map, devices }: MachineState,
): Generator<Uint8Array, void, undefined> {
  yield* writer.chunks(MAP, map)
  yield* writer.chunks(DEVICES, devices)
}

/**
 * A stream that takes the next piece when somebody reads it.
 *
 * @param ended Called once: true where the last piece was taken, false where the stream was given up, or a piece could not be
 *   made.
 */
export function streamOf(
  chunks: Generator<Uint8Array, void, undefined>,
  ended: (whole: boolean) => void = () => {},
): ReadableStream {
  // Without prototypes: the platform would take what somebody has put on everybody's for options of the stream.
  return new ReadableStream<Uint8Array>(
    bare({
      pull(controller: ReadableStreamDefaultController<Uint8Array>) {
        try {
          const { done, value } = chunks.next()
          if (!done) controller.enqueue(value)
          else {
            ended(true)
            controller.close()
          }
        } catch (error) {
          ended(false)
          throw error
        }
      },
      cancel() {
        ended(false)
        chunks.return()
      },
    }),
    bare({ highWaterMark: 0 }),
  )
}

function bare<T extends object>(fields: T): T {
  return Object.assign(Object.create(null), fields)
}
