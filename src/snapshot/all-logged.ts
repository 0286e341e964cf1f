import { DirtyClient, MemoryRegion, type RamBlock, startGlobalDirtyLog, stopGlobalDirtyLog } from 'guestmem'

/** Regions that nobody logs, and that are mapped nowhere. */
const probes = /* @__PURE__ */ new WeakMap<RamBlock, MemoryRegion>()
let holders = 0
let wasOn = false
let restarts = 0

/** True while this thread logs the stores to all memory. @param blocks Of a machine: it is seen in the mask of a region. */
export function isAllLogged(blocks: readonly RamBlock[]): boolean {
  const block = blocks.find(each => !each.freed)
  if (block === undefined) return false
  let probe = probes.get(block)
  if (probe === undefined) {
    probe = MemoryRegion.ram('probe', block)
    probes.set(block, probe)
  }
  return (probe.dirtyLogMask & DirtyClient.MIGRATION) !== 0
}

/** Begins the log of all memory, or takes part in it. Each call is followed by one of `releaseLog`, some time. */
export function holdLog(blocks: readonly RamBlock[]): void {
  if (holders === 0) wasOn = isAllLogged(blocks)
  holders++
  startGlobalDirtyLog()
}

/**
 * Begins it again where somebody else has ended it meanwhile: what was stored since has no mark.
 *
 * @returns How often that was so. Where the number is another one than before, all pages count as stored to.
 */
export function keepLog(blocks: readonly RamBlock[]): number {
  if (holders > 0 && !isAllLogged(blocks)) {
    restarts++
    startGlobalDirtyLog()
  }
  return restarts
}

/** Ends it where nobody else here needs it, and it was not on before. */
export function releaseLog(): void {
  holders--
  if (holders === 0 && !wasOn) stopGlobalDirtyLog()
}
