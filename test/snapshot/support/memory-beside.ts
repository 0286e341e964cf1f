// A process of its own: saves a machine of 256 MiB of which 64 are used, or restores it, and says how much memory that took beside
// the guest's: of all that the process had at its peak, what is more than it had right before. When garbage is collected is the
// engine's own affair, and V8 lets 64 MiB of it gather; so that what is measured is ours, it is collected here again and again,
// unless the second argument says otherwise.
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'
import { restoreMachine, saveMachine } from 'guestmem/snapshot'

const MIB = 2 ** 20
const PAGE = 4096
const BYTES = 256 * MIB

/** Every page of it has been touched, so that what the guest has grows no more. @param used Bytes, of every fourth page. */
function machine(used: number, seed: number): AddressSpace {
  const block = GuestRam.allocate(BYTES).block('ram', BYTES)
  const words = new Uint32Array(block.view().buffer)
  for (let page = 0; page < BYTES / PAGE; page++) {
    const isUsed = page % 4 === 0 && page < (4 * used) / PAGE
    for (let word = page * 1024; word < (page + 1) * 1024; word++)
      words[word] = isUsed ? Math.imul(word + seed, 0x9e3779b1) | 1 : 0
  }
  const root = MemoryRegion.container('root', 2 ** 32)
  root.addSubregion(0, MemoryRegion.ram('ram', block))
  return new AddressSpace('space', root)
}

const [how, path, collects] = process.argv.slice(2) as [string, string, string]
const collect = collects === 'collects' ? (globalThis as unknown as { gc(): void }).gc : () => {}

/** The same pieces; what was read is let go of at once. */
async function* collected(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0
  for await (const piece of pieces) {
    yield piece
    bytes += piece.length
    if (bytes < 2 * MIB) continue
    bytes = 0
    collect()
  }
}

const piecesOf = (space: AddressSpace) => collected(saveMachine(space) as unknown as AsyncIterable<Uint8Array>)
const fromFile = () => collected(createReadStream(path))

async function toFile(space: AddressSpace): Promise<void> {
  const file = await open(path, 'w')
  for await (const piece of piecesOf(space)) await file.writeFile(piece)
  await file.close()
}

const acts: Record<string, () => () => Promise<void>> = {
  save() {
    const space = machine(64 * MIB, 0)
    return async () => {
      for await (const _ of piecesOf(space));
    }
  },
  'save to a file'() {
    const space = machine(64 * MIB, 0)
    return () => toFile(space)
  },
  'restore from a stream, over zeros'() {
    const space = machine(0, 0)
    return () => restoreMachine(space, fromFile())
  },
  'restore from a file, over 40 MiB'() {
    const space = machine(40 * MIB, 1)
    return () => restoreMachine(space, fromFile)
  },
  'restore from a file, over 64 MiB'() {
    const space = machine(64 * MIB, 1)
    return () => restoreMachine(space, fromFile)
  },
}

const act = acts[how]?.() as () => Promise<void>
const before = process.memoryUsage.rss()
await act()
// Kilobytes.
const peak = 1024 * process.resourceUsage().maxRSS
console.log(JSON.stringify({ before, peak }))
