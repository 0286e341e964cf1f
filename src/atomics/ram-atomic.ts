import type { Section } from '../dispatch/section.ts'
import { awaitExclusive } from '../ram/atomic/exclusive.ts'
import { hostAtomic, hostAtomic64 } from '../ram/atomic/host-atomic.ts'
import { COMPARE_EXCHANGE, type Operation } from '../ram/atomic/operation.ts'
import { EXCLUSIVE } from '../ram/dirty/dirty-bitmaps.ts'
import type { RamBlock } from '../ram/ram-block.ts'

/**
 * Its bytes may be accessed by atomics of the host: RAM that is mapped as such. On any other mapping a CPU's atomic
 * instruction may fault, and may load where only a store is due.
 */
export function isAtomic({ readable, writable, region }: Section): boolean {
  return readable && writable && region?.cacheMode === 'normal'
}

/**
 * One aligned atomic access of 1, 2 or 4 bytes of such a section: one of the host.
 *
 * @param ram The byte address in guest RAM.
 * @param operand In the target's byte order; of 4 bytes it may be signed. So may `expected`.
 * @returns What was there, unsigned.
 */
export function ramAtomic(
  section: Section,
  ram: number,
  operation: Operation,
  operand: number,
  expected: number,
  size: number,
  big: boolean,
): number {
  const { logs } = section
  // A plain load, which costs next to nothing: this thread's atomic access before it was a barrier, so that what it sees is
  // at most one access old, as exclusive accesses allow for (split-atomic.ts).
  if (logs[EXCLUSIVE] !== 0) awaitExclusive(logs)
  const { u8, u16, u32 } = (section.block as RamBlock).ram.elements
  const elements = size === 4 ? u32 : size === 2 ? u16 : u8
  const index = size === 4 ? ram >>> 2 : size === 2 ? ram >>> 1 : ram
  const found = hostAtomic(elements, index, operation, operand, expected, size, big)
  if (logs[0] !== 0 && (operation !== COMPARE_EXCHANGE || (found | 0) === (expected | 0))) section.mark(ram, size)
  return found
}

/** The same of 8 bytes. */
export function ramAtomic64(
  section: Section,
  ram: number,
  operation: Operation,
  operand: bigint,
  expected: bigint,
  big: boolean,
): bigint {
  const { logs } = section
  if (logs[EXCLUSIVE] !== 0) awaitExclusive(logs)
  const { u64 } = (section.block as RamBlock).ram.elements
  const found = hostAtomic64(u64, ram / 8, operation, operand, expected, big)
  if (logs[0] !== 0 && (operation !== COMPARE_EXCHANGE || found === expected)) section.mark(ram, 8)
  return found
}
