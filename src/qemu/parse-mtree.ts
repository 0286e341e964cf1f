import { TYPE_WORDS, type TypeWord } from './description.ts'

/** A line of `info mtree`. */
export interface MtreeNode {
  readonly name: string
  readonly type: TypeWord
  /** As printed: absolute, from where the tree begins. */
  readonly start: bigint
  /** The last address. */
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

export interface Mtree {
  readonly blocks: readonly MtreeBlock[]
  /** Disabled regions are in the text (`info mtree -D`): it has one that is marked. */
  readonly disabled: boolean
  /** Lines that are no part of a memory tree, with their numbers. */
  readonly ignored: readonly string[]
}

const REGION = /^(\s*)([0-9a-f]{16})-([0-9a-f]{16}) \(prio (-?\d+), (nv-)?(i\/o|container|ramd|romd|rom|ram)\): (.*)$/i
const ALIAS = /^alias (.*) @(.*) ([0-9a-f]{16})-([0-9a-f]{16})$/i
const OWNER = / (?:owner|parent):\{(?:dev|obj|bus|type)[^{}]*\}$/

/**
 * Reads what QEMU's monitor prints for `info mtree`, with or without -o and -D, as people paste it: with the prompt,
 * quoted, with the line ends of any system. What is none of it is passed over, and listed in `ignored`.
 *
 * @throws TypeError where `text` is no string; RangeError where there is no region in it.
 */
export function parseMtree(text: string): Mtree {
  if (typeof text !== 'string') throw new TypeError(`text must be a string, got ${typeof text}`)
  const open: OpenBlock[] = []
  const ignored: string[] = []
  const outermost = leastIndent(text)
  let blank = false
  for (const [index, raw] of text.split(/\r\n|\r|\n/).entries()) {
    const line = unquoted(raw)
    const block = open.at(-1)
    const header = /^\s*(address-space|memory-region): (.*)$/.exec(line)
    const region = REGION.exec(line)
    if (header !== null) {
      const [, kind, name] = header as unknown as [string, MtreeBlock['kind'], string]
      const shares = kind === 'address-space' && block?.kind === kind && block.roots.length === 0 && !blank
      if (block !== undefined && shares) block.names.push(name)
      else open.push({ kind, names: [name], roots: [], path: [] })
    } else if (region !== null && block !== undefined) {
      const depth = Math.floor(((region[1] as string).length - outermost) / 2)
      attach(block.roots, block.path, readNode(region, depth, index + 1))
    } else if (line.trim() !== '') ignored.push(`${index + 1}: ${line}`)
    blank = line.trim() === ''
  }
  if (open.every(({ roots }) => roots.length === 0))
    throw new RangeError('text must have a region of "info mtree" in it')
  const disabled = open.some(({ roots }) => roots.some(hasDisabled))
  const blocks = open.map(({ kind, names, roots }) => ({ kind, names, root: rootOf(names[0] as string, roots) }))
  return { blocks, disabled, ignored }
}

interface OpenBlock {
  readonly kind: MtreeBlock['kind']
  readonly names: string[]
  readonly roots: MtreeNode[]
  /** The lines that are open, the deepest last. */
  readonly path: MtreeNode[]
}

/** The block's first line; or, where that is not printed, a disabled region that holds the others. */
function rootOf(name: string, roots: MtreeNode[]): MtreeNode {
  const [first] = roots
  if (first?.depth === 0) return first
  const unprinted = { container: false, nonvolatile: false, alias: undefined, depth: 0, line: 0, priority: 0 }
  return { ...unprinted, name, type: 'i/o', start: 0n, end: 2n ** 64n - 1n, enabled: false, children: roots }
}

/** Without the marks of a quotation. */
function unquoted(line: string): string {
  return line
    .replace(/^(?:\s*>)+ ?/, '')
    .replace(/\s+$/, '')
    .replace(/\t/g, '        ')
}

/** Of a region's line, spaces: a root's, wherever one is printed. */
function leastIndent(text: string): number {
  const indents = text
    .split(/[\r\n]+/)
    .map(line => REGION.exec(unquoted(line))?.[1]?.length ?? Number.POSITIVE_INFINITY)
  return indents.reduce((least, each) => Math.min(least, each), Number.POSITIVE_INFINITY)
}

function readNode(match: RegExpExecArray, depth: number, line: number): MtreeNode {
  const [, , start, end, priority, nv, word, rest] = match as unknown as string[]
  const unowned = (rest as string).replace(OWNER, '')
  const what = unowned.replace(/ \[disabled\]$/, '')
  const alias = ALIAS.exec(what)
  return {
    name: alias?.[1] ?? what,
    type: TYPE_WORDS.find(each => each === word?.toLowerCase()) ?? 'i/o',
    start: BigInt(`0x${start}`),
    end: BigInt(`0x${end}`),
    priority: Number(priority),
    nonvolatile: nv !== undefined,
    enabled: what === unowned,
    container: word === 'container',
    alias: alias === null ? undefined : { name: alias[2] as string, offset: BigInt(`0x${alias[3]}`) },
    depth,
    children: [],
    line,
  }
}

/** Under the latest line that is less deep. */
function attach(roots: MtreeNode[], path: MtreeNode[], node: MtreeNode): void {
  while (path.length > 0 && (path.at(-1) as MtreeNode).depth >= node.depth) path.pop()
  const parent = path.at(-1)
  ;(parent === undefined ? roots : parent.children).push(node)
  path.push(node)
}

function hasDisabled(node: MtreeNode): boolean {
  return !node.enabled || node.children.some(hasDisabled)
}
