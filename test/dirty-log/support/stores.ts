import {
  AddressSpace,
  DirtyClient,
  GuestRam,
  MemoryRegion,
  MemTxAttrs,
  type RamBlock,
  ramCopy,
  ramFill,
  ramMove,
  writeb,
  writel,
  writeq,
  writew,
} from 'guestmem'
import { PAGE } from '../../support/board.ts'

export function blocks(
  pages: number,
  options?: Parameters<typeof GuestRam.allocate>[1],
): [ram: GuestRam, block: RamBlock] {
  const ram = GuestRam.allocate((pages + 5) * PAGE, options)
  // Not the first, so that a page counted from the wrong end shows.
  ram.block('before', 3 * PAGE)
  return [ram, ram.block('block', pages * PAGE)]
}

export interface Board {
  readonly ram: GuestRam
  readonly block: RamBlock
  readonly region: MemoryRegion
  readonly root: MemoryRegion
  readonly space: AddressSpace
}

/** RAM at 0x10000, logged for VGA and MIGRATION. */
export function board(options?: Parameters<typeof GuestRam.allocate>[1], kind: 'ram' | 'ramDevice' = 'ram'): Board {
  const [ram, block] = blocks(40, options)
  const region = MemoryRegion[kind]('ram', block)
  region.setLog(DirtyClient.VGA, true)
  region.setLog(DirtyClient.MIGRATION, true)
  const root = MemoryRegion.container('root', 2 ** 40)
  root.addSubregion(0x10000, region)
  return { ram, block, region, root, space: new AddressSpace('space', root) }
}

/** A store through a space, and the pages of the block that it stores to. */
export type Store = readonly [name: string, pages: readonly number[], store: (space: AddressSpace, at: number) => void]

/** `at` is the address of the block. */
export const STORES: readonly Store[] = [
  ['store8', [1], (space, at) => space.store8(at + PAGE, 1)],
  ['store16', [1], (space, at) => space.store16(at + 2 * PAGE - 2, 1)],
  ['store32', [2], (space, at) => space.store32(at + 2 * PAGE, 1)],
  ['store32 over a border', [1, 2], (space, at) => space.store32(at + 2 * PAGE - 1, 1)],
  ['store64', [3], (space, at) => space.store64(at + 3 * PAGE, 1n)],
  ['store64 over a border', [3, 4], (space, at) => space.store64(at + 4 * PAGE - 4, 1n)],
  ['store64Pair', [5], (space, at) => space.store64Pair(at + 5 * PAGE, 1, 2)],
  ['store32be', [5], (space, at) => space.store32be(at + 5 * PAGE, 1)],
  ['write', [6, 7], (space, at) => space.write(at + 7 * PAGE - 1, new Uint8Array(2))],
  ['write, a page', [6], (space, at) => space.write(at + 6 * PAGE, new Uint8Array(PAGE))],
  ['write, relaxed', [8, 9], (space, at) => space.write(at + 8 * PAGE + 5, new Uint8Array(PAGE), MemTxAttrs.RELAXED)],
  ['fill', [30, 31, 32, 33], (space, at) => space.fill(at + 30 * PAGE + 7, 5, 3 * PAGE)],
  ['fill, relaxed', [39], (space, at) => space.fill(at + 39 * PAGE, 5, PAGE, MemTxAttrs.RELAXED)],
  ['writeRom', [10, 11], (space, at) => space.writeRom(at + 11 * PAGE - 8, new Uint8Array(9))],
  ['an empty write', [], (space, at) => space.write(at, new Uint8Array(0))],
  ['store over the end, rejected', [], (space, at) => space.store32(at + 40 * PAGE - 2, 1)],
  ['write over the end', [39], (space, at) => space.write(at + 40 * PAGE - 2, new Uint8Array(4))],
  ['loads and reads', [], (space, at) => [space.load32(at), space.load64(at), space.read(at, new Uint8Array(PAGE))]],
]

/** Stores that no region sees. */
export const RAW_STORES: readonly (readonly [string, readonly number[], (block: RamBlock, from: RamBlock) => void])[] =
  [
    ['ramCopy', [2, 3], (block, from) => ramCopy(block, 3 * PAGE - 1, from, 0, 2)],
    ['ramCopy of an array', [2], block => ramCopy(block, 2 * PAGE, new Uint8Array(PAGE), 0, PAGE)],
    ['ramCopy within a block', [4], block => ramCopy(block, 4 * PAGE, block, 0, 16)],
    ['ramMove', [0, 1], block => ramMove(block, 1, block, 0, PAGE)],
    ['ramMove of an array', [39], block => ramMove(block, 40 * PAGE - 1, new Uint8Array(1), 0, 1)],
    ['ramFill', [31, 32, 33], block => ramFill(block, 32 * PAGE - 1, 7, PAGE + 2)],
    ['writeb', [1], block => writeb(block, PAGE, 1)],
    ['writew', [1, 2], block => writew(block, 2 * PAGE - 1, 1)],
    ['writel', [3], block => writel(block, 3 * PAGE, 1)],
    ['writeq', [4], block => writeq(block, 4 * PAGE, 1n)],
    ['ramCopy of nothing', [], (block, from) => ramCopy(block, 0, from, 0, 0)],
    ['ramFill of nothing', [], block => ramFill(block, 40 * PAGE, 1, 0)],
    ['ramCopy out', [], block => ramCopy(new Uint8Array(PAGE), 0, block, 0, PAGE)],
  ]
