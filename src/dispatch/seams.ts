import type { Value } from '../ram/access/cell-values.ts'
import { completion } from '../region/device/completer.ts'
import type { MemTxAttrs } from '../request/attrs.ts'
import type { MemTxResult } from '../request/result.ts'
import { resolved, resolveSection } from './resolve.ts'
import { loadScalar, storeScalar } from './scalar-access.ts'
import type { Section } from './section.ts'
import type { SectionMap } from './section-map.ts'

/** An access of `size` bytes at `address`, which is in `section`, reaches over the end of what is seen there. */
export function reachesOver(
  section: Section,
  map: SectionMap,
  address: number,
  size: number,
  write: boolean,
  attrs: MemTxAttrs,
): boolean {
  if (address + size > section.start + section.room) return true
  if (section.translator === undefined) return false
  const target = resolveSection(map, address, write, attrs)
  // Where nothing is, or an IOMMU faults, nobody knows how far that goes.
  return !target.region || resolved.length < size || resolved.at + size > target.length
}

/** A load made of loads of a byte, in ascending order. Its result is theirs, OR-ed. */
export function loadBytes(map: SectionMap, address: number, size: number, attrs: MemTxAttrs, big: boolean): Value {
  let all = 0n
  let result = 0
  for (let i = 0; i < size; i++) {
    const section = map.select(address + i)
    const byte = loadScalar(section, address + i - section.start, 1, attrs, big)
    all |= BigInt(byte) << BigInt(8 * (big ? size - 1 - i : i))
    result |= completion.result
  }
  completion.result = result as MemTxResult
  return size === 8 ? all : Number(all)
}

export function storeBytes(
  map: SectionMap,
  address: number,
  value: Value,
  size: number,
  attrs: MemTxAttrs,
  big: boolean,
): void {
  let result = 0
  for (let i = 0; i < size; i++) {
    const section = map.select(address + i)
    const byte = Number((BigInt(value) >> BigInt(8 * (big ? size - 1 - i : i))) & 255n)
    storeScalar(section, address + i - section.start, byte, 1, attrs, big)
    result |= completion.result
  }
  completion.result = result as MemTxResult
}
