import { checkFunction, checkInteger, checkOptions, show } from '../check.ts'
import { GUEST_PAGE } from '../ram/dirty/dirty-bitmaps.ts'
import { harvest } from '../ram/dirty/dirty-harvest.ts'
import { checkBlock, type RamBlock } from '../ram/ram-block.ts'
import { DirtyClient } from './dirty-client.ts'
import { MemoryRegion, type RamRegionOptions } from './memory-region.ts'
import { transaction } from './tree/transaction.ts'

/** What `resizableRam` may be told. */
export interface ResizableRamOptions extends RamRegionOptions {
  /**
   * Called at the end of each resizeRam that changed the size, with the new size in bytes: for a device that has the
   * size in a register or a table, too.
   */
  readonly resized?: ((bytes: number) => void) | undefined
}

const callbacks = /* @__PURE__ */ new WeakMap<MemoryRegion, ((bytes: number) => void) | undefined>()

const ALL_CLIENTS: number = /* @__PURE__ */ (() =>
  Object.values(DirtyClient).reduce((all, client) => all | client, 0))()

/**
 * RAM whose size may change while the guest runs (QEMU's resizeable RAM): firmware tables that grow, a display's
 * memory. The block is what it may grow to; the host commits its pages as they are touched, so what is not used costs
 * nothing.
 *
 * @param block The memory; its size is the largest that the region may get.
 * @param bytes The first size, 1 to the block's.
 */
export function resizableRam(
  name: string,
  block: RamBlock,
  bytes: number,
  options: ResizableRamOptions = {},
): MemoryRegion {
  const { resized, ...rest } = checkOptions<ResizableRamOptions>(options, ['cacheMode', 'resized'])
  if (resized !== undefined) checkFunction(resized, 'options.resized')
  checkInteger(bytes, 'bytes', 1, checkBlock(block, 'block').size)
  const region = MemoryRegion.ram(name, block, rest)
  region.setSize(bytes)
  callbacks.set(region, resized)
  return region
}

/**
 * Gives resizable RAM another size, as memory_region_ram_resize does. Its bytes stay, those that it shrinks away from
 * too: grown again, it shows them again. All its pages become dirty for every DirtyClient, and those that it no
 * longer has, clean. Nothing happens where it has that size.
 *
 * @param region Of resizableRam.
 * @param bytes 1 to the block's. The region gets just this size; dirty pages are whole ones.
 * @throws TypeError or RangeError, and nothing has changed.
 */
export function resizeRam(region: MemoryRegion, bytes: number): void {
  if (!callbacks.has(region))
    throw new TypeError(
      `region must be one of resizableRam, got ${region instanceof MemoryRegion ? show(region.name) : show(region)}`,
    )
  const { block } = region as MemoryRegion & { readonly block: RamBlock }
  checkInteger(bytes, 'bytes', 1, block.size)
  const { dirty } = checkBlock(block, 'block of the region').ram
  if (bytes === region.size) return
  let resized = false
  const finish = (): void => {
    const end = block.offset + block.size
    // A block may begin within a page (GuestRam.wrap): the last page that is used ends where the guest RAM's pages do.
    const used = Math.ceil((block.offset + bytes) / GUEST_PAGE) * GUEST_PAGE
    if (used < end) for (const client of Object.values(DirtyClient)) harvest(dirty, used, end - used, client)
    callbacks.get(region)?.(bytes)
  }
  try {
    transaction(() => {
      region.setSize(bytes)
      resized = true
      // Before the transaction ends: listeners that are told of the change may ask for the new pages' bits.
      dirty.mark(block.offset, bytes, ALL_CLIENTS)
    })
  } catch (error) {
    // A listener has thrown, after the size has changed; or the change was refused.
    if (resized) attempt(finish)
    throw error
  }
  finish()
}

/** For what runs after an error: that one is thrown, and not what `body` throws. */
function attempt(body: () => void): void {
  try {
    body()
  } catch {}
}
