import type { AddressSpace, DirectAccess, MemTxAttrs } from 'guestmem'
import { type Board, RAM_AT } from './board.ts'
import { bearsAny, isDirect, isOne, natural, opsAccesses, type Way, widestStore } from './expected.ts'

/** A request of `length` bytes at `address` of the device, from or to a user's array that begins `skew` bytes in its buffer. */
export interface Place {
  readonly policy: DirectAccess
  readonly attrs: MemTxAttrs
  readonly address: number
  readonly length: number
  readonly skew: number
}

/** The accesses that are due: their widths, or how many at least and at most. */
export type Due = readonly number[] | { readonly least: number; readonly most: number }

/** What a request does to the device's bytes, and what its accesses should be. */
export interface Direction {
  readonly name: string
  /** The device's bytes that it loads: from where, relative to the place. */
  readonly loadsFrom?: number
  readonly storesTo?: number
  run(board: Board, space: AddressSpace, place: Place): number
  /** True if the bytes came to where they belong. */
  landed(board: Board, place: Place): boolean
  due(board: Board, way: Way, place: Place): { readonly loads?: Due; readonly stores?: Due }
}

/** Every transfer's user side; its bytes are told apart from the device's and the RAM's. */
const OWN = Uint8Array.from({ length: 0x4000 }, (_, i) => (i * 29 + 3) & 0xff)
const SHARED = new Uint8Array(new SharedArrayBuffer(0x4000))
const into = new Uint8Array(0x4000)
const FILL = 0xa7
/** What is filled by other ways than directly is so many bytes at once (RULES E11). */
const PATTERN = 512

const part = (bytes: Uint8Array, at: number, length: number): Uint8Array => bytes.subarray(at, at + length)
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0
/** Where in RAM the other side of a copy is. */
const ramAt = ({ skew }: Place): number => 0x800 + skew

const ALL_DIRECT = { least: 0, most: 0 }

/** Stores to the device by its ordered lane, which a kernel can carry out or not. */
function anyStores({ setting }: Board, { address, length }: Place, reach: 'kernel' | 'script' = 'kernel'): Due {
  if (isOne(address, length)) return [length]
  // In elements of 4 bytes, or by cells: those of an array that the lane sees for the first time.
  if (setting.lane === 'script')
    return { least: natural(address, length, 8).length, most: natural(address, length, 4).length }
  const widest = widestStore(setting)
  // Few bytes of an array that the lane sees for the first time are moved in script, too.
  const narrow = natural(address, length, reach === 'script' || length <= 16 ? 4 : 8).length
  return { least: natural(address, length, widest).length, most: narrow }
}

/** Loads by the ordered lane: where they may be unaligned, what they are stored to says how they are cut. */
function anyLoads({ setting }: Board, { address, length }: Place, reach: 'kernel' | 'script' = 'kernel'): Due {
  if (isOne(address, length)) return [length]
  const least = Math.ceil(length / widestStore(setting))
  return { least, most: setting.lane === 'script' || reach === 'script' ? length : Math.floor(length / 8) + 6 }
}

function bounced(board: Board, way: Way, place: Place): boolean {
  return way === 'ops' || !bearsAny(board.setting) || !isDirect(board.setting.cacheMode, place.policy)
}

function blockDue(board: Board, way: Way, { address, length }: Place): readonly number[] {
  const at = board.bar.offset + address
  return way === 'ops' ? opsAccesses(board.setting, at, length) : natural(at, length, 8)
}

/** A copy of a register is one load of it; of plain RAM it is one where both sides are aligned (src/ram/copy/lane.ts). */
function copyLoads(board: Board, way: Way, place: Place, reach: 'kernel' | 'script' = 'kernel'): Due {
  if (way !== 'any' && way !== 'bulk') return blockDue(board, way, place)
  const { cacheMode, lane } = board.setting
  const { length } = place
  const whole = cacheMode !== 'normal' || isOne(ramAt(place), length)
  if (whole || !isOne(place.address, length)) return anyLoads(board, place, reach)
  return { least: 1, most: lane === 'script' || reach === 'script' ? length : 6 }
}

const loads = (board: Board, way: Way, place: Place): Due =>
  way === 'any' || way === 'bulk' ? anyLoads(board, place) : blockDue(board, way, place)
const stores = (board: Board, way: Way, place: Place): Due =>
  way === 'any' || way === 'bulk' ? anyStores(board, place) : blockDue(board, way, place)

