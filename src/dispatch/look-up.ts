import type { MemTxAttrs } from '../request/attrs.ts'
import { type Place, placeIn } from './place.ts'
import type { IommuTranslator } from './section.ts'
import type { SectionMap } from './section-map.ts'

/** Where a piece at `address` goes, behind any IOMMU, which is asked. Nothing is accessed, and no memory allocated. */
export function lookUp(
  { view, directAccess }: Pick<SectionMap, 'view' | 'directAccess'>,
  address: number,
  write: boolean,
  attrs: MemTxAttrs,
): Place {
  const all = Number.POSITIVE_INFINITY
  const place = placeIn(view, directAccess, address, all, all)
  const { range, offset, left } = place
  if (range?.region.kind !== 'iommu') return place
  return (range.region.access as IommuTranslator).lookUp(offset, left, write, attrs)
}
