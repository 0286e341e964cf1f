import { GuestRam, type GuestRamHandle, type GuestRamOptions, type RamBlock } from 'guestmem'
import { checkInteger, checkObject, checkOneOf, show } from '../check.ts'
import { Layout, type Shape } from './layout.ts'
import { MOST_MEMBERS } from './options.ts'

/** A guest RAM of the board, and how its owner accesses it: so do members, whose accesses would else be ordered by other means. */
export interface BoardRam {
  readonly handle: GuestRamHandle
  readonly options: Pick<GuestRamOptions, 'order' | 'host' | 'unaligned'>
}

/** What a thread needs to become a member of a board. It may be sent by postMessage, to one thread: each has its own. */
export interface BoardHandle {
  /** Which member it makes, 0 and up. */
  readonly id: number
  readonly endian: 'little' | 'big'
  /** The guest RAMs that members touch themselves, without their blocks. The control block is in the first. */
  readonly rams: readonly BoardRam[]
  /** Where the control block is, in the first guest RAM's buffer, bytes. */
  readonly control: { readonly offset: number; readonly size: number }
  readonly shape: Shape
}

/** What a handle leads to. */
export interface OpenHandle {
  readonly id: number
  readonly endian: 'little' | 'big'
  readonly rams: readonly BoardRam[]
  readonly ram: GuestRam
  readonly control: RamBlock
  readonly layout: Layout
}

/** @throws TypeError or RangeError naming what is wrong. */
export function openHandle(value: unknown): OpenHandle {
  if (typeof (value as { handle?: unknown } | null | undefined)?.handle === 'function')
    throw new TypeError('handle must be what board.handle() gives, got a Board: post its handle()')
  const handle = checkObject(value, 'handle')
  const { rams, id, endian } = handle
  const all: readonly unknown[] = Array.isArray(rams) ? Array.from(rams) : []
  if (all.length === 0)
    throw new TypeError(`handle.rams must be guest RAM handles, got ${show(rams)}: post what board.handle() gives`)
  const { members, ranges, notifiers } = checkObject(handle.shape, 'handle.shape')
  const layout = new Layout({
    members: checkInteger(members, 'handle.shape.members', 1, MOST_MEMBERS),
    ranges: checkInteger(ranges, 'handle.shape.ranges', 1, 2 ** 16),
    notifiers: checkInteger(notifiers, 'handle.shape.notifiers', 0, 2 ** 16),
  })
  const { offset, size } = checkObject(handle.control, 'handle.control')
  if (size !== 4 * layout.words)
    throw new RangeError(`handle.control.size must be the shape's ${4 * layout.words}, got ${show(size)}`)
  const member = checkInteger(id, 'handle.id', 0, layout.shape.members - 1)
  const order = checkOneOf(endian, ['little', 'big'] as const, 'handle.endian')
  const blocks = [{ name: 'board', offset: offset as number, size }]
  const [first, ...others] = all.map(checkRam)
  const { handle: own, options } = first as BoardRam
  const ram = GuestRam.attach({ ...own, blocks }, options)
  for (const { handle, options } of others) GuestRam.attach(handle, options)
  return {
    id: member,
    endian: order,
    rams: [first as BoardRam, ...others],
    ram,
    control: ram.blocks[0] as RamBlock,
    layout,
  }
}

/** What a RAM is attached with; of its fields GuestRam.attach says what is wrong. */
function checkRam(value: unknown, index: number): BoardRam {
  const { handle, options } = checkObject(value, `handle.rams[${index}]`)
  return { handle, options } as BoardRam
}
