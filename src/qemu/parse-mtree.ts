import type { TypeWord } from './description.ts'
import { MAX_DEPTH } from './machine-limits.ts'
import { type HeaderLine, type RegionLine, readMtreeLine, unquoted } from './mtree-line.ts'
import { shownValue } from './shown-value.ts'

/** A line of `info mtree`. */
export interface MtreeNode {
  readonly name: string
  readonly type: TypeWord
  /** As printed: absolute, from where the tree begins. */
  readonly start: bigint
  /** The last address, as printed: below `start` where the region goes over the top of 64 bits. */
  readonly end: bigint
  readonly priority: number
  readonly nonvolatile: boolean
  readonly enabled: boolean
  /** Newer versions of QEMU say so of what is neither memory nor a device. */
  readonly container: boolean
  readonly alias: { readonly name: string; readonly offset: bigint } | undefined
  /** Steps of indentation; a root's is 0. */
  readonly depth: number
  /** The lines under it, in the order of the text. */
  readonly children: MtreeNode[]
  /** Of the line, from 1. */
  readonly line: number
}

/**
 * `address-space:` lines, one or more, and the tree that these spaces share; or a `memory-region:` and its tree. A blank
 * line ends it.
 */
export interface MtreeBlock {
  readonly kind: 'address-space' | 'memory-region'
  readonly names: readonly string[]
  /** One that is disabled and not printed is here all the same, in line 0. */
  readonly root: MtreeNode
}

/** The text of `info mtree`, line by line. */
export interface Mtree {
  readonly blocks: readonly MtreeBlock[]
  /** Disabled regions are in the text (`info mtree -D`): it has one that is marked. */
  readonly disabled: boolean
  /** Lines that are no part of a memory tree, with their numbers. */
  readonly ignored: readonly string[]
}

/**
 * Reads what QEMU's monitor prints for `info mtree`, with or without -o and -D, as people paste it: with the prompt,
 * quoted, with the line ends of any system. What is none of it is passed over, and listed in `ignored`.
 *
 * Its time and its memory grow with the length of the text, whatever is in it.
 *
 * @throws TypeError where `text` is no string. RangeError where there is no region in it, and, with the number of the
 *   line, where regions are nested more than 256 deep or a priority has more than 32 bits.
 */
export function parseMtree(text: string): Mtree {
  if (typeof text !== 'string') throw new TypeError(`text must be a string, got ${shownValue(text)}`)
  const lines = text.split(/\r\n|\r|\n/).map(unquoted)
  const read = lines.map(readMtreeLine)
  const outermost = leastIndent(read)
  const open: OpenBlock[] = []
  const ignored: string[] = []
  let disabled = false
  for (const [index, line] of read.entries()) {
    const block = open.at(-1)
    if (line === undefined || (line.kind === 'region' && block === undefined)) {
      if (lines[index] !== '') ignored.push(`${index + 1}: ${lines[index]}`)
    } else if (line.kind !== 'region') {
      const follows = index > 0 && lines[index - 1] !== ''
      if (block !== undefined && follows && shareTree(block, line)) block.names.push(line.name)
      else open.push({ kind: line.kind, names: [line.name], roots: [], path: [] })
    } else if (block !== undefined) {
      const node = nodeOf(line, Math.floor((line.indent - outermost) / 2), index + 1)
      if (attach(block, node)) disabled ||= !node.enabled
      else ignored.push(`${index + 1}: ${lines[index]}`)
    }
  }
  if (open.every(({ roots }) => roots.length === 0))
    throw new RangeError('text must have a region of "info mtree" in it')
  const blocks = open.map(({ kind, names, roots }) => ({ kind, names, root: rootOf(names[0] as string, roots) }))
  return { blocks, disabled, ignored }
}

interface OpenBlock {
  readonly kind: MtreeBlock['kind']
  readonly names: string[]
  readonly roots: MtreeNode[]
  /** The latest line and those that it is under, the deepest last. */
  readonly path: MtreeNode[]
}

/** Whether a space that is named next shows the same tree: none of it has been printed yet. */
function shareTree(block: OpenBlock, { kind }: HeaderLine): boolean {
  return kind === 'address-space' && block.kind === kind && block.roots.length === 0
}

/** The block's first line; or, where that is not printed, a disabled region that holds the others. */
function rootOf(name: string, roots: MtreeNode[]): MtreeNode {
  const [first] = roots
  if (first?.depth === 0) return first
  const unprinted = { container: false, nonvolatile: false, alias: undefined, depth: 0, line: 0, priority: 0 }
  return { ...unprinted, name, type: 'i/o', start: 0n, end: 2n ** 64n - 1n, enabled: false, children: roots }
}

/** The blanks before the line of a root, wherever one is printed. */
function leastIndent(lines: readonly (HeaderLine | RegionLine | undefined)[]): number {
  let least = Number.POSITIVE_INFINITY
  for (const line of lines) if (line?.kind === 'region') least = Math.min(least, line.indent)
  return least
}

const MIN_PRIORITY = -(2 ** 31)
const MAX_PRIORITY = 2 ** 31 - 1

function nodeOf(region: RegionLine, depth: number, line: number): MtreeNode {
  const { name, type, start, end, priority, nonvolatile, enabled, container, alias } = region
  if (priority < MIN_PRIORITY || priority > MAX_PRIORITY)
    throw new RangeError(
      `line ${line} of text must have a priority from ${MIN_PRIORITY} to ${MAX_PRIORITY}, got ${priority}`,
    )
  return { name, type, start, end, priority, nonvolatile, enabled, container, alias, depth, children: [], line }
}

/** Puts a line under the latest one that is less deep. @returns False where it would be a second root of its tree. */
function attach({ roots, path }: OpenBlock, node: MtreeNode): boolean {
  while (path.length > 0 && (path.at(-1) as MtreeNode).depth >= node.depth) path.pop()
  const parent = path.at(-1)
  if (parent === undefined && roots[0]?.depth === 0) return false
  if (path.length >= MAX_DEPTH)
    throw new RangeError(`line ${node.line} of text must be nested at most ${MAX_DEPTH} regions deep`)
  ;(parent === undefined ? roots : parent.children).push(node)
  path.push(node)
  return true
}
