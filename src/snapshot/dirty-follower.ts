import { DirtyClient, type DirtySnapshot, type MemoryRegion, type RamBlock, snapshotAndClearDirty } from 'guestmem'
import { holdLog, keepLog, releaseLog } from './all-logged.ts'
import { PAGE } from './layout.ts'
import type { Machine } from './machine.ts'
import { isResizable } from './map-state.ts'
import { PageBits } from './page-bits.ts'
import { pagesIn } from './page-bytes.ts'

const { MIGRATION } = DirtyClient

/** Of each block, those who want to know which of its pages were stored to. */
const followers = /* @__PURE__ */ new WeakMap<RamBlock, Set<DirtyFollower>>()

/**
 * Which pages of a machine were stored to since it was asked last. A mark of the dirty log is there once, and goes to all
 * followers: a chain of increments, checkpoints and a migration of one machine take none from each other.
 *
 * It logs all memory as long as it lasts. Pages of RAM that is not allocated yet have no marks: they are zero.
 */
export class DirtyFollower {
  readonly #machine: Pick<Machine, 'blocks' | 'regions'>
  readonly #pages = new Map<RamBlock, PageBits>()
  #restarts: number
  #ended = false

  /** @param machine Its regions are asked for their listeners' sake: an accelerator may have marks of its own to hand in. */
  constructor(machine: Pick<Machine, 'blocks' | 'regions'>) {
    this.#machine = machine
    holdLog(machine.blocks)
    this.#restarts = keepLog(machine.blocks)
    for (const block of machine.blocks) {
      this.#pages.set(block, new PageBits(pagesIn(block)))
      const known = followers.get(block)
      if (known === undefined) followers.set(block, new Set([this]))
      else known.add(this)
    }
    // What was stored before is no concern of it.
    this.sync()
    for (const pages of this.#pages.values()) pages.clear()
  }

  /** The pages of a block, as of the latest `sync`. Who has seen to them takes them out. */
  pagesOf(block: RamBlock): PageBits {
    return this.#pages.get(block) as PageBits
  }

  /** How many pages there are, of all blocks. */
  get count(): number {
    let count = 0
    for (const pages of this.#pages.values()) count += pages.size
    return count
  }

  /** Takes all marks that there are. @throws What a listener throws; no mark is lost. */
  sync(): void {
    const { blocks, regions } = this.#machine
    const restarts = keepLog(blocks)
    if (restarts !== this.#restarts) {
      this.#restarts = restarts
      for (const [block, pages] of this.#pages) pages.addRange(0, pagesIn(block))
    }
    for (const region of regions) if (region.backing.some(({ block }) => block.ram.allocated)) takeOfRegion(region)
    for (const block of blocks)
      if (block.ram.allocated) hand(block, 0, snapshotAndClearDirty(block, 0, block.size, MIGRATION))
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    for (const block of this.#machine.blocks) {
      const known = followers.get(block)
      known?.delete(this)
      if (known?.size === 0) followers.delete(block)
    }
    releaseLog()
  }
}

function takeOfRegion(region: MemoryRegion): void {
  const snapshot = snapshotAndClearDirty(region, 0, region.size, MIGRATION)
  for (const { block, start } of region.backing) hand(block, start, snapshot)
  if (region.block !== undefined && mayBeResizable(region)) handHidden(region, region.block, snapshot)
}

/** Of resizable RAM: the size that it had when its marks were last taken. */
const sizes = /* @__PURE__ */ new WeakMap<MemoryRegion, number>()
const resizable = /* @__PURE__ */ new WeakMap<MemoryRegion, boolean>()

/** To find it out takes an error where it is not so. */
function mayBeResizable(region: MemoryRegion): boolean {
  const known = resizable.get(region) ?? isResizable(region)
  resizable.set(region, known)
  return known
}

/**
 * RAM that gets smaller loses the marks of the pages that it no longer shows, and keeps their bytes. Where that may have been,
 * these pages count as stored to: the size is another one; or it has grown and shrunk again, and then every page that it shows is
 * marked, since to grow marks all of them.
 */
function handHidden(region: MemoryRegion, block: RamBlock, snapshot: DirtySnapshot): void {
  const { size } = region
  const [first] = snapshot.ranges()
  const isAllMarked = first !== undefined && first.offset === 0 && first.length >= size
  if (sizes.get(region) !== size || isAllMarked)
    for (const follower of followers.get(block) ?? [])
      follower.pagesOf(block).addRange(Math.floor(size / PAGE), pagesIn(block))
  sizes.set(region, size)
}

/** @param start Where the block begins in the memory that the snapshot is of. */
function hand(block: RamBlock, start: number, snapshot: DirtySnapshot): void {
  const known = followers.get(block)
  for (const { offset, length } of snapshot.ranges()) {
    const first = Math.max(0, Math.floor((offset - start) / PAGE))
    const end = Math.min(pagesIn(block), Math.ceil((offset + length - start) / PAGE))
    if (first < end && known !== undefined) for (const follower of known) follower.pagesOf(block).addRange(first, end)
  }
}
