import { checkBoolean, checkOneOf, checkOptions } from '../check.ts'
import { CACHE_MODES } from '../host/cache-mode.ts'
import { checkHostProfile } from '../host/profile.ts'
import { DIRECT_ACCESS, type RegionKind, type Route, type RouteQuery, route } from './route.ts'

const KINDS: readonly RegionKind[] = [
  'container',
  'ram',
  'rom',
  'romDevice',
  'ramDevice',
  'io',
  'alias',
  'reservation',
  'iommu',
]
const FIELDS = ['kind', 'cacheMode', 'write', 'strict', 'host', 'policy'] as const

/**
 * `route`, as programs ask it: the table of S4, row for row. Pure. Any thread.
 *
 * @throws TypeError naming the field and its value; a misspelt one too.
 */
export function checkedRoute(query: RouteQuery): Route {
  const { kind, cacheMode, write, strict, host, policy } = checkOptions<RouteQuery>(query, FIELDS, 'query')
  return route({
    kind: checkOneOf(kind, KINDS, 'query.kind'),
    cacheMode: cacheMode === undefined ? undefined : checkOneOf(cacheMode, CACHE_MODES, 'query.cacheMode'),
    write: checkBoolean(write, 'query.write'),
    strict: checkBoolean(strict, 'query.strict'),
    host: checkHostProfile(host, 'query.host'),
    policy: checkOneOf(policy, DIRECT_ACCESS, 'query.policy'),
  })
}
