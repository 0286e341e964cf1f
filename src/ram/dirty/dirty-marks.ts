import { CLIENT_LOGS, DIRTY_CLIENTS, type DirtyBitmaps, GLOBAL_LOGS, MIGRATION } from './dirty-bitmaps.ts'

// Who stores to guest RAM looks, once its bytes are stored, whether `logs[0]` of the guest RAM is 0. If it is not, it calls
// one of these. Offsets are in the guest RAM, bytes; lengths are bytes.

/**
 * Marks what was stored through a region: for the clients that log this region now, and for threads that log all memory.
 *
 * @param clients The region's `dirtyLogMask`, asked for after the store: who logs a region may change while a request is
 *   under way, or a window is mapped.
 */
export function markStored(dirty: DirtyBitmaps, offset: number, length: number, clients: number): void {
  dirty.mark(offset, length, clients | globalClients(dirty))
}

/** Marks what was stored without a region: for the clients that log any region of this guest RAM, or all memory. */
export function markLogged(dirty: DirtyBitmaps, offset: number, length: number): void {
  let clients = globalClients(dirty)
  for (let client = 0; client < DIRTY_CLIENTS; client++)
    if (Atomics.load(dirty.words, CLIENT_LOGS + client) > 0) clients |= 1 << client
  dirty.mark(offset, length, clients)
}

function globalClients({ words }: DirtyBitmaps): number {
  return (words[GLOBAL_LOGS] as number) > 0 ? MIGRATION : 0
}
