import type { RamBlock } from '../ram/ram-block.ts'
import type { MemTxAttrs } from '../request/attrs.ts'
import { MemTxResult } from '../request/result.ts'
import type { BounceBudget } from './bounce.ts'
import { DmaWindow } from './dma-window.ts'
import type { Section } from './section.ts'
import type { SectionMap } from './section-map.ts'
import { transfer } from './transfer.ts'
import { resolve, translation } from './translation.ts'

/** Lends the bytes at `address`: at least one, at most `length`. Undefined where no bounce buffer is left. */
export function lend(
  map: SectionMap,
  budget: BounceBudget,
  address: number,
  length: number,
  write: boolean,
  attrs: MemTxAttrs,
): DmaWindow | undefined {
  const section = resolve(map, address, write, attrs)
  return isOpen(section, write)
    ? lendMemory(section, map, address, length, write, attrs)
    : lendBounce(map, budget, address, length, write, attrs)
}

/**
 * Any access may touch the memory: a device's code stores as it likes, and no one can keep it to the widths that a
 * stricter mapping allows (H6). So what needs those is bounced, as what has handlers is. A strict request is `ordered`
 * just where any access is allowed; that a request is relaxed takes nothing away from what the mapping bears.
 */
function isOpen(section: Section, write: boolean): boolean {
  return (write ? section.strictWrite : section.strictRead) === 'ordered'
}

/** As far as the region goes on in the same RAM block: several flat ranges, or pages of an IOMMU, may show it (J1). */
function lendMemory(
  section: Section,
  map: SectionMap,
  address: number,
  length: number,
  write: boolean,
  attrs: MemTxAttrs,
): DmaWindow {
  const block = section.block as RamBlock
  const ram = section.base + translation.at
  let size = Math.min(length, translation.length, section.length - translation.at)
  while (size < length) {
    const next = resolve(map, address + size, write, attrs)
    const goesOn = next.region === section.region && next.block === block && next.base + translation.at === ram + size
    if (!goesOn || !isOpen(next, write)) break
    size += Math.min(length - size, translation.length, next.length - translation.at)
  }
  return new DmaWindow(address, block.view(ram - block.offset, size), true, MemTxResult.OK, accessed => {
    // Who logs the region now, not when the window was made: it was stored to at any time since.
    const clients = write ? (section.region?.dirtyLogMask ?? 0) : 0
    if (clients !== 0) block.ram.dirty.mark(ram, accessed, clients)
    return MemTxResult.OK
  })
}

function lendBounce(
  map: SectionMap,
  budget: BounceBudget,
  address: number,
  length: number,
  write: boolean,
  attrs: MemTxAttrs,
): DmaWindow | undefined {
  if (budget.left === 0) return undefined
  const bytes = budget.take(length)
  const move = (kind: 'read' | 'write', size: number): MemTxResult =>
    transfer(map, { kind, bytes, byte: 0 }, address, size, attrs)
  let result: MemTxResult = MemTxResult.OK
  let lent = false
  try {
    if (!write) result = move('read', bytes.length)
    lent = true
  } finally {
    // A handler that throws ends the loan before it began.
    if (!lent) budget.give(bytes.length)
  }
  return new DmaWindow(address, bytes, false, result, accessed => {
    try {
      // With the attributes that it was mapped with: QEMU has lost them by now (RULES J3).
      return write ? move('write', accessed) : MemTxResult.OK
    } finally {
      budget.give(bytes.length)
    }
  })
}
