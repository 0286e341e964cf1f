import type { AddressSpace, MemoryRegion, RamBlock, RegionKind } from 'guestmem'
import { show } from '../check.ts'
import { type Decoder, Malformed } from './decoder.ts'
import { Encoder } from './encoder.ts'
import { NONE } from './layout.ts'
import type { Machine } from './machine.ts'

// What of a machine never changes: which regions there are and what backs them. By it a file finds its machine again.

const KINDS: readonly RegionKind[] = /* @__PURE__ */ Object.freeze([
  'container',
  'ram',
  'rom',
  'romDevice',
  'ramDevice',
  'io',
  'alias',
  'reservation',
  'iommu',
] as const)

export interface DescribedBlock {
  readonly name: string
  /** Bytes. */
  readonly size: number
}

export interface DescribedRegion {
  readonly name: string
  readonly kind: RegionKind
  /** Of an alias the index of what it shows. */
  readonly target: number | undefined
  /** Indexes of its blocks, in the order in which they are laid end to end. */
  readonly blocks: readonly number[]
}

export interface DescribedSpace {
  readonly name: string
  readonly endian: 'little' | 'big'
  readonly root: number
}

export interface Description {
  readonly blocks: readonly DescribedBlock[]
  readonly regions: readonly DescribedRegion[]
  readonly spaces: readonly DescribedSpace[]
}

export function describe({ spaces, regions, indexOf, blocks, blockIndexOf }: Machine): Uint8Array {
  const to = new Encoder()
  to.u32(blocks.length)
  for (const { name, size } of blocks) {
    to.text(name)
    to.f64(size)
  }
  to.u32(regions.length)
  for (const { name, kind, target, backing } of regions) {
    to.text(name)
    to.u8(KINDS.indexOf(kind))
    to.u32(target === undefined ? NONE : (indexOf.get(target) as number))
    to.u32(backing.length)
    for (const { block } of backing) to.u32(blockIndexOf.get(block) as number)
  }
  to.u32(spaces.length)
  for (const { name, endian, root } of spaces) {
    to.text(name)
    to.u8(endian === 'big' ? 1 : 0)
    to.u32(indexOf.get(root) as number)
  }
  return to.bytes
}

/** @throws Malformed */
export function readDescription(from: Decoder): Description {
  const list = <T>(least: number, read: () => T): T[] => {
    const items: T[] = []
    for (let left = from.count(least); left > 0; left--) items.push(read())
    return items
  }
  const blocks = list(12, () => ({ name: from.text(), size: inRange(from.f64(), 1, 2 ** 32) }))
  const regions = list(13, () => {
    const name = from.text()
    const kind = KINDS[from.u8()]
    if (kind === undefined) throw new Malformed('a region of it is of no kind that there is')
    const target = from.u32()
    return {
      name,
      kind,
      target: target === NONE ? undefined : target,
      blocks: list(4, () => inRange(from.u32(), 0, blocks.length - 1)),
    }
  })
  for (const { target } of regions) if (target !== undefined) inRange(target, 0, regions.length - 1)
  const spaces = list(9, () => ({
    name: from.text(),
    endian: from.u8() === 1 ? ('big' as const) : ('little' as const),
    root: inRange(from.u32(), 0, regions.length - 1),
  }))
  from.end()
  return { blocks, regions, spaces }
}

/** A file's regions and blocks, in its order, as they are here. */
export interface Matched {
  readonly regions: readonly MemoryRegion[]
  readonly blocks: readonly RamBlock[]
}

/**
 * Finds the file's regions in a machine: by name, those of one name in the order in which they were made.
 *
 * @throws Malformed saying what differs.
 */
export function matchMachine(file: Description, machine: Machine): Matched {
  const regions = matchNames(file.regions, machine.regions, 'region', 'options.regions')
  const order = new Map(regions.map((region, index) => [region, index]))
  const blocks: (RamBlock | undefined)[] = new Array(file.blocks.length).fill(undefined)
  for (const [index, { name, kind, target, blocks: backing }] of file.regions.entries()) {
    const region = regions[index] as MemoryRegion
    const same = (what: string, theirs: unknown, ours: unknown): void => {
      if (theirs !== ours) other(`region ${show(name)} ${what}: ${show(theirs)} in the file, ${show(ours)} here`)
    }
    same('is of another kind', kind, region.kind)
    same('shows another region', target, region.target && order.get(region.target))
    same('has another number of RAM blocks', backing.length, region.backing.length)
    for (const [at, number] of backing.entries()) {
      const { block } = region.backing[at] as { readonly block: RamBlock }
      if (blocks[number] !== undefined && blocks[number] !== block) other(`region ${show(name)} has another block`)
      blocks[number] = block
    }
  }
  matchFreeBlocks(file, machine, blocks)
  for (const [index, { name, size }] of file.blocks.entries())
    if (size !== blocks[index]?.size)
      other(`RAM block ${show(name)} has ${size} bytes in the file, ${blocks[index]?.size} here`)
  matchSpaces(file.spaces, machine.spaces, order)
  return { regions, blocks: blocks as RamBlock[] }
}

/** Those that no region shows. */
function matchFreeBlocks(file: Description, machine: Machine, blocks: (RamBlock | undefined)[]): void {
  const shown = new Set(blocks)
  const left = file.blocks.flatMap((block, index) => (blocks[index] === undefined ? [{ ...block, index }] : []))
  const free = machine.blocks.filter(block => !shown.has(block))
  const found = matchNames(left, free, 'RAM block', 'options.blocks')
  for (const [at, { index }] of left.entries()) blocks[index] = found[at]
}

function matchSpaces(
  file: readonly DescribedSpace[],
  spaces: readonly AddressSpace[],
  order: ReadonlyMap<MemoryRegion, number>,
): void {
  if (file.length !== spaces.length) other(`it has ${file.length} address spaces, and spaces has ${spaces.length}`)
  for (const [index, { name, endian, root }] of file.entries()) {
    const space = spaces[index] as AddressSpace
    const names = [name, wellFormed(space.name)]
    if (names[0] !== names[1]) other(`space ${index} is ${show(names[0])} in the file, ${show(names[1])} here`)
    if (endian !== space.endian) other(`space ${show(name)} is ${endian}-endian in the file, ${space.endian} here`)
    if (root !== order.get(space.root)) other(`space ${show(name)} shows another region`)
  }
}

/** Of each of the file's things the one here: of the same name, and the same place among those of that name. */
function matchNames<T extends { readonly name: string }>(
  file: readonly { readonly name: string }[],
  here: readonly T[],
  what: string,
  option: string,
): T[] {
  const byName = new Map<string, T[]>()
  for (const each of here) {
    const name = wellFormed(each.name)
    const known = byName.get(name)
    if (known === undefined) byName.set(name, [each])
    else known.push(each)
  }
  const found = file.map(({ name }) => {
    const next = byName.get(name)?.shift()
    if (next === undefined)
      other(`${what} ${show(name)} is in the file and not here: if it is mapped nowhere now, give it in ${option}`)
    return next
  })
  for (const [name, [left]] of byName)
    if (left !== undefined)
      other(
        `${what} ${show(name)} is here and not in the file: if it was mapped nowhere then, ${option} had to have it`,
      )
  return found
}

/** As UTF-8 can hold it. */
function wellFormed(name: string): string {
  return new TextDecoder().decode(new TextEncoder().encode(name))
}

function other(difference: string): never {
  throw new Malformed(`it is of another machine: ${difference}`)
}

export function inRange(value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value
  throw new Malformed(`a number of it must be from ${min} to ${max}, got ${value}`)
}
