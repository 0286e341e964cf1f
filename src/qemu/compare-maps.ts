import type { AddressSpace, MemoryRegion } from 'guestmem'
import { checkSpace } from './check-spaces.ts'
import { hex16 } from './hex.ts'
import { cutPiece, type MapPiece, pairMoves } from './pair-moves.ts'
import { shownRanges } from './shown-ranges.ts'
import { shownValue } from './shown-value.ts'
import { rangeTypeWord } from './type-word.ts'
import { visibleName } from './visible-name.ts'
import { wideRegionOf } from './wide-region.ts'

/**
 * What became of a piece of a region between two maps. Regions are told by their names.
 *
 * - `moved`: it is seen at other addresses.
 * - `hidden`: it is seen no more, as another region is seen there; `uncovered`: the reverse.
 * - `unmapped`: it is seen no more, though the region is still in the tree (disabled, or outside its window), and nothing is
 *   there; `mapped`: the reverse.
 * - `removed`: the region is no more in the tree; `added`: it was not there before.
 * - `retyped`: it is seen at the same addresses as another type, such as RAM that has become a ROM.
 */
export type MapChangeKind = 'moved' | 'hidden' | 'uncovered' | 'unmapped' | 'mapped' | 'removed' | 'added' | 'retyped'

/** One difference of two maps. Addresses and sizes are bytes. */
export interface MapChange {
  readonly kind: MapChangeKind
  /** Of the region. */
  readonly name: string
  /** As `info mtree -f` prints it: of what is seen after, or was before where nothing is. */
  readonly type: string
  /** The offset in the region at which the piece begins. */
  readonly offset: bigint
  readonly size: bigint
  /** The piece's first address before; undefined where it was not seen. */
  readonly from: bigint | undefined
  /** Its first address after; undefined where it is not seen. */
  readonly to: bigint | undefined
  /** The region that is seen in its place now, or was before. Of what is retyped, the type before. */
  readonly instead: string | undefined
}

/**
 * What differs between what two spaces show, in ascending order of addresses: what moved, what is hidden and by what, what was
 * added and removed. Time grows with the number of ranges, but for sorting.
 *
 * @throws TypeError where one of them is no AddressSpace.
 */
export function compareMaps(before: AddressSpace, after: AddressSpace): MapChange[] {
  const segments = segmentsOf(piecesOf(before, 'before'), piecesOf(after, 'after'))
  const known = { before: regionNames(before.root), after: regionNames(after.root) }
  const changes: MapChange[] = []
  const lost: MapPiece[] = []
  const gained: MapPiece[] = []
  for (const { before, after } of segments) {
    if (before === undefined || after === undefined || !isRetyped(before, after)) {
      if (before !== undefined) lost.push({ ...before, instead: after?.name })
      if (after !== undefined) gained.push({ ...after, instead: before?.name })
    } else {
      const { start } = after
      changes.push({ ...changeOf({ ...after, instead: before.type }, 'retyped'), from: start, to: start })
    }
  }
  const paired = pairMoves(lost, gained)
  for (const { before, after } of paired.moved) {
    const change = changeOf({ ...after, instead: undefined }, 'moved')
    changes.push({ ...change, from: before.start, to: after.start })
  }
  for (const piece of paired.lost) {
    const kind = !known.after.has(piece.name) ? 'removed' : piece.instead === undefined ? 'unmapped' : 'hidden'
    changes.push({ ...changeOf(piece, kind), from: piece.start, to: undefined })
  }
  for (const piece of paired.gained) {
    const kind = !known.before.has(piece.name) ? 'added' : piece.instead === undefined ? 'mapped' : 'uncovered'
    changes.push({ ...changeOf(piece, kind), from: undefined, to: piece.start })
  }
  return joined(changes)
}

function changeOf({ name, type, offset, start, end, instead }: MapPiece, kind: MapChangeKind) {
  return { kind, name, type, offset, size: end - start, instead }
}

function piecesOf(space: AddressSpace, argument: string): MapPiece[] {
  return shownRanges(checkSpace(space, argument)).map(range => {
    const { start, end, offset, region } = range
    return { name: region.name, type: rangeTypeWord(range), start, end, offset, instead: undefined }
  })
}

/** Where the two differ: what is seen at the same addresses in the one and in the other. */
interface Segment {
  readonly before: MapPiece | undefined
  readonly after: MapPiece | undefined
}

