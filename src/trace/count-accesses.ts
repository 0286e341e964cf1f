import { AddressSpace, type MemoryRegion, type RegionKind, tap } from 'guestmem'
import { checkBoolean, checkOptions, show } from '../check.ts'
import {
  type AccessRoute,
  BOUNCE_BYTES,
  BOUNCES,
  BOUNCES_REFUSED,
  type Completer,
  CountingCompleter,
  countAccess,
  FIELDS,
  fieldsOf,
  ROUTES,
  ROW_LENGTH,
  type Row,
  type Section,
  type Translator,
  type Tree,
} from './counting-completer.ts'
import { formatColumns, type TraceCounts } from './statistics.ts'

/** What accesses were, in numbers: as of a trace, with those that nothing took. */
export interface AccessCounts extends TraceCounts {
  /** How many ended with DECODE_ERROR or ACCESS_ERROR. They are among `failed`. */
  readonly rejections: number
}

/** Of the accesses that went one way. */
export interface RouteCounts extends AccessCounts {
  readonly route: AccessRoute
}

/** DMA windows that were bounce buffers. Their bytes are requests, too, and are counted as those by their routes. */
export interface BounceCounts {
  readonly bounces: number
  /** Of all of them. */
  readonly bounceBytes: number
  /** How many were refused, as nothing was left of the space's budget. */
  readonly bouncesRefused: number
}

/** Of one region, as the space shows it. */
export interface RegionCounts extends AccessCounts, BounceCounts {
  /** Its name; empty of what is not mapped. */
  readonly region: string
  /** Undefined of what is not mapped. */
  readonly kind: RegionKind | undefined
  /** Those that accesses took, in the order in which AccessRoute has them. */
  readonly routes: readonly RouteCounts[]
}

/** What a space's accesses were since it is counted: all, and by region, the most accesses first. */
export interface AccessStatistics extends AccessCounts, BounceCounts {
  readonly regions: readonly RegionCounts[]
}

/** What `countAccesses` may be told. */
export interface CountOptions {
  /**
   * Single accesses to memory, too. False unless said: they keep their direct way, and cost what they always do. Else all of
   * the space's memory is tapped, with all that a tap of it means.
   */
  readonly ram?: boolean | undefined
}

/** What `countAccesses` gives. */
export interface AccessCounter {
  /** The numbers of now. They are the caller's to keep. */
  statistics(): AccessStatistics
  /** All numbers begin at 0 again. */
  reset(): void
  readonly removed: boolean
  /** Nothing is counted from now on, and the space has the ways that it had; the numbers stay. Again: nothing. */
  remove(): void
}

type Changing = { -readonly [Key in keyof Section]: Section[Key] }
type Refine = (section: Section) => void

/** Of each space that is counted, by whom. */
const counted = /* @__PURE__ */ new WeakMap<AddressSpace, Set<Refine>>()

/**
 * Counts what goes through a space, by region and by route, for as long as one likes: single accesses to devices, every piece
 * of requests, what is rejected, bounce buffers. Nothing is allocated for an access. Behind an IOMMU, the region of the IOMMU
 * is what is counted, its route `iommu`; the space behind it can be counted, too. Debug accesses and `writeRom` are not
 * counted.
 *
 * A window on memory itself counts as one access of its length, when it is lent. Of one thread, as the space is.
 *
 * @throws TypeError naming the argument.
 */
export function countAccesses(space: AddressSpace, options: CountOptions = {}): AccessCounter {
  if (!(space instanceof AddressSpace)) throw new TypeError(`space must be an AddressSpace, got ${show(space)}`)
  const { ram = false } = checkOptions<CountOptions>(options, ['ram'])
  checkBoolean(ram, 'options.ram')
  const rows: Named[] = []
  // What is unplugged can be collected: its numbers stay, under its name.
  const known = new WeakMap<object, Row>()
  const rowOf = (region: MemoryRegion | undefined): Row => {
    let row = known.get(region ?? rows)
    if (row === undefined) {
      row = new Float64Array(ROW_LENGTH)
      known.set(region ?? rows, row)
      rows.push({ region: region?.name ?? '', kind: region?.kind, row })
    }
    return row
  }
  const { tree } = space
  const refine = (section: Section) => countSection(section, tree, rowOf(section.region))
  change(space, refine, true)
  const taps = ram ? [tapMemory(space, rowOf)] : []
  let removed = false
  return {
    statistics: () => statisticsOf(rows),
    reset() {
      for (const { row } of rows) row.fill(0)
    },
    get removed() {
      return removed
    },
    remove() {
      if (removed) return
      removed = true
      for (const each of taps) each.remove()
      change(space, refine, false)
    },
  }
}

function change(space: AddressSpace, refine: Refine, on: boolean): void {
  const all = counted.get(space) ?? new Set<Refine>()
  counted.set(space, all)
  if (on) all.add(refine)
  else all.delete(refine)
  const refineAll = (section: Section): void => {
    for (const one of all) one(section)
  }
  space.tree.refineBy(all.size === 0 ? undefined : refineAll)
}

