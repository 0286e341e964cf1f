import type { SectionMap } from '../dispatch/section-map.ts'

/**
 * Moves bytes where an ordered request has one piece that is memory: without what a request of several pieces needs, and
 * without an array of its own for a part of a longer one. `AddressSpace.read` and `write` have the same written out: by a
 * call, 16 bytes take them up to a tenth longer.
 *
 * @param at Where they begin in `bytes`.
 * @returns False where it is another kind of request, and nothing has been moved.
 */
export function readDirect(
  sections: SectionMap,
  address: number,
  bytes: Uint8Array,
  at: number,
  length: number,
): boolean {
  const section = sections.select(address)
  const inside = address - section.start
  if (section.reads === undefined || inside + length > section.length || length === 0) return false
  section.reads.copyOut(bytes, at, section.base + inside, length)
  return true
}

/** The same of bytes that are written; they are marked for who logs them. */
export function writeDirect(
  sections: SectionMap,
  address: number,
  bytes: Uint8Array,
  at: number,
  length: number,
): boolean {
  const section = sections.select(address)
  const inside = address - section.start
  if (section.writes === undefined || inside + length > section.length || length === 0) return false
  section.writes.copyIn(section.base + inside, bytes, at, length)
  if (section.logs[0] !== 0) section.mark(section.base + inside, length)
  return true
}
