// What taps and counters cost: those that are not there, that are elsewhere, and that are here. Each case beside an access of a
// twin that nobody taps or counts; what is told to a ring beside the 100 ns that ten million events a second leave.
import { AddressSpace, GuestRam, MemoryRegion, tap } from 'guestmem'
import { countAccesses, TraceRing, traceTo } from 'guestmem/trace'
import { Register } from './accesses.mjs'
import { loop } from './loop.mjs'

const RAM = 0x8000_0000
const UART = 0x1000_0000
const PAGE = 4096
const COUNT = 1024
/** Ten million events a second. */
const EVENT_NS = 100

/** A machine with RAM and a device. The first page of RAM is what the accesses are to. */
function machine(name) {
  const system = MemoryRegion.container(name, 2 ** 32)
  const ram = GuestRam.allocate(2 ** 22)
  system.addSubregion(RAM, MemoryRegion.ram('ram', ram.block('ram', 2 ** 20)))
  const uart = MemoryRegion.io('uart', new Register(), PAGE)
  system.addSubregion(UART, uart)
  return new AddressSpace(name, system)
}

const offsets = Uint32Array.from({ length: COUNT }, (_, i) => Math.imul(i, 2654435761) & 0xffc)
const inRam = offsets.map(offset => RAM + offset)
const inUart = offsets.map(offset => UART + offset)

/** @type {[name: string, make: (space: AddressSpace) => (reps: number) => unknown][]} */
const ACCESSES = [
  ['load32, RAM', space => loop('sum ^= space.load32(at)', inRam, { space })],
  ['store32, RAM', space => loop('space.store32(at, i)', inRam, { space })],
  ['load32, MMIO', space => loop('sum ^= space.load32(at)', inUart, { space })],
  ['store32, MMIO', space => loop('space.store32(at, i)', inUart, { space })],
]

/** Requests, as a device makes them. */
const REQUESTS = [
  [
    'read of 16, RAM',
    space => {
      const own = new Uint8Array(16)
      return reps => {
        for (let i = 0; i < reps; i++) space.read((inRam[i & 255] & -16) >>> 0, own)
      }
    },
    16,
  ],
  [
    'write of 1500, RAM',
    space => {
      const own = new Uint8Array(1500)
      return reps => {
        for (let i = 0; i < reps; i++) space.write(RAM, own)
      }
    },
    1500,
  ],
  [
    'copy of 1024, RAM',
    space => reps => {
      for (let i = 0; i < reps; i++) space.copy(RAM, space, RAM + 8192, 1024)
    },
    1024,
  ],
  [
    'read of 16, MMIO',
    space => {
      const own = new Uint8Array(16)
      return reps => {
        for (let i = 0; i < reps; i++) space.read(UART, own)
      }
    },
    16,
  ],
]

const removed = space => tap(space, undefined, {}, () => {}).remove()
const elsewhere = space => void tap(space, { start: RAM + 16 * PAGE, length: 4 }, {}, () => {})
const beside = space => void tap(space, { start: RAM + 0x7f8, length: 8 }, { writes: true }, () => {})
const here = space => {
  tap(space, { start: RAM, length: PAGE }, {}, () => {})
  tap(space, { start: UART, length: PAGE }, {}, () => {})
}

/** @returns {import('./harness.mjs').Pair[]} */
export function taps() {
  const plain = machine('plain')
  const pairs = []
  const add = (how, rival, space, list, theirs = plain) => {
    for (const [name, make, bytes = 4] of list)
      pairs.push({
        case: `${name}: ${how}`,
        bytes,
        align: '',
        rival,
        ours: make(space),
        theirs: typeof theirs === 'number' ? theirs : make(theirs),
      })
  }
  const made = (name, prepare) => {
    const space = machine(name)
    prepare(space)
    return space
  }
  add('tap never used', 'twin', machine('twin'), ACCESSES)
  add('tap removed', 'never used', made('removed', removed), ACCESSES)
  add('tap elsewhere', 'never used', made('elsewhere', elsewhere), ACCESSES)
  add('tap in the page', 'never used', made('beside', beside), ACCESSES.slice(0, 2))
  add('tap here', 'never used', made('here', here), ACCESSES)
  add(
    'counted',
    'not counted',
    made('counted', space => countAccesses(space)),
    [...ACCESSES, ...REQUESTS],
  )
  add(
    'counted, ram',
    'not counted',
    made('all', space => countAccesses(space, { ram: true })),
    ACCESSES.slice(0, 2),
  )
  const ring = TraceRing.allocate({ events: 2 ** 16, whenFull: 'overwrite' })
  add(
    'to a ring',
    'limit',
    made('traced', space => traceTo(space, ring)),
    ACCESSES,
    EVENT_NS,
  )
  return pairs
}
