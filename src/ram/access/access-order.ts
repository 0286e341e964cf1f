import type { BlockMemory } from '../ram-block.ts'

/**
 * What a bus master's single loads and stores of RAM promise among themselves, as its guest's memory model wants it:
 * - `weak`: nothing but coherence, as Arm, RISC-V, Power and MIPS do. The guest's barriers order them (`atomicFence`).
 * - `tso`: a load may pass an earlier store, and nothing else, as on x86 and on s390x.
 * - `sc`: sequential consistency.
 */
export type Ordering = 'weak' | 'tso' | 'sc'

export const ORDERINGS: readonly Ordering[] = ['weak', 'tso', 'sc']

/** How single accesses are made: by plain instructions, or by atomic ones. */
export interface AccessOrder {
  readonly loads: 'plain' | 'atomic'
  readonly stores: 'plain' | 'atomic'
}

/**
 * What keeps an ordering on a host, at the least cost (docs/ORDERING.md has the argument, test/model explores it).
 *
 * @param ordering Undefined: as the guest RAM's own tier has it.
 */
export function accessOrder(
  { shared, order, host }: Pick<BlockMemory, 'shared' | 'order' | 'host'>,
  ordering: Ordering | undefined,
): AccessOrder {
  // What keeps stores in order keeps loads in order as well, and is TSO: each such host of the table is.
  const isTso = order === 'host' && host.keepsStoreOrder
  const isAtomic = ordering === undefined ? order === 'language' : ordering !== 'weak' && !isTso
  // Nobody else sees private memory, and a thread sees its own accesses in order on every host.
  return {
    loads: shared && isAtomic ? 'atomic' : 'plain',
    // On a TSO host an atomic store is what no later load passes (XCHG), which is all that is missing.
    stores: shared && (isAtomic || ordering === 'sc') ? 'atomic' : 'plain',
  }
}
