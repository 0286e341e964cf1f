import type { RegionKind } from 'guestmem'
import { checkSource, type SnapshotSource } from './byte-source.ts'
import { ChunkReader, idText } from './chunk-reader.ts'
import { readDevices } from './devices.ts'
import type { PageSink } from './snapshot-file.ts'
import { SnapshotFile } from './snapshot-file.ts'

/** A RAM block of a saved machine, and how many of its pages the file has. */
export interface SnapshotBlock {
  readonly name: string
  /** Bytes. */
  readonly size: number
  /** Pages of 4096 bytes whose bytes are in the file. */
  readonly dataPages: number
  /** Those that are as another page is. */
  readonly samePages: number
  /** Those that the file says are zero; of a base, zero pages are left out. */
  readonly zeroPages: number
}

/** What a file of a saved machine has. */
export interface SnapshotContents {
  /** Of the format. */
  readonly version: number
  /** Of a base and all of its increments the same: 32 hexadecimal digits. */
  readonly id: string
  /** 0 of a base. */
  readonly generation: number
  /** The guest ran on while it was taken. */
  readonly live: boolean
  /** Of the whole file. */
  readonly bytes: number
  readonly spaces: readonly { readonly name: string; readonly endian: 'little' | 'big' }[]
  readonly regions: readonly { readonly name: string; readonly kind: RegionKind }[]
  readonly blocks: readonly SnapshotBlock[]
  /** With the length of each state, bytes. */
  readonly devices: readonly { readonly name: string; readonly bytes: number }[]
}

const NOWHERE: PageSink = {
  data() {},
  zero() {},
  same: () => true,
  full() {},
  async sync() {},
}

/**
 * Reads a saved machine from beginning to end, checks all of it, and says what is in it. No machine is needed; the memory that
 * it takes is a chunk's.
 *
 * @throws SnapshotError saying where it is damaged, and how; TypeError naming the argument.
 */
export async function readSnapshot(source: SnapshotSource): Promise<SnapshotContents> {
  const reader = new ChunkReader(await checkSource(source, 'source').open())
  try {
    const file = new SnapshotFile(reader)
    await file.open()
    await file.readTo(NOWHERE)
    const states = file.decode(file.devices, () => readDevices(file.devices))
    await reader.ended()
    const { identity, description } = file
    return {
      version: 1,
      id: idText(identity.id),
      generation: identity.generation,
      live: identity.live,
      bytes: reader.bytes,
      spaces: description.spaces.map(({ name, endian }) => ({ name, endian })),
      regions: description.regions.map(({ name, kind }) => ({ name, kind })),
      blocks: description.blocks.map(({ name, size }, index) => {
        const { data = 0, same = 0, zero = 0 } = file.counts[index] ?? {}
        return { name, size, dataPages: data, samePages: same, zeroPages: zero }
      }),
      devices: [...states].map(([name, state]) => ({ name, bytes: state.length })),
    }
  } finally {
    reader.close()
  }
}
