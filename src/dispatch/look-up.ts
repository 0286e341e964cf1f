import type { MemTxAttrs } from '../request/attrs.ts'
import type { SpaceSettings } from '../request/space-settings.ts'
import { type Place, placeIn } from './place.ts'
import type { IommuTranslator } from './section.ts'
import type { SectionMap } from './section-map.ts'

/** Where a piece at `address` goes, behind any IOMMU, which is asked. Nothing is accessed, and no memory allocated. */
export function lookUp(
  map: SpaceSettings & Pick<SectionMap, 'view'>,
  address: number,
  write: boolean,
  attrs: MemTxAttrs,
): Place {
  const all = Number.POSITIVE_INFINITY
  const place = placeIn(map.view, map.directAccess, address, all, all)
  const { range, offset, left } = place
  if (range?.region.kind !== 'iommu') return place
  return (range.region.access as IommuTranslator).in(map).lookUp(offset, left, write, attrs)
}
