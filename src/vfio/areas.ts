import { refuseRange } from './fields.ts'
import type { VfioArea, VfioSkipped } from './region-info.ts'

/**
 * The sparse mmap areas that can be mapped. One that no page table could map is skipped; areas that contradict the
 * region or one another make the whole description doubtful, and are refused.
 *
 * @param where Names the list, for errors.
 * @param size Of the region, bytes.
 * @param skip Told of each area that is left out.
 */
export function usableAreas(
  areas: readonly VfioArea[],
  where: string,
  size: bigint,
  pageSize: number,
  skip: (skipped: VfioSkipped) => void,
): VfioArea[] {
  for (const [index, area] of areas.entries()) {
    if (area.offset + area.size > size)
      refuseRange(`${where}[${index}]`, `within the region's ${size} bytes`, `${area.offset} + ${area.size}`)
  }
  const places = areas.map((area, index) => ({ ...area, index })).filter(area => area.size > 0n)
  places.sort((a, b) => (a.offset < b.offset ? -1 : a.offset > b.offset ? 1 : 0))
  for (const [at, area] of places.entries()) {
    const before = places[at - 1]
    if (before !== undefined && area.offset < before.offset + before.size)
      refuseRange(`${where}[${area.index}].offset`, `outside ${where}[${before.index}]`, area.offset)
  }
  const page = BigInt(pageSize)
  return areas.filter(area => {
    if (area.size === 0n) skip({ area, reason: 'the area is empty' })
    else if (area.offset % page !== 0n || area.size % page !== 0n)
      skip({ area, reason: `the area is not made of whole pages of ${pageSize} bytes` })
    else return true
    return false
  })
}
