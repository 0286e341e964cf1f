import type { AddressSpaceOptions, GuestRam } from 'guestmem'
import { checkFunction, checkInteger, checkKeys, checkObject, checkOptions, type Fields, show } from '../check.ts'
import { checkNumber } from './check.ts'
import type { Shape } from './layout.ts'

/** How much there is room for, and who is told. What is left away is as each says. */
export interface BoardOptions {
  /** How many threads there may be beside the owner at once, 1 to 64; 8 unless said. */
  readonly members?: number | undefined
  /** How many ranges members can touch themselves, 1 to 65536; 1024 unless said. What there is beyond is forwarded. */
  readonly ranges?: number | undefined
  /** How many event notifiers members can ring themselves, 0 to 65536; 64 unless said. Others are rung by the owner. */
  readonly notifiers?: number | undefined
  /**
   * Guest RAMs that come into the map later. A member touches those that were in the map, or given here, when its handle was
   * made; the memory of others is forwarded.
   */
  readonly rams?: readonly GuestRam[] | undefined
  /** How long the owner spins before it sleeps, milliseconds, 0 to 1000; 0.1 unless said. */
  readonly spinMs?: number | undefined
  /** After how many milliseconds `onStall` is called, 1 to 60000; 1000 unless said. */
  readonly stallMs?: number | undefined
  /** Told of a member that holds up a change of the map: it runs, and does not poll. Once for each change. */
  readonly onStall?: ((id: number) => void) | undefined
  /** Told what a handler has thrown in a member's request, which ends with ERROR. Unless given, console.error. */
  readonly onError?: ((error: unknown) => void) | undefined
}

/** How a member waits, and who is told of another map. */
export interface MemberOptions {
  /** How long it spins before it sleeps, milliseconds, 0 to 1000; 0.1 unless said. */
  readonly spinMs?: number | undefined
  /** Called after the member has begun to use another map: what a JIT keeps of the old one is stale. It makes no access. */
  readonly onMap?: (() => void) | undefined
  /** Of its space; `endian` is the board's. */
  readonly space?: Omit<AddressSpaceOptions, 'endian'> | undefined
}

export const MOST_MEMBERS = 64
const MOST_ROWS = 65_536

export interface CheckedBoardOptions {
  readonly shape: Shape
  readonly rams: readonly unknown[]
  readonly spinMs: number
  readonly stallMs: number
  readonly onStall: (id: number) => void
  readonly onError: (error: unknown) => void
}

/** @throws TypeError or RangeError naming the option. */
export function checkBoardOptions(given: BoardOptions): CheckedBoardOptions {
  const keys = ['members', 'ranges', 'notifiers', 'rams', 'spinMs', 'stallMs', 'onStall', 'onError'] as const
  const options = checkOptions<BoardOptions>(given, keys)
  const { members = 8, ranges = 1024, notifiers = 64, rams = [], spinMs, stallMs = 1000 } = options
  const { onStall = () => {}, onError = error => console.error(error) } = options
  if (!Array.isArray(rams)) throw new TypeError(`options.rams must be an array of GuestRams, got ${show(rams)}`)
  return {
    shape: {
      members: checkInteger(members, 'options.members', 1, MOST_MEMBERS),
      ranges: checkInteger(ranges, 'options.ranges', 1, MOST_ROWS),
      notifiers: checkInteger(notifiers, 'options.notifiers', 0, MOST_ROWS),
    },
    rams: Array.from(rams),
    spinMs: checkSpin(spinMs),
    stallMs: checkInteger(stallMs, 'options.stallMs', 1, 60_000),
    onStall: thrownBehind(checkFunction(onStall, 'options.onStall')),
    onError: thrownBehind(checkFunction(onError, 'options.onError')),
  }
}

const SPACE_KEYS = ['directAccess', 'bounceBytes', 'seams', 'ordering', 'onReject'] as const

export interface CheckedMemberOptions {
  readonly spinMs: number
  readonly onMap: () => void
  readonly space: Omit<AddressSpaceOptions, 'endian'>
}

/** @throws TypeError or RangeError naming the option. */
export function checkMemberOptions(given: MemberOptions): CheckedMemberOptions {
  const { spinMs, onMap = () => {}, space = {} } = checkOptions<MemberOptions>(given, ['spinMs', 'onMap', 'space'])
  // Its own properties, each read once. What they should be, its AddressSpace says.
  const own: Fields = { __proto__: null, ...checkObject(space, 'options.space') }
  if (own.endian !== undefined)
    throw new TypeError(`options.space.endian must be left out: it is the board's, got ${show(own.endian)}`)
  checkKeys(own, SPACE_KEYS, 'options.space')
  return {
    spinMs: checkSpin(spinMs),
    onMap: checkFunction(onMap, 'options.onMap'),
    space: own as CheckedMemberOptions['space'],
  }
}

/** What a callback throws is thrown once the members are served: they have no part in it. */
function thrownBehind<T>(callback: (value: T) => void): (value: T) => void {
  return value => {
    try {
      callback(value)
    } catch (error) {
      queueMicrotask(() => {
        throw error
      })
    }
  }
}

function checkSpin(value: unknown = 0.1): number {
  return checkNumber(value, 'options.spinMs', 0, 1000)
}
