import type { RamBlock } from 'guestmem'
import { type ByteReader, type OpenSource, pieces } from './byte-source.ts'
import { ChunkReader, idText, sameBytes } from './chunk-reader.ts'
import type { Digest, FileIdentity } from './chunk-writer.ts'
import { type Matched, matchMachine } from './description.ts'
import { statesOf } from './devices.ts'
import type { Machine } from './machine.ts'
import { decodeMapState, type RegionState } from './map-state.ts'
import { type PageSink, SnapshotFile } from './snapshot-file.ts'

/** What the last of some files has of the machine's map and devices. */
export interface ReadState {
  readonly map: readonly RegionState[]
  readonly devices: readonly unknown[]
  /** Of the last file. */
  readonly identity: FileIdentity
  readonly digest: Digest
}

/** Makes a sink for the pages of one file. @param blocks The file's, as they are here. */
export type SinkMaker = (blocks: readonly RamBlock[], file: SnapshotFile) => PageSink

/**
 * Reads a base, and increments upon it, each checked from beginning to end.
 *
 * @param checked All of it was read before: the pages of what is at hand need not be checked again.
 * @throws SnapshotError saying where and why; what a source throws.
 */
export async function readChain(
  sources: readonly StagedSource[],
  machine: Machine,
  sinkOf: SinkMaker,
  checked = false,
): Promise<ReadState> {
  let before: ReadState | undefined
  for (const [index, { open, atHand }] of sources.entries()) {
    const reader = new ChunkReader(await open(), index)
    try {
      const file = new SnapshotFile(reader, !(checked && atHand))
      await file.open()
      checkFollows(file, before)
      const matched = file.decode(new Uint8Array(0), () => matchMachine(file.description, machine))
      await file.readTo(sinkOf(matched.blocks, file))
      before = stateOf(file, machine, matched)
      await reader.ended()
    } finally {
      reader.close()
    }
  }
  return before as ReadState
}

export function stateOf(file: SnapshotFile, machine: Machine, { regions }: Matched): ReadState {
  const map = file.decode(file.map, from => decodeMapState(from, regions))
  const devices = file.decode(file.devices, () => statesOf(file.devices, machine.devices))
  return { map, devices, identity: file.identity, digest: file.reader.digest }
}

/** @throws SnapshotError where a file is none that follows the one before. */
export function checkFollows({ reader, identity }: SnapshotFile, before: ReadState | undefined): void {
  const { id, generation, parent } = identity
  if (before === undefined) {
    if (generation > 0)
      reader.refuse(`it is increment ${generation} of ${idText(id)}, and needs that base and what follows it first`, 32)
    return
  }
  if (generation === 0) reader.refuse('it is a base, and a base is the first of all files', 32)
  if (!sameBytes(id, before.identity.id))
    reader.refuse(`it is an increment of ${idText(id)}, and the base is ${idText(before.identity.id)}`, 16)
  if (generation !== before.identity.generation + 1)
    reader.refuse(`it is increment ${generation}, and ${before.identity.generation + 1} must be next`, 32)
  if (parent[0] !== before.digest[0] || parent[1] !== before.digest[1])
    reader.refuse('it was made upon another file than the one before it', 40)
}

export interface StagedSource {
  /** Its bytes are in memory, and nobody changes them. */
  readonly atHand: boolean
  open(): Promise<ByteReader>
}

/** Sources, and whether all of them can be read twice. */
export interface Staged {
  readonly sources: readonly StagedSource[]
  readonly again: boolean
}

/** Keeps what can be read once and is short enough. @param most Of all sources together, bytes. */
export async function stage(sources: readonly OpenSource[], most: number): Promise<Staged> {
  const staged: StagedSource[] = []
  let room = most
  let again = true
  for (const source of sources) {
    if (source.again || room === 0) {
      again = again && source.again
      staged.push(source)
      continue
    }
    const reader = await source.open()
    const kept: Uint8Array[] = []
    let piece = await reader.read()
    while (piece !== undefined && piece.length <= room) {
      kept.push(piece.slice())
      room -= piece.length
      piece = await reader.read()
    }
    if (piece === undefined) staged.push({ atHand: true, open: async () => pieces(kept) })
    else {
      again = false
      room = 0
      const rest = piece
      staged.push({ atHand: false, open: async () => continued([...kept, rest], reader) })
    }
  }
  return { sources: staged, again }
}

/** What was kept, which is let go of as it is read, and then the rest. */
function continued(kept: Uint8Array[], rest: ByteReader): ByteReader {
  kept.reverse()
  return { read: async () => kept.pop() ?? rest.read(), close: () => rest.close() }
}