function segmentsOf(before: readonly MapPiece[], after: readonly MapPiece[]): Segment[] {
  const segments: Segment[] = []
  let [i, j] = [0, 0]
  let address = 0n
  for (let [a, b] = [before[i], after[j]]; a !== undefined || b !== undefined; [a, b] = [before[i], after[j]]) {
    const [inA, inB] = [a !== undefined && a.start <= address, b !== undefined && b.start <= address]
    const edges = [a && (inA ? a.end : a.start), b && (inB ? b.end : b.start)].filter(edge => edge !== undefined)
    const end = edges.reduce(least)
    const [partA, partB] = [
      inA ? cutPiece(a as MapPiece, address, end) : undefined,
      inB ? cutPiece(b as MapPiece, address, end) : undefined,
    ]
    const same = partA?.name === partB?.name && partA?.offset === partB?.offset && partA?.type === partB?.type
    if (!same) segments.push({ before: partA, after: partB })
    address = end
    if (a !== undefined && a.end <= address) i++
    if (b !== undefined && b.end <= address) j++
  }
  return segments
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)

function isRetyped(before: MapPiece, after: MapPiece): boolean {
  return before.name === after.name && before.offset === after.offset
}

/** The names of all regions of a tree, and of what its aliases are of: disabled ones too. */
function regionNames(root: MemoryRegion): Set<string> {
  const entered = new Set([root])
  for (const region of entered) {
    const { alias, standsFor } = wideRegionOf(region)
    if (standsFor !== undefined) entered.add(standsFor)
    if (alias !== undefined) entered.add(alias.target)
    for (const subregion of region.subregions) entered.add(subregion)
  }
  return new Set(Array.from(entered, ({ name }) => name))
}

/** In ascending order, with those that go on one another as one. */
function joined(changes: readonly MapChange[]): MapChange[] {
  const placed = changes.map(change => ({ change, at: (change.to ?? change.from) as bigint }))
  placed.sort((a, b) => (a.at !== b.at ? (a.at < b.at ? -1 : 1) : a.change.kind < b.change.kind ? -1 : 1))
  const made: MapChange[] = []
  /** The latest of each name and kind. */
  const latest = new Map<string, number>()
  for (const { change } of placed) {
    const key = `${change.kind} ${change.name}`
    const index = latest.get(key)
    const last = index === undefined ? undefined : made[index]
    if (index !== undefined && last !== undefined && goesOn(last, change)) {
      made[index] = { ...last, size: last.size + change.size }
    } else latest.set(key, made.push(change) - 1)
  }
  return made
}

function goesOn(a: MapChange, b: MapChange): boolean {
  const next = (from: bigint | undefined): bigint | undefined => (from === undefined ? undefined : from + a.size)
  return (
    a.type === b.type &&
    a.instead === b.instead &&
    a.offset + a.size === b.offset &&
    next(a.from) === b.from &&
    next(a.to) === b.to
  )
}

/**
 * Differences of two maps as text, a line for each: the kind, the addresses, the region. Empty where there are none.
 *
 * @param changes What `compareMaps` gave.
 */
export function formatMapChanges(changes: readonly MapChange[]): string {
  if (!Array.isArray(changes) || changes.some(change => typeof change?.size !== 'bigint'))
    throw new TypeError(`changes must be what compareMaps gave, got ${shownValue(changes)}`)
  return changes.map(lineOf).join('\n')
}

function lineOf({ kind, name, type, offset, size, from, to, instead }: MapChange): string {
  const range = (start: bigint | undefined): string =>
    start === undefined ? '' : `${hex16(start)}-${hex16(start + size - 1n)}`
  const where = kind === 'moved' ? `${range(from)} -> ${range(to)}` : range(to ?? from)
  const at = offset === 0n ? '' : ` @${hex16(offset)}`
  return `${kind.padEnd(9)} ${where} (${type}): ${visibleName(name)}${at}${remark(kind, instead)}`
}

function remark(kind: MapChangeKind, instead: string | undefined): string {
  if (instead === undefined) return ''
  if (kind === 'retyped') return `, was ${instead}`
  const other = visibleName(instead)
  return kind === 'hidden' ? `, by ${other}` : kind === 'removed' ? `, ${other} is there now` : `, ${other} was there`
}
