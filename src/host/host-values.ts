import type { CacheMode } from './cache-mode.ts'
import type { AccessWidth, HostAccess, HostName } from './host-access.ts'

/** One host's row of the table, without its sources. */
export interface HostValues {
  readonly keepsStoreOrder: boolean
  readonly access: Readonly<Record<CacheMode, HostAccess>>
}

// biome-ignore format: a line for each host, in columns
/**
 * Whether other CPUs see its stores in order; whether normal memory bears an unaligned access as one instruction, and
 * vectors; whether write-combining memory bears both; whether the others do.
 */
const HOSTS: Readonly<Record<HostName, readonly [boolean, boolean, boolean, boolean, boolean]>> = {
  'x86-64': [true,  true,  true,  true,  true],
  aarch64:  [false, true,  true,  true,  false],
  ppc64:    [false, true,  true,  false, false],
  riscv64:  [false, false, true,  false, false],
  s390x:    [true,  true,  true,  false, false],
  sparc64:  [false, false, false, false, false],
  mips64:   [false, false, true,  false, false],
  unknown:  [false, false, false, false, false],
}

export const HOST_NAMES: readonly HostName[] = /* @__PURE__ */ Object.keys(HOSTS) as HostName[]

/**
 * The values of table.ts, which a test compares cell by cell. Apart from their sources, so that a program that only runs
 * doesn't carry those.
 *
 * @param most The widest access, where that is not write-combining memory's.
 */
export function hostValues(name: HostName, most: AccessWidth = name === 'x86-64' ? 16 : 8): HostValues {
  const [keepsStoreOrder, unaligned, vectors, combined, uncached] = HOSTS[name]
  const row = { widest: most, unaligned: uncached, vectors: uncached }
  return {
    keepsStoreOrder,
    access: {
      normal: { widest: most, unaligned, vectors },
      writecombine: { widest: 8, unaligned: combined, vectors: combined },
      noncached: row,
      device: { ...row },
    },
  }
}
