import type { FlatRange } from 'guestmem'
import { MACHINE_BYTES, type Machine, type MachineShape } from './machine.ts'

const READ = 1
const WRITE = 2
const READ_ANY = 4
const DEVICE = 16
const SLOW = 32
const READONLY = 64
/** All that is mapped begins and ends at a multiple of it. */
const GRAIN = 16

/** What the flat view says of a page: looked up byte by byte, so to speak, and by no code of the library. */
export function expectedEntry(
  machine: Machine,
  shape: MachineShape,
  order: 'host' | 'language' | 'weak',
  page: number,
  pageSize: number,
  limit: number,
): number {
  const start = page * pageSize
  const piece = pieceOf(machine, shape, page, pageSize)
  if (piece === 'several') return SLOW
  if (piece === undefined) return 0
  const entry = entryOfRange(machine, shape, order, piece.range, start)
  const next = start + pageSize < limit ? pieceOf(machine, shape, page + 1, pageSize) : undefined
  const goesOn = typeof next === 'object' && next.range === piece.range && next.block === piece.block
  const isPlain = piece.range.region.cacheMode === 'normal' && order !== 'language'
  const any = goesOn && isPlain ? (entry & (READ | WRITE)) * READ_ANY : 0
  return entry + any
}

/** The one range, and block, that a page is of. */
function pieceOf(machine: Machine, shape: MachineShape, page: number, pageSize: number) {
  const { view } = machine.space
  const start = page * pageSize
  const found = new Map<string, FlatRange | undefined>()
  const end = Math.min(start + pageSize, shape.base + MACHINE_BYTES)
  for (let at = start; at < end; at += GRAIN) {
    const range = view.find(at)
    found.set(range === undefined ? 'nothing' : `${range.start} ${blockAt(range, at)?.name}`, range)
  }
  if (end < start + pageSize) found.set('nothing', undefined)
  const [range, ...others] = found.values()
  if (others.length > 0) return 'several'
  return range && { range, block: blockAt(range, start) }
}

function entryOfRange(
  machine: Machine,
  { shared, order: ramOrder, directAccess }: MachineShape,
  order: string,
  range: FlatRange,
  start: number,
): number {
  const { region, readonly, dirtyLogMask, romd } = range
  const flags = (...bits: (number | undefined)[]) =>
    bits.reduce<number>((all, bit) => all | (bit as number), readonly ? READONLY : 0)
  if (region.kind === 'io') return flags(DEVICE)
  const block = blockAt(range, start)
  if (block === undefined) return flags(SLOW)
  const backing = region.backing.find(each => each.block === block)
  const host = block.offset + (range.offset + (start - range.start)) - (backing?.start as number)
  const displacement = (((host - start) % 2 ** 32) + 2 ** 32) % 2 ** 32
  const isFlash = region.kind === 'romDevice'
  const orderly = !shared || ramOrder === 'host' || order !== 'host'
  const mapped = directAccess === 'by-mapping' || region.cacheMode === 'normal'
  const there = machine.ram.blocks.includes(block) && displacement % 128 === 0
  if (!there || !orderly || !mapped || (isFlash && !romd)) return flags(isFlash ? DEVICE : SLOW)
  // A ROM that is made writable is RAM.
  const writable = !isFlash && !readonly && dirtyLogMask === 0
  return (displacement + flags(READ, writable ? WRITE : 0, isFlash ? DEVICE : 0)) >>> 0
}

function blockAt({ region, offset, start }: FlatRange, address: number) {
  const at = offset + (address - start)
  return region.backing.find(each => at >= each.start && at < each.start + each.block.size)?.block
}
