import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ANSWERS, faultsOfAnswers, WAYS } from './support/answers.ts'
import { digest } from './support/digest.ts'
import { publicNames } from './support/public-names.ts'
import { nameOf } from './support/refusal.ts'
import { type Argument, placesOf } from './support/row.ts'
import { ROWS } from './support/rows.ts'
import { type Hostile, pursueSeeded } from './support/seeded.ts'
import { sequenceFault, step, stepText } from './support/sequences.ts'
import { faultsOf } from './support/trial.ts'
import { watched } from './support/watchdog.ts'
import { World } from './support/world.ts'

const PLACES = ROWS.map(row => ({ name: row.name, row, places: placesOf(row) }))
/** Where what was accessed before could make a difference. All the other rows are warmed up in a campaign. */
const REMEMBERS =
  /^(?:AddressSpace|MemoryRegionCache|ScatterGatherList)\.(?!.*(?:le|be)$)|^ram(?:Copy|Move|Fill)$|^(?:read|write)[bwlq]$/
const EVERY_ROW = process.env.CAMPAIGN !== undefined

describe('a bad value is refused by name, and changes nothing', () => {
  test.each(PLACES.filter(({ places }) => places.length > 0))('$name, at the first call', async ({ row, places }) => {
    expect(await faultsOf(row, places, 'cold')).toEqual([])
  })

  const again = PLACES.filter(({ row, places }) => places.length > 0 && row.repeats)
  test.each(again.filter(({ name }) => EVERY_ROW || REMEMBERS.test(name)))(
    '$name, after good ones',
    async ({ row, places }) => {
      expect(await faultsOf(row, places, 'warm')).toEqual([])
    },
  )
})

const SEQUENCES: Hostile = {
  name: 'several bad values at once, and one call after another',
  count: 1500,
  property: fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), steps => {
    const told = steps.map(stepText).join('; ')
    const fault = watched(told, () => sequenceFault(steps))
    if (fault !== undefined) expect.fail(`${fault}, after ${told}`)
  }),
}

test(SEQUENCES.name, () => pursueSeeded(SEQUENCES))

describe('an answer that is none is refused by name', () => {
  test.each(ANSWERS)('of $name', answer => {
    expect(Object.keys(WAYS).flatMap(way => watched(way, () => faultsOfAnswers(answer, way)))).toEqual([])
  })
})

/** Interfaces of what is handed out, not in. */
const HANDED_OUT = new Set(
  `ScatterGatherElement HostAccess HostSources IommuTlbEntry IoEventfd DirtyRange MemoryRegionSection Translation FlatRange
  QemuMachine MtreeMachine MtreeQuestion Mtree MtreeBlock MtreeNode QtestDuplex QtestWebStreams AccessDifference ReplayReport
  AddressExplanation AddressLayer HiddenLayer AddressStep MapChange Unreachable GuestMode VfioArea VfioRegionInfo VfioRegionReport VfioSkipped VfioRegions SmapsMapping LitmusReport LitmusRow
  Tap TapAccess AccessCounter AccessCounts AccessStatistics BounceCounts RegionCounts RouteCounts MapChangeDetail MapChangeMeasuring MeasuredRange TraceEvent TraceCounts TraceStatistics TraceComparison AccessTraceFile GdbMemory TracedAccess TraceStream
  NoOptions SharedUint8Array LitmusThread SlowAccesses HarvestedRange ChainSave
  SnapshotBlock SnapshotContents MigrationReport BlobLike WebDuplex NodeDuplex`.split(/\s+/),
)

test('every public name is tried, and every field of what is handed in', () => {
  const { values, interfaces } = publicNames()
  const tried = new Set(ROWS.map(({ name }) => name))
  expect(values.filter(name => !tried.has(name))).toEqual([])
  const fields = new Map<string, Set<string>>()
  const collect = ({ type, fields: inner = [] }: Argument): void => {
    if (type !== undefined) fields.set(type, new Set([...(fields.get(type) ?? []), ...inner.map(({ name }) => name)]))
    inner.forEach(collect)
  }
  for (const { args } of ROWS) args.forEach(collect)
  const missing = [...interfaces]
    .filter(([name]) => !HANDED_OUT.has(name))
    .flatMap(([name, properties]) =>
      properties.filter(each => !fields.get(name)?.has(each)).map(each => `${name}.${each}`),
    )
  expect(missing).toEqual([])
})

