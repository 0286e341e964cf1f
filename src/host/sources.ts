import { checkOneOf } from '../check.ts'
import { byMode, type CacheMode } from './cache-mode.ts'
import type { HostAccess, HostName } from './host-access.ts'
import { type HostRow, hostTable } from './table.ts'

/** Where each field of a `HostAccess` comes from: a manual and its section or chapter. */
export type HostAccessSources = Readonly<Record<keyof HostAccess, string>>

/** Where each cell of a host's profile comes from. No string is empty. */
export interface HostSources {
  readonly keepsStoreOrder: string
  readonly access: Readonly<Record<CacheMode, HostAccessSources>>
}

/**
 * Who says what `HOST_PROFILES` has of a host, cell by cell. Any thread.
 *
 * @throws TypeError for a name that the table doesn't have.
 */
export function hostSources(name: HostName): HostSources {
  const rows = hostTable()
  checkOneOf(
    name,
    rows.map(row => row.name),
    'name',
  )
  const { keepsStoreOrder, access } = rows.find(row => row.name === name) as HostRow
  return {
    keepsStoreOrder: keepsStoreOrder[1],
    access: byMode((mode): HostAccessSources => {
      const { widest, unaligned, vectors } = access[mode]
      return { widest: widest[1], unaligned: unaligned[1], vectors: vectors[1] }
    }),
  }
}
