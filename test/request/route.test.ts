import {
  CACHE_MODES,
  type CacheMode,
  type DirectAccess,
  HOST_PROFILES,
  type HostName,
  hostProfile,
  type Route,
  route,
} from 'guestmem'
import { describe, expect, test } from 'vitest'

/** One answer for each cache mode: normal, writecombine, noncached, device. */
type Row = readonly [Route, Route, Route, Route]

const HOSTS = Object.keys(HOST_PROFILES) as HostName[]
const MEMORY = ['ram', 'rom', 'romDevice', 'ramDevice'] as const
const OTHERS = ['container', 'io', 'alias', 'reservation'] as const

/** Row 1 of S4. "Ordered" is a kernel only where the host bears vectors and unaligned loads (S2.2, H4, H6). */
const STRICT: Record<HostName, Row> = {
  'x86-64': ['ordered', 'ordered', 'ordered', 'ordered'],
  aarch64: ['ordered', 'ordered', 'cells', 'cells'],
  ppc64: ['ordered', 'cells', 'cells', 'cells'],
  riscv64: ['ordered', 'cells', 'cells', 'cells'],
  s390x: ['ordered', 'cells', 'cells', 'cells'],
  sparc64: ['ordered', 'cells', 'cells', 'cells'],
  mips64: ['ordered', 'cells', 'cells', 'cells'],
  unknown: ['ordered', 'cells', 'cells', 'cells'],
}

/** Rows 2, 3 and 4: bulk, ordered with vectors allowed, fixed widths. */
const RELAXED: Record<HostName, Row> = {
  'x86-64': ['bulk', 'ordered', 'cells', 'cells'],
  aarch64: ['bulk', 'ordered', 'cells', 'cells'],
  ppc64: ['bulk', 'cells', 'cells', 'cells'],
  riscv64: ['bulk', 'cells', 'cells', 'cells'],
  s390x: ['bulk', 'cells', 'cells', 'cells'],
  sparc64: ['bulk', 'cells', 'cells', 'cells'],
  mips64: ['bulk', 'cells', 'cells', 'cells'],
  unknown: ['bulk', 'cells', 'cells', 'cells'],
}

/** The three rules of S1.3: which cache modes may be touched directly. */
const DIRECT: Record<DirectAccess, readonly CacheMode[]> = {
  'normal-or-writecombine': ['normal', 'writecombine'],
  'normal-only': ['normal'],
  'by-mapping': ['normal', 'writecombine', 'noncached', 'device'],
}
const POLICIES = Object.keys(DIRECT) as DirectAccess[]

function expected(table: Record<HostName, Row>, host: HostName, cacheMode: CacheMode, policy: DirectAccess): Route {
  return DIRECT[policy].includes(cacheMode) ? (table[host][CACHE_MODES.indexOf(cacheMode)] as Route) : 'ops'
}

// RULES M4 makes a ram-device direct; here that is for the policy to say (S1.3).
describe.each(HOSTS)('S4 on %s', host => {
  test.each(POLICIES)('S1.3 %s: every kind of memory, cache mode and direction', policy => {
    for (const kind of MEMORY)
      for (const cacheMode of CACHE_MODES)
        for (const write of [false, true])
          for (const strict of [false, true]) {
            const query = { kind, cacheMode, write, strict, host: HOST_PROFILES[host], policy }
            const wanted = expected(strict ? STRICT : RELAXED, host, cacheMode, policy)
            const answer = kind.startsWith('rom') && write ? 'ops' : wanted
            expect(route(query), JSON.stringify({ ...query, host })).toBe(answer)
          }
  })

  test('S1.1 what is no memory has no cache mode, and answers through ops', () => {
    for (const kind of OTHERS)
      for (const policy of POLICIES)
        for (const write of [false, true])
          for (const strict of [false, true])
            expect(route({ kind, cacheMode: undefined, write, strict, host: HOST_PROFILES[host], policy })).toBe('ops')
  })
})

test('S1.1 a cache mode given for what is no memory never makes it direct', () => {
  for (const kind of OTHERS)
    for (const cacheMode of CACHE_MODES) {
      let answer: Route | 'refused'
      try {
        const host = HOST_PROFILES['x86-64']
        answer = route({ kind, cacheMode, write: false, strict: true, host, policy: 'by-mapping' })
      } catch (error) {
        if (!(error instanceof TypeError)) throw error
        answer = 'refused'
      }
      expect(['ops', 'refused'], `${kind} ${cacheMode}`).toContain(answer)
    }
})

test('S1.3 it asks nothing but the profile it is given: a replaced cell changes the way', () => {
  const query = { kind: 'ramDevice', cacheMode: 'noncached', write: true, strict: true, policy: 'by-mapping' } as const
  const row = (unaligned: boolean, vectors: boolean) =>
    hostProfile({ base: 'riscv64', access: { noncached: { unaligned, vectors } } })
  expect(route({ ...query, host: row(true, true) })).toBe('ordered')
  expect(route({ ...query, host: row(true, false) })).toBe('cells')
  expect(route({ ...query, host: row(false, true) })).toBe('cells')
  expect(route({ ...query, strict: false, host: row(true, true) })).toBe('cells')
})
