import { checkBoolean, checkKeys, checkObject, checkOneOf } from '../check.ts'
import { byMode, CACHE_MODES, type CacheMode } from './cache-mode.ts'
import type { AccessWidth, HostAccess, HostName } from './host-access.ts'
import { HOST_NAMES, hostValues } from './host-values.ts'

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
}

/** What `hostProfile` takes: a row of the table, and the cells that replace the row's. */
export interface HostProfileOverrides {
  readonly base: HostName
  readonly keepsStoreOrder?: boolean | undefined
  readonly access?:
    | {
        readonly [Mode in CacheMode]?:
          | { readonly [Cell in keyof HostAccess]?: HostAccess[Cell] | undefined }
          | undefined
      }
    | undefined
}

const HOST_FIELDS = ['base', 'keepsStoreOrder', 'access'] as const
const ACCESS_FIELDS = ['widest', 'unaligned', 'vectors'] as const
const WIDTHS: readonly AccessWidth[] = [1, 2, 4, 8, 16, 32, 64]

/** The profiles that this file made, and so needn't check again. */
const made: WeakSet<object> = /* @__PURE__ */ new WeakSet()

/** One profile for each host, deeply frozen. `hostSources` says where its cells come from. */
export const HOST_PROFILES: Readonly<Record<HostName, HostProfile>> = /* @__PURE__ */ buildProfiles()

/**
 * A profile made of a row of the table and cells of one's own. Any thread.
 *
 * @param overrides `base` names the row; a cell that is left out or undefined is the row's
 * @returns a new profile, deeply frozen
 * @throws TypeError naming the argument and the bad value; so does a misspelt key
 */
export function hostProfile(overrides: HostProfileOverrides): HostProfile {
  const given = checkObject(overrides, 'overrides')
  checkKeys(given, HOST_FIELDS, 'overrides')
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
  })
}

/**
 * Checks a profile that a user wrote out in full. Any thread.
 *
 * @param value a `HostProfile`
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
  })
}

function buildProfiles(): Readonly<Record<HostName, HostProfile>> {
  const profiles = HOST_NAMES.map(name => [name, rowProfile(name)])
  return Object.freeze(Object.fromEntries(profiles))
}

/** A new profile of a row of the table. @param most As of hostValues. */
export function rowProfile(name: HostName, most?: AccessWidth): HostProfile {
  return seal({ name, ...hostValues(name, most) })
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

function checkHostName(value: unknown, argument: string): HostName {
  return checkOneOf(value, HOST_NAMES, argument)
}

function checkAccess(value: unknown, argument: string): HostAccess {
  const cells = checkObject(value, argument)
  return {
    widest: checkOneOf(cells.widest, WIDTHS, `${argument}.widest`),
    unaligned: checkBoolean(cells.unaligned, `${argument}.unaligned`),
    vectors: checkBoolean(cells.vectors, `${argument}.vectors`),
  }
}
