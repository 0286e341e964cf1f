import type { FlatRange } from 'guestmem'
import { MACHINE_BYTES, type Machine, type MachineShape } from './machine.ts'

const [READ, WRITE, DEVICE, SLOW, READONLY] = [1, 2, 4, 8, 16]
/** All that is mapped begins and ends at a multiple of it. */
const GRAIN = 16

/** What the flat view says of a page: looked up byte by byte, so to speak, and by no code of the library. */
export function expectedEntry(
  machine: Machine,
  shape: MachineShape,
  order: 'host' | 'language' | 'weak',
  page: number,
  pageSize: number,
): number {
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
  if (others.length > 0) return SLOW as number
  return range === undefined ? 0 : entryOfRange(machine, shape, order, range, start)
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
    bits.reduce<number>((all, bit) => all | (bit as number), readonly ? (READONLY as number) : 0)
  if (region.kind === 'io') return flags(DEVICE)
  const block = blockAt(range, start)
  if (block === undefined) return flags(SLOW)
  const backing = region.backing.find(each => each.block === block)
  const host = block.offset + (range.offset + (start - range.start)) - (backing?.start as number)
  const displacement = (((host - start) % 2 ** 32) + 2 ** 32) % 2 ** 32
  const isFlash = region.kind === 'romDevice'
  const orderly = !shared || ramOrder === 'host' || order !== 'host'
  const mapped = directAccess === 'by-mapping' || region.cacheMode === 'normal'
  const there = machine.ram.blocks.includes(block) && displacement % 64 === 0
  if (!there || !orderly || !mapped || (isFlash && !romd)) return flags(isFlash ? DEVICE : SLOW)
  // A ROM that is made writable is RAM.
  const writable = !isFlash && !readonly && dirtyLogMask === 0
  return (displacement + flags(READ, writable ? WRITE : 0, isFlash ? DEVICE : 0)) >>> 0
}

function blockAt({ region, offset, start }: FlatRange, address: number) {
  const at = offset + (address - start)
  return region.backing.find(each => at >= each.start && at < each.start + each.block.size)?.block
}
