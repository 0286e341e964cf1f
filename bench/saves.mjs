// A machine of 256 MiB of which a quarter is in use, saved and restored. ns over bytes is GB/s the other way round: bytes / ns.
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as zlib from 'node:zlib'
import { AddressSpace, GuestRam, MemoryRegion, SparseRam } from 'guestmem'
import { restoreMachine, saveMachine } from 'guestmem/snapshot'

const PAGE = 4096
const GOAL = '1 GB/s of what is in use'

/** @param {boolean} isSparse RAM of which it is known that nobody has used it. */
function machine(bytes, isSparse = false) {
  const blocks = isSparse ? new SparseRam().blocks('ram', bytes) : GuestRam.allocate(bytes).block('ram', bytes)
  const root = MemoryRegion.container('root', 2 ** 32)
  const ram = MemoryRegion.ram('ram', blocks)
  root.addSubregion(0, ram)
  return { block: ram.block, space: new AddressSpace('space', root) }
}

/** Every fourth page another one, of bytes that are not zero. */
function use({ block }, bytes, seed) {
  const view = block.view()
  const words = new Uint32Array(view.buffer, view.byteOffset, bytes / 4)
  for (let page = 0; page < bytes / PAGE; page += 4)
    for (let word = page * 1024; word < page * 1024 + 1024; word++) words[word] = Math.imul(word + seed, 0x9e3779b1) | 1
}

async function bytesOf(stream) {
  const pieces = []
  for await (const piece of stream) pieces.push(piece)
  return new Uint8Array(Buffer.concat(pieces))
}

/** Pages in use are single ones, which is harder than many in a row. @param {boolean} smoke @returns {AsyncGenerator<import('./harness.mjs').Pair>} */
export async function* savesAndRestores(smoke) {
  const bytes = smoke ? 2 ** 22 : 2 ** 28
  const used = bytes / 4
  const size = smoke ? '4 MiB' : '256 MiB'
  const saved = machine(bytes)
  use(saved, bytes, 0)
  const file = await bytesOf(saveMachine(saved.space))
  const folder = mkdtempSync(join(tmpdir(), 'guestmem-bench-'))
  const path = join(folder, 'machine')
  writeFileSync(path, file)

  const row = (name, more) => ({ case: `${name}, ${size}`, bytes: used, align: '', rival: GOAL, theirs: used, ...more })
  yield row('save', {
    async ours(reps) {
      for (let i = 0; i < reps; i++) for await (const _ of saveMachine(saved.space));
    },
  })

  /** @param prepare Gives the machine that is restored next. */
  const restore = (name, prepare, source = () => file) => {
    let target = machine(PAGE)
    return row(`restore, ${name}`, {
      async prepare() {
        target = await prepare()
      },
      async ours(reps) {
        for (let i = 0; i < reps; i++) await restoreMachine(target.space, source())
      },
    })
  }
  const other = machine(bytes)
  let seed = 1
  const inUse = () => {
    use(other, bytes, seed++)
    return other
  }
  const open = () => createReadStream(path, { highWaterMark: 2 ** 20 })
  const fromFile = () => open
  /** What the stream itself takes, which is opened so often. */
  const stream = times => ({
    rival: `the stream read ${times === 1 ? 'once' : 'twice'}`,
    async theirs(reps) {
      for (let i = 0; i < reps * times; i++) for await (const _ of open());
    },
  })
  yield restore('over others', inUse)
  yield { ...restore('from a file', inUse, fromFile), ...stream(2) }
  const zeros = () => {
    other.block.view().fill(0)
    return other
  }
  yield restore('over zeros', zeros)
  if (zlib.crc32 !== undefined) {
    const view = other.block.view()
    yield {
      ...restore('over zeros', zeros),
      rival: 'Uint8Array.set and a crc32',
      theirs(reps) {
        for (let i = 0; i < reps; i++) {
          zlib.crc32(file)
          view.set(file)
        }
      },
    }
  }
  // What the host takes to map pages is in both.
  const mapped = {
    rival: 'set to new memory',
    theirs(reps) {
      for (let i = 0; i < reps; i++) new Uint8Array(new SharedArrayBuffer(file.length)).set(file)
    },
  }
  yield { ...restore('just built', () => machine(bytes)), ...mapped }
  yield { ...restore('file, just built', () => machine(bytes), fromFile), ...stream(1) }
  yield { ...restore('of SparseRam', () => machine(bytes, true)), ...mapped }
  rmSync(folder, { recursive: true })
}
