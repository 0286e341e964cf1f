// A device's DMA: into a BAR that is direct, against what was done before, and requests in one piece against many.
import { AddressSpace, GuestRam, MemoryRegion, ramCopy, ScatterGatherList } from 'guestmem'
import { memoryCopy } from './memory-copy.mjs'

const PAGE = 4096
const MIB = 2 ** 20
const RAM = 0
const BAR = 2 ** 38
const PIECES = 256

/** A disk's view: guest RAM, and a BAR of a passed-through device above it, both of `bytes` bytes. */
function bus(bytes, options) {
  const memory = GuestRam.allocate(2 * bytes + PAGE)
  const ram = memory.block('ram', bytes)
  const bar = memory.block('bar', bytes)
  const system = MemoryRegion.container('system', 2 ** 40)
  system.addSubregion(RAM, MemoryRegion.ram('ram', ram))
  system.addSubregion(BAR, MemoryRegion.ramDevice('bar', bar, { cacheMode: 'normal' }))
  return { memory, ram, bar, space: new AddressSpace('disk', system, options), system }
}

export function* dma(sizes, smoke) {
  const most = sizes.at(-1)
  const { memory, ram, bar, space } = bus(most)
  const copy = memoryCopy(memory.handle.memory)
  for (const bytes of sizes)
    yield {
      case: 'DMA from RAM to a direct BAR',
      rival: 'memory.copy',
      align: 'aligned',
      bytes,
      ours: reps => {
        for (let i = 0; i < reps; i++) space.copy(BAR, space, RAM, bytes)
      },
      theirs: reps => {
        for (let i = 0; i < reps; i++) copy(bar.offset, ram.offset, bytes)
      },
    }
  // What was done where the core didn't know how a BAR is mapped: 4096 bytes at a time, by way of a buffer.
  for (const bytes of sizes)
    yield {
      case: 'DMA from RAM to a direct BAR',
      rival: 'the same, bounced',
      align: 'aligned',
      bytes,
      ours: reps => {
        for (let i = 0; i < reps; i++) space.copy(BAR, space, RAM, bytes)
      },
      theirs: bounced(bytes),
    }
  yield {
    case: 'map and unmap, 4 KiB, direct',
    rival: '250 ns',
    align: 'aligned',
    bytes: PAGE,
    ours: reps => {
      for (let i = 0; i < reps; i++) space.map(RAM, PAGE, { write: true }).unmap()
    },
    theirs: 250,
  }
  yield scattered(smoke ? MIB : 1024 * MIB)
}

/** The device's memory is accessed by its ops alone, as it was before it was known to be memory. */
function bounced(bytes) {
  const { space, ram } = bus(bytes, { directAccess: 'normal-only' })
  const slow = new AddressSpace('bounced', unknownBar(bytes), { directAccess: 'normal-only' })
  return reps => {
    for (let i = 0; i < reps; i++)
      for (let done = 0; done < bytes; done += PAGE) {
        const size = Math.min(PAGE, bytes - done)
        const window = slow.map(done, size, { write: true })
        ramCopy(window.bytes, 0, ram, done, size)
        window.unmap()
      }
    return space
  }
}

function unknownBar(bytes) {
  const block = GuestRam.allocate(bytes).block('bar', bytes)
  return MemoryRegion.ramDevice('bar', block, { cacheMode: 'noncached' })
}

/** A request of `bytes` bytes in pieces all over the RAM, last first, against the same bytes in one. */
function scattered(bytes) {
  const { space } = bus(bytes)
  const size = bytes / PIECES
  const data = new Uint8Array(bytes)
  const list = new ScatterGatherList()
  for (let piece = PIECES - 1; piece >= 0; piece--) list.add(space, RAM + piece * size, size)
  return {
    case: `${bytes / MIB} MiB in ${PIECES} pieces`,
    rival: 'in one piece',
    align: 'aligned',
    bytes,
    ours: reps => {
      for (let i = 0; i < reps; i++) list.write(0, data)
    },
    theirs: reps => {
      for (let i = 0; i < reps; i++) space.write(RAM, data)
    },
  }
}
