import type { CacheMode } from './cache-mode.ts'
import type { HostAccess, HostName } from './host-access.ts'

/** One host's row of the table, without its sources. */
export interface HostValues {
  readonly keepsStoreOrder: boolean
  readonly access: Readonly<Record<CacheMode, HostAccess>>
}

/**
 * The values of table.ts, which a test compares cell by cell. Apart from their sources, so that a program that only runs
 * doesn't carry those.
 */
export function hostValues(name: HostName): HostValues {
  const most = name === 'x86-64' ? 16 : 8
  const unaligned = name === 'x86-64' || name === 'aarch64' || name === 'ppc64' || name === 's390x'
  const vectors = unaligned || name === 'riscv64' || name === 'mips64'
  const uncached = name === 'x86-64'
  const combined = uncached || name === 'aarch64'
  return {
    keepsStoreOrder: name === 'x86-64' || name === 's390x',
    access: {
      normal: { widest: most, unaligned, vectors },
      writecombine: { widest: 8, unaligned: combined, vectors: combined },
      noncached: { widest: most, unaligned: uncached, vectors: uncached },
      device: { widest: most, unaligned: uncached, vectors: uncached },
    },
  }
}
