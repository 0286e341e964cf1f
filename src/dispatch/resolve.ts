import type { MemTxAttrs } from '../request/attrs.ts'
import type { Section } from './section.ts'
import type { SectionMap } from './section-map.ts'

/**
 * Where the latest translation led, in the section that it gave. Read it at once: what an IOMMU's or a device's handlers
 * do may translate too.
 */
export const translation: {
  /** Bytes from the section's start. */
  at: number
  /** Bytes of the request that are translated alike: to the end of the IOMMU's page (RULES K2). */
  length: number
  /** An IOMMU was asked. Of `resolve` alone. */
  translated: boolean
} = { at: 0, length: 0, translated: false }

/** The section that a piece at `address` goes to, behind any IOMMU; the rest of the answer is in `translation`. */
export function resolve(map: Pick<SectionMap, 'select'>, address: number, write: boolean, attrs: MemTxAttrs): Section {
  const section = map.select(address)
  const { translator } = section
  const at = address - section.start
  if (translator === undefined) {
    translation.at = at
    translation.length = Number.POSITIVE_INFINITY
    translation.translated = false
    return section
  }
  const found = translator.translate(section.offset + at, write, attrs)
  translation.translated = true
  return found
}
