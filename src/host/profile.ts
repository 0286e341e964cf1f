import { checkBoolean, checkKeys, checkObject, checkOneOf, checkText } from '../check.ts'
import { CACHE_MODES, type CacheMode } from './cache-mode.ts'
import type { AccessWidth, HostAccess, HostName } from './host-access.ts'
import { hostTable } from './table.ts'

/** Where each field of a `HostAccess` comes from: a manual and its section or chapter. */
export type HostAccessSources = Readonly<Record<keyof HostAccess, string>>

/** Where each cell of a `HostProfile` comes from. No string is empty. */
export interface HostSources {
  readonly keepsStoreOrder: string
  readonly access: Readonly<Record<CacheMode, HostAccessSources>>
}

/**
 * What a host CPU lets an access be (S1.3). Together with a region's cache mode it decides how bytes may be moved.
 * Deeply frozen. Replaceable by the user, who may know more than can be detected (H8, H9).
 */
export interface HostProfile {
  readonly name: HostName
  /**
   * Whether other CPUs see plain stores to normal memory in program order. It says nothing of the other cache modes:
   * x86's write-combining memory is weakly ordered.
   */
  readonly keepsStoreOrder: boolean
  readonly access: Readonly<Record<CacheMode, HostAccess>>
  readonly sources: HostSources
}

/** What `hostProfile` takes: a row of the table, and the cells that replace the row's. */
export interface HostProfileOverrides {
  readonly base: HostName
  readonly keepsStoreOrder?: boolean
  readonly access?: Readonly<Partial<Record<CacheMode, Readonly<Partial<HostAccess>>>>>
}

const GIVEN_BY_USER = 'given by the user'
const HOST_FIELDS = ['base', 'keepsStoreOrder', 'access'] as const
const ACCESS_FIELDS = ['widest', 'unaligned', 'vectors'] as const
const WIDTHS: readonly AccessWidth[] = [1, 2, 4, 8, 16, 32, 64]

/** The profiles that this file made, and so needn't check again. */
const made: WeakSet<object> = /* @__PURE__ */ new WeakSet()

/** One profile for each host, deeply frozen. Each cell has its source under the same path in `sources`. */
export const HOST_PROFILES: Readonly<Record<HostName, HostProfile>> = /* @__PURE__ */ buildProfiles()

/**
 * A profile made of a row of the table and cells of one's own. Any thread.
 *
 * @param overrides `base` names the row; a cell that is left out or undefined is the row's
 * @param source what `sources` says of the replaced cells
 * @returns a new profile, deeply frozen
 * @throws TypeError naming the argument and the bad value; so does a misspelt key
 */
export function hostProfile(overrides: HostProfileOverrides, source: string = GIVEN_BY_USER): HostProfile {
  const given = checkObject(overrides, 'overrides')
  checkKeys(given, HOST_FIELDS, 'overrides')
  checkText(source, 'source')
  const base = HOST_PROFILES[checkHostName(given.base, 'overrides.base')]
  const rows = given.access === undefined ? {} : checkObject(given.access, 'overrides.access')
  checkKeys(rows, CACHE_MODES, 'overrides.access')

  const replaced = byMode(mode => {
    const argument = `overrides.access.${mode}`
    const cells = rows[mode] === undefined ? {} : checkObject(rows[mode], argument)
    checkKeys(cells, ACCESS_FIELDS, argument)
    return Object.fromEntries(Object.entries(cells).filter(([, value]) => value !== undefined))
  })
  const { keepsStoreOrder = base.keepsStoreOrder } = given
  return seal({
    name: base.name,
    keepsStoreOrder: checkBoolean(keepsStoreOrder, 'overrides.keepsStoreOrder'),
    access: byMode(mode => checkAccess({ ...base.access[mode], ...replaced[mode] }, `overrides.access.${mode}`)),
    sources: {
      keepsStoreOrder: given.keepsStoreOrder === undefined ? base.sources.keepsStoreOrder : source,
      access: byMode(mode => byField(f => (f in replaced[mode] ? source : base.sources.access[mode][f]))),
    },
  })
}