export const DIRECTIONS: readonly Direction[] = [
  {
    name: 'read',
    loadsFrom: 0,
    run: (_board, space, { address, length, skew, attrs }) => space.read(address, part(into, skew, length), attrs),
    landed: ({ device }, { address, length, skew }) => same(part(into, skew, length), part(device, address, length)),
    due: (board, way, place) => ({ loads: loads(board, way, place) }),
  },
  {
    name: 'write',
    storesTo: 0,
    run: (_board, space, { address, length, skew, attrs }) => space.write(address, part(OWN, skew, length), attrs),
    landed: ({ device }, { address, length, skew }) => same(part(OWN, skew, length), part(device, address, length)),
    due: (board, way, place) => ({ stores: stores(board, way, place) }),
  },
  {
    name: 'read into an array that others may watch',
    loadsFrom: 0,
    run: (_board, space, { address, length, skew, attrs }) => space.read(address, part(SHARED, skew, length), attrs),
    landed: ({ device }, { address, length, skew }) => same(part(SHARED, skew, length), part(device, address, length)),
    due: (board, way, place) => ({
      loads: way === 'ops' ? blockDue(board, way, place) : anyLoads(board, place, 'script'),
    }),
  },
  {
    name: 'write from an array that others may watch',
    storesTo: 0,
    run(_board, space, { address, length, skew, attrs }) {
      for (let i = 0; i < length; i++) SHARED[skew + i] = i * 3 + address
      return space.write(address, part(SHARED, skew, length), attrs)
    },
    landed: ({ device }, { address, length, skew }) => same(part(SHARED, skew, length), part(device, address, length)),
    due: (board, way, place) => ({
      stores: way === 'ops' ? blockDue(board, way, place) : anyStores(board, place, 'script'),
    }),
  },
  {
    name: 'fill',
    storesTo: 0,
    run: (_board, space, { address, length, attrs }) => space.fill(address, FILL, length, attrs),
    landed: ({ device }, { address, length }) => part(device, address, length).every(byte => byte === FILL),
    due(board, way, { address, length, ...place }) {
      if (way !== 'ops') return { stores: stores(board, way, { address, length, ...place }) }
      // E11.
      const patterns = Array.from({ length: Math.ceil(length / PATTERN) }, (_, i) => i * PATTERN)
      return {
        stores: patterns.flatMap(at =>
          blockDue(board, way, { ...place, address: address + at, length: Math.min(PATTERN, length - at) }),
        ),
      }
    },
  },
  {
    name: 'map for reading',
    loadsFrom: 0,
    run(_board, space, { address, length, skew, attrs }) {
      const window = space.map(address, length, { attrs })
      into.set(window?.bytes ?? [], skew)
      return (window?.result ?? -1) | (window?.unmap() ?? -1)
    },
    landed: ({ device }, { address, length, skew }) => same(part(into, skew, length), part(device, address, length)),
    due: (board, way, place) => ({ loads: bounced(board, way, place) ? blockDue(board, way, place) : ALL_DIRECT }),
  },
  {
    name: 'map for writing',
    storesTo: 0,
    run(_board, space, { address, length, skew, attrs }) {
      const window = space.map(address, length, { write: true, attrs })
      window?.bytes.set(part(OWN, skew, length))
      return window?.unmap() ?? -1
    },
    landed: ({ device }, { address, length, skew }) => same(part(OWN, skew, length), part(device, address, length)),
    due: (board, way, place) => ({ stores: bounced(board, way, place) ? blockDue(board, way, place) : ALL_DIRECT }),
  },
  {
    name: 'copy to RAM',
    loadsFrom: 0,
    run: (_board, space, place) => space.copy(RAM_AT + ramAt(place), space, place.address, place.length, place.attrs),
    landed: ({ device, memory }, place) =>
      same(part(memory, ramAt(place), place.length), part(device, place.address, place.length)),
    due: (board, way, place) => ({ loads: copyLoads(board, way, place) }),
  },
  {
    name: 'copy from RAM',
    storesTo: 0,
    run: (_board, space, place) => space.copy(place.address, space, RAM_AT + ramAt(place), place.length, place.attrs),
    landed: ({ device, memory }, place) =>
      same(part(memory, ramAt(place), place.length), part(device, place.address, place.length)),
    due: (board, way, place) => ({ stores: stores(board, way, place) }),
  },
  {
    name: 'copy to a second guest RAM',
    loadsFrom: 0,
    run: ({ other }, space, place) => other.copy(ramAt(place), space, place.address, place.length, place.attrs),
    landed: ({ device, elsewhere }, place) =>
      same(part(elsewhere, ramAt(place), place.length), part(device, place.address, place.length)),
    due: (board, way, place) => ({ loads: copyLoads(board, way, place, 'script') }),
  },
  {
    name: 'copy from a second guest RAM',
    storesTo: 0,
    run: ({ other }, space, place) => space.copy(place.address, other, ramAt(place), place.length, place.attrs),
    landed: ({ device, elsewhere }, place) =>
      same(part(elsewhere, ramAt(place), place.length), part(device, place.address, place.length)),
    due: (board, way, place) => ({
      stores: way === 'any' || way === 'bulk' ? anyStores(board, place, 'script') : blockDue(board, way, place),
    }),
  },
  ...[-3, 5, 1, -4].map(
    (distance): Direction => ({
      name: `move by ${distance} within the device`,
      loadsFrom: 0,
      storesTo: distance,
      run(_board, space, { address, length, attrs }) {
        moved = part(_board.device, address, length).slice()
        return space.copy(address + distance, space, address, length, attrs)
      },
      landed: ({ device }, { address, length }) => same(part(device, address + distance, length), moved),
      due(board, way, place) {
        const to = { ...place, address: place.address + distance }
        if (way === 'ops') return { loads: blockDue(board, way, place), stores: blockDue(board, way, to) }
        // How what overlaps is kept aside is the lane's own business: it goes byte by byte where no kernel does it.
        const { length } = place
        const some = { least: Math.ceil(length / 16), most: length }
        // But what may be a register is one load, and one store, where that is aligned (H2).
        const register = board.setting.cacheMode !== 'normal'
        return {
          loads: register && isOne(place.address, length) ? [length] : some,
          stores: isOne(to.address, length) ? [length] : some,
        }
      },
    }),
  ),
]

let moved: Uint8Array = new Uint8Array(0)
