import { resolved, resolveSection } from '../dispatch/resolve.ts'
import type { Section } from '../dispatch/section.ts'
import type { SectionMap } from '../dispatch/section-map.ts'
import type { MemTxAttrs } from '../request/attrs.ts'
import { MemTxResult } from '../request/result.ts'
import type { FlatView } from '../view/flat-view.ts'
import type { BounceBudget } from './bounce-budget.ts'
import { DmaWindow, type Lent } from './dma-window.ts'
import { endPiece, transfer } from './transfer.ts'

/** Whose bytes are lent. */
export interface Lender {
  readonly sections: SectionMap
  /** The sections of a view, as accesses go by now: what is tapped has changed, perhaps, since it was shown. */
  mapOf(view: FlatView): SectionMap
}

/** Lends the bytes at `address`: at least one, at most `length`. Undefined where no bounce buffer is left. */
export function mapWindow(
  lender: Lender,
  budget: BounceBudget,
  address: number,
  length: number,
  write: boolean,
  attrs: MemTxAttrs,
): DmaWindow | undefined {
  const map = lender.sections
  const section = resolveSection(map, address, write, attrs)
  return isOpen(section, write)
    ? lendMemory(section, map, address, length, write, attrs)
    : lendBounce(section, lender, map, budget, address, length, write, attrs)
}

/**
 * Whether any access may touch the memory. A device's code stores in whatever widths it likes, so memory that bears fixed
 * widths only (H6) is bounced, as what has handlers is. Any access is allowed just where the route of a strict request is
 * `ordered`; whether this request is strict or relaxed makes no difference to what the mapping bears.
 */
function isOpen(section: Section, write: boolean): boolean {
  return section.route(write, true) === 'ordered'
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
  const inside = resolved.at
  const ram = section.base + inside
  let size = Math.min(length, resolved.length, section.length - resolved.at)
  while (size < length) {
    const next = resolveSection(map, address + size, write, attrs)
    const goesOn =
      next.region === section.region && next.block === section.block && next.base + resolved.at === ram + size
    if (!goesOn || !isOpen(next, write)) break
    size += Math.min(length - size, resolved.length, next.length - resolved.at)
  }
  const lent: Lent = { section, ram, write, bounce: undefined }
  endPiece(section, 'ordered', write, inside, size, attrs)
  return new DmaWindow(address, size, MemTxResult.OK, lent)
}

function lendBounce(
  section: Section,
  lender: Lender,
  map: SectionMap,
  budget: BounceBudget,
  address: number,
  length: number,
  write: boolean,
  attrs: MemTxAttrs,
): DmaWindow | undefined {
  const inside = resolved.at
  const granted = Math.min(length, budget.left)
  endPiece(section, 'bounce', write, inside, granted, attrs)
  if (granted === 0) return undefined
  const bytes = new Uint8Array(granted)
  const move = (kind: 'read' | 'write', size: number): MemTxResult =>
    transfer(lender.mapOf(map.view), { kind, bytes, byte: 0 }, address, size, attrs)
  // With the attributes that the window was mapped with, which QEMU does not keep (RULES J3).
  const bounce = { bytes, budget, writeBack: (size: number): MemTxResult => move('write', size) }
  let window: DmaWindow | undefined
  budget.left -= bytes.length
  try {
    const result = write ? MemTxResult.OK : move('read', bytes.length)
    const lent: Lent = { section, ram: 0, write, bounce }
    window = new DmaWindow(address, bytes.length, result, lent)
    return window
  } finally {
    // There is no window where a handler threw while the buffer was filled, or no stack was left to fill it. What was
    // taken is given back by an assignment, which needs no stack.
    if (window === undefined) {
      budget.left += bytes.length
      budget.wake()
    }
  }
}
