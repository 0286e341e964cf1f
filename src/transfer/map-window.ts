import { resolved, resolveSection } from '../dispatch/resolve.ts'
import type { Section } from '../dispatch/section.ts'
import type { SectionMap } from '../dispatch/section-map.ts'
import type { RamBlock } from '../ram/ram-block.ts'
import type { MemTxAttrs } from '../request/attrs.ts'
import { MemTxResult } from '../request/result.ts'
import type { BounceBudget } from './bounce-budget.ts'
import { DmaWindow, type Loan } from './dma-window.ts'
import { transfer } from './transfer.ts'

/** Lends the bytes at `address`: at least one, at most `length`. Undefined where no bounce buffer is left. */
export function mapWindow(
  map: SectionMap,
  budget: BounceBudget,
  address: number,
  length: number,
  write: boolean,
  attrs: MemTxAttrs,
): DmaWindow | undefined {
  const section = resolveSection(map, address, write, attrs)
  return isOpen(section, write)
    ? lendMemory(section, map, address, length, write, attrs)
    : lendBounce(map, budget, address, length, write, attrs)
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
  const block = section.block as RamBlock
  const ram = section.base + resolved.at
  let size = Math.min(length, resolved.length, section.length - resolved.at)
  while (size < length) {
    const next = resolveSection(map, address + size, write, attrs)
    const goesOn = next.region === section.region && next.block === block && next.base + resolved.at === ram + size
    if (!goesOn || !isOpen(next, write)) break
    size += Math.min(length - size, resolved.length, next.length - resolved.at)
  }
  return new DmaWindow(address, size, MemTxResult.OK, new MemoryLoan(section, ram, size, write))
}

/** Memory itself, from byte address `ram` of its guest RAM on. */
class MemoryLoan implements Loan {
  readonly budget = undefined
  readonly #section: Section
  readonly #ram: number
  readonly #size: number
  readonly #write: boolean

  constructor(section: Section, ram: number, size: number, write: boolean) {
    this.#section = section
    this.#ram = ram
    this.#size = size
    this.#write = write
  }

  view(): Uint8Array {
    const block = this.#section.block as RamBlock
    return block.view(this.#ram - block.offset, this.#size)
  }

  end(accessed: number): MemTxResult {
    // The device may have stored to the bytes at any time until now, so they are marked now, for those who log them now.
    if (this.#write && this.#section.logs[0] !== 0) this.#section.mark(this.#ram, accessed)
    return MemTxResult.OK
  }
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
  const bytes = new Uint8Array(Math.min(length, budget.left))
  const size = bytes.length
  let window: DmaWindow | undefined
  budget.left -= size
  try {
    const loan = new BounceLoan(map, budget, address, bytes, write, attrs)
    window = new DmaWindow(address, size, loan.fill(), loan)
    return window
  } finally {
    // There is no window where a handler threw while the buffer was filled, or no stack was left to call `fill`. What was
    // taken is given back by an assignment, which needs no stack.
    if (window === undefined) {
      budget.left += size
      budget.wake()
    }
  }
}

/** A buffer out of the budget, in place of bytes that the device may not touch itself. */
class BounceLoan implements Loan {
  readonly budget: BounceBudget
  readonly #map: SectionMap
  readonly #address: number
  readonly #bytes: Uint8Array
  readonly #write: boolean
  readonly #attrs: MemTxAttrs

  constructor(
    map: SectionMap,
    budget: BounceBudget,
    address: number,
    bytes: Uint8Array,
    write: boolean,
    attrs: MemTxAttrs,
  ) {
    this.budget = budget
    this.#map = map
    this.#address = address
    this.#bytes = bytes
    this.#write = write
    this.#attrs = attrs
  }

  view(): Uint8Array {
    return this.#bytes
  }

  /** Reads what a device is to load. */
  fill(): MemTxResult {
    return this.#write ? MemTxResult.OK : this.#move('read', this.#bytes.length)
  }

  /** Writes with the attributes that the window was mapped with, which QEMU does not keep (RULES J3). */
  end(accessed: number): MemTxResult {
    return this.#write ? this.#move('write', accessed) : MemTxResult.OK
  }

  #move(kind: 'read' | 'write', size: number): MemTxResult {
    return transfer(this.#map, { kind, bytes: this.#bytes, byte: 0 }, this.#address, size, this.#attrs)
  }
}
