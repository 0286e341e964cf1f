import type { BlockMemory } from '../ram-block.ts'

/**
 * What a bus master's single loads and stores of RAM promise among themselves, as its guest's memory model wants it:
 * - `weak`: nothing but coherence, as Arm, RISC-V, Power and MIPS do. The guest's barriers order them (`atomicFence`).
 * - `tso`: a load may pass an earlier store, and nothing else, as on x86 and on s390x.
 * - `sc`: sequential consistency.
 * - `auto`: what the order of the guest RAM makes of them: `tso` or more, where that is `auto`, too.
 */
export type Ordering = 'auto' | 'weak' | 'tso' | 'sc'

/** How single accesses are made: all by plain instructions; stores by atomic ones; loads as well. */
export type AccessOrder = 0 | 1 | 2

/**
 * What keeps an ordering on a host, at the least cost (docs/ORDERING.md has the argument, test/model explores it). Nobody
 * else sees private memory, and a thread sees its own accesses in order on every host.
 */
export function accessOrder(
  { shared, order, host }: Pick<BlockMemory, 'shared' | 'order' | 'host'>,
  ordering: Ordering = 'auto',
): AccessOrder {
  if (!shared || ordering === 'weak') return 0
  // What keeps stores in order keeps loads in order as well: each such host of the table is TSO.
  if (order !== 'host' || (ordering !== 'auto' && !host.keepsStoreOrder)) return 2
  // No later load passes an atomic store (XCHG), which is all that TSO lacks.
  return ordering === 'sc' ? 1 : 0
}