/** @param route What is counted there, all of it; undefined: each as it is made. */
function countSection(section: Section, tree: Tree, row: Row, route?: AccessRoute): void {
  const changing = section as Changing
  const { translator, readCompleter, writeCompleter } = section
  const way = translator === undefined ? route : 'iommu'
  const counting = (inner: Completer): Completer => new CountingCompleter(inner, tree, row, way)
  changing.readCompleter = counting(readCompleter)
  changing.writeCompleter = counting(writeCompleter)
  if (translator !== undefined)
    changing.translator = new CountingTranslator(translator, tree, row) as unknown as Translator
  // A request goes to a lane at once where these say which: it would not be counted.
  changing.reads = undefined
  changing.writes = undefined
}

/** Where a counted IOMMU leads to: sections like those there. */
class CountingTranslator implements Pick<Translator, 'translate' | 'lookUp'> {
  readonly #inner: Translator
  readonly #tree: Tree
  readonly #row: Row
  /** By the sections there. */
  readonly #made = new WeakMap<Section, Section>()

  constructor(inner: Translator, tree: Tree, row: Row) {
    this.#inner = inner
    this.#tree = tree
    this.#row = row
  }

  translate(...args: Parameters<Translator['translate']>): Section {
    const there = this.#inner.translate(...args)
    if (args[2].debug) return there
    let like = this.#made.get(there)
    if (like === undefined) {
      // Of the shape that all sections have.
      const { unassigned } = there.constructor as unknown as { unassigned(...args: unknown[]): Section }
      like = Object.assign(unassigned.call(there.constructor, 0, 0, this.#tree.settings), there)
      countSection(like, this.#tree, this.#row, 'iommu')
      this.#made.set(there, like)
    }
    return like
  }

  lookUp(...args: Parameters<Translator['lookUp']>): ReturnType<Translator['lookUp']> {
    return this.#inner.lookUp(...args)
  }
}

/** Single accesses to memory have no completer that could count: a tap is told of them. */
function tapMemory(space: AddressSpace, rowOf: (region: MemoryRegion | undefined) => Row): { remove(): void } {
  return tap(space, undefined, { reads: true, writes: true, fetches: true }, access => {
    const { address, region, kind, size, result } = access
    if (region?.block === undefined || result !== 0) return
    const section = space.sections.plain.select(address)
    const isWrite = kind === 'write'
    if (isWrite ? section.writable : section.readable)
      countAccess(rowOf(region), fieldsOf(section.route(isWrite, true)), isWrite, kind === 'fetch', size, false)
  })
}

type Sums = { -readonly [Key in keyof AccessCounts]: AccessCounts[Key] }

function sumsOf(row: Row, at: number): Sums {
  return Object.fromEntries(FIELDS.map((name, field) => [name, row[at + field]])) as unknown as Sums
}

function add(sum: Sums, more: AccessCounts): void {
  for (const name of FIELDS) sum[name] += more[name]
}

const total = ({ reads, writes, fetches }: TraceCounts) => reads + writes + fetches

interface Named extends Pick<RegionCounts, 'region' | 'kind'> {
  readonly row: Row
}

function statisticsOf(rows: readonly Named[]): AccessStatistics {
  const none = new Float64Array(ROW_LENGTH)
  const all = sumsOf(none, 0)
  const bounced = { bounces: 0, bounceBytes: 0, bouncesRefused: 0 }
  const regions: RegionCounts[] = []
  for (const { region, kind, row } of rows) {
    if (row.every(each => each === 0)) continue
    const own = sumsOf(none, 0)
    const routes: RouteCounts[] = []
    for (const route of ROUTES) {
      const counts = sumsOf(row, fieldsOf(route))
      if (total(counts) === 0) continue
      routes.push({ route, ...counts })
      add(own, counts)
    }
    add(all, own)
    const [bounces = 0, bounceBytes = 0, bouncesRefused = 0] = [BOUNCES, BOUNCE_BYTES, BOUNCES_REFUSED].map(
      at => row[at],
    )
    bounced.bounces += bounces
    bounced.bounceBytes += bounceBytes
    bounced.bouncesRefused += bouncesRefused
    regions.push({ region, kind, ...own, bounces, bounceBytes, bouncesRefused, routes })
  }
  regions.sort((a, b) => total(b) - total(a))
  return { ...all, ...bounced, regions }
}

const HEADINGS = [...FIELDS, 'bounces'] as const

/**
 * The same for people: a line for each region, below it one for each route, and one for all.
 *
 * @throws TypeError where it is not what `statistics` of a counter gives.
 */
export function formatStatistics(statistics: AccessStatistics): string {
  const { regions } = (statistics ?? {}) as Partial<AccessStatistics>
  if (!Array.isArray(regions) || typeof statistics.bounces !== 'number')
    throw new TypeError(`statistics must be what a counter's statistics() gives, got ${show(statistics)}`)
  const line = (counts: AccessCounts & Partial<BounceCounts>, name: string) => [
    ...HEADINGS.map(key => String(counts[key] ?? '')),
    name,
  ]
  const lines = statistics.regions.flatMap(each => [
    line(each, each.region || '(not mapped)'),
    ...each.routes.map(route => line(route, `  ${route.route}`)),
  ])
  const text = formatColumns([[...HEADINGS, 'region'], ...lines, line(statistics, '(all)')])
  const { bouncesRefused } = statistics
  return bouncesRefused > 0 ? `${text}${bouncesRefused} bounce buffers were refused, as none was left\n` : text
}