/** A good value with all left out that may be. */
function least(argument: Argument, world: World): unknown {
  if (argument.kind.undefined === 'takes') return undefined
  const good = argument.good(world)
  if (argument.fields === undefined || Array.isArray(good)) return good
  const needed = argument.fields.filter(({ kind }) => kind.undefined !== 'takes')
  return Object.fromEntries(needed.map(field => [field.name, least(field, world)]))
}

/** Of options. What has methods may have them from a class of the user's, so what is inherited counts there. */
const NAMES = [...new Set(ROWS.flatMap(({ args }) => args.flatMap(optionsOf)))]

function optionsOf({ closed, fields = [] }: Argument): string[] {
  return [...(closed === true ? fields.map(({ name }) => name) : []), ...fields.flatMap(optionsOf)]
}

/** These read what is inherited, too, as programs do: to look for own properties would cost the core bytes, `map` time. */
const READS_INHERITED = new Set(['hostProfile', 'new AddressSpace', 'AddressSpace.map', 'AddressSpace.whenRoom'])

test('what somebody put on Object.prototype is no option', () => {
  const faults: string[] = []
  const polluted = Object.prototype as Record<string, unknown>
  // A private constructor refuses whatever it is given, and what is asynchronous would run with it.
  const rows = ROWS.filter(
    ({ name, args }) =>
      args.length > 0 &&
      !/^new (?:GuestRam|RamBlock|MemoryRegion)$|Litmus|Qtest|^(?:restoreMachine|readSnapshot|migrate|receiveMachine)$/.test(
        name,
      ),
  )
  const outcome = (row: (typeof ROWS)[number], keys: readonly string[]): string => {
    const world = new World()
    const args = row.args.map(each => least(each, world))
    let thrown = ''
    try {
      for (const key of keys)
        Object.defineProperty(polluted, key, { value: 'polluted', configurable: true, writable: true })
      row.call(world, ...(args as never[]))
    } catch (error) {
      thrown = nameOf(error)
    } finally {
      for (const key of keys) delete polluted[key]
    }
    const state = `${thrown} ${digest(world)}`
    world.close()
    return state
  }
  for (const row of rows) {
    const plain = outcome(row, [])
    if (READS_INHERITED.has(row.name) || outcome(row, NAMES) === plain) continue
    const own = row.args.flatMap(optionsOf)
    faults.push(`${row.name}: ${own.filter(name => outcome(row, [name]) !== plain)}`)
  }
  expect(faults).toEqual([])
})

/** Arrays and plain objects that are the same each time that they are asked for, and can be changed. */
function changeable(value: unknown, again: unknown, path: string, seen: Set<unknown> = new Set()): string[] {
  if (typeof value !== 'object' || value === null || value !== again || seen.has(value)) return []
  const prototype = Object.getPrototypeOf(value)
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) return []
  seen.add(value)
  const found = Object.isFrozen(value) ? [] : [path]
  for (const [key, inner] of Object.entries(value)) found.push(...changeable(inner, inner, `${path}.${key}`, seen))
  return found
}

test('what is handed out can not be changed from outside', () => {
  const world = new World()
  // What belongs to the one who handed it in stays as it was. A view's ranges are not frozen one by one, as each rendering
  // makes all of them: the array is.
  const own = /^MemoryListener|\.ops$/
  const each = /^FlatView\.ranges\.\d+$/
  const faults = ROWS.filter(
    ({ args, name }) => args.length === 0 && !own.test(name) && !/^new |destroy|GlobalDirtyLog/.test(name),
  ).flatMap(row => changeable(row.call(world), row.call(world), row.name))
  world.close()
  expect(faults.filter(path => !each.test(path))).toEqual([])
})
