import type { MemTxAttrs } from '../request/attrs.ts'
import type { Section } from './section.ts'
import type { SectionMap } from './section-map.ts'

/**
 * Where the latest call of `resolveSection` led, in the section that it gave. Read it at once: handlers of an IOMMU or of a
 * device may make accesses, which are resolved too.
 */
export const resolved: {
  /** Bytes from the section's start. */
  at: number
  /** Bytes of the request that are translated alike: to the end of the IOMMU's page (RULES K2). */
  length: number
  /** An IOMMU was asked. Only `resolveSection` sets it. */
  translated: boolean
} = { at: 0, length: 0, translated: false }

/** The section that a piece at `address` goes to, behind any IOMMU; the rest of the answer is in `resolved`. */
export function resolveSection(
  map: Pick<SectionMap, 'select'>,
  address: number,
  write: boolean,
  attrs: MemTxAttrs,
): Section {
  const section = map.select(address)
  const { translator } = section
  const at = address - section.start
  if (translator === undefined) {
    resolved.at = at
    resolved.length = Number.POSITIVE_INFINITY
    resolved.translated = false
    return section
  }
  const found = translator.translate(section.offset + at, write, attrs)
  resolved.translated = true
  return found
}