/**
 * Checks a profile that a user wrote out in full. Any thread.
 *
 * @param value a `HostProfile`; its `sources` may be left out, and then say 'given by the user'
 * @param argument name of the argument, for the error's text
 * @returns `value` itself if it is one of this library's, else a deeply frozen copy
 * @throws TypeError naming the argument and the bad value
 */
export function checkHostProfile(value: unknown, argument: string): HostProfile {
  const profile = checkObject(value, argument)
  if (made.has(profile)) return value as HostProfile
  const rows = checkObject(profile.access, `${argument}.access`)
  return seal({
    name: checkHostName(profile.name, `${argument}.name`),
    keepsStoreOrder: checkBoolean(profile.keepsStoreOrder, `${argument}.keepsStoreOrder`),
    access: byMode(mode => checkAccess(rows[mode], `${argument}.access.${mode}`)),
    sources: profile.sources === undefined ? givenByUser() : checkSources(profile.sources, `${argument}.sources`),
  })
}

function buildProfiles(): Readonly<Record<HostName, HostProfile>> {
  const profiles: Partial<Record<HostName, HostProfile>> = {}
  for (const { name, keepsStoreOrder, access } of hostTable()) {
    profiles[name] = seal({
      name,
      keepsStoreOrder: keepsStoreOrder[0],
      access: byMode(mode => {
        const { widest, unaligned, vectors } = access[mode]
        return { widest: widest[0], unaligned: unaligned[0], vectors: vectors[0] }
      }),
      sources: { keepsStoreOrder: keepsStoreOrder[1], access: byMode(mode => byField(f => access[mode][f][1])) },
    })
  }
  return Object.freeze(profiles as Record<HostName, HostProfile>)
}

/** Freezes all that a profile reaches. Only for objects made here: a user's are copied first. */
function seal(profile: HostProfile): HostProfile {
  freezeDeep(profile)
  made.add(profile)
  return profile
}

function freezeDeep(value: object): void {
  for (const inner of Object.values(value)) if (typeof inner === 'object') freezeDeep(inner)
  Object.freeze(value)
}

function byMode<T>(make: (mode: CacheMode) => T): Record<CacheMode, T> {
  return {
    normal: make('normal'),
    writecombine: make('writecombine'),
    noncached: make('noncached'),
    device: make('device'),
  }
}

function byField(make: (field: keyof HostAccess) => string): HostAccessSources {
  return { widest: make('widest'), unaligned: make('unaligned'), vectors: make('vectors') }
}

function checkHostName(value: unknown, argument: string): HostName {
  return checkOneOf(value, Object.keys(HOST_PROFILES) as HostName[], argument)
}

function checkAccess(value: unknown, argument: string): HostAccess {
  const cells = checkObject(value, argument)
  return {
    widest: checkOneOf(cells.widest, WIDTHS, `${argument}.widest`),
    unaligned: checkBoolean(cells.unaligned, `${argument}.unaligned`),
    vectors: checkBoolean(cells.vectors, `${argument}.vectors`),
  }
}

function checkSources(value: unknown, argument: string): HostSources {
  const sources = checkObject(value, argument)
  const rows = checkObject(sources.access, `${argument}.access`)
  return {
    keepsStoreOrder: checkText(sources.keepsStoreOrder, `${argument}.keepsStoreOrder`),
    access: byMode(mode => {
      const cells = checkObject(rows[mode], `${argument}.access.${mode}`)
      return byField(f => checkText(cells[f], `${argument}.access.${mode}.${f}`))
    }),
  }
}

function givenByUser(): HostSources {
  return { keepsStoreOrder: GIVEN_BY_USER, access: byMode(() => byField(() => GIVEN_BY_USER)) }
}
