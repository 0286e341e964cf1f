import { TYPE_WORDS, type TypeWord } from './description.ts'

/** A line that begins a tree: `address-space: ` or `memory-region: `, and a name. */
export interface HeaderLine {
  readonly kind: 'address-space' | 'memory-region'
  readonly name: string
}

/** A line that describes a region. */
export interface RegionLine {
  readonly kind: 'region'
  /** Blanks before its first address. */
  readonly indent: number
  /** As printed: 64 bits, absolute. */
  readonly start: bigint
  /** The last address, as printed. */
  readonly end: bigint
  readonly priority: number
  readonly nonvolatile: boolean
  readonly type: TypeWord
  /** The type is printed as "container". */
  readonly container: boolean
  readonly enabled: boolean
  readonly name: string
  readonly alias: { readonly name: string; readonly offset: bigint } | undefined
}

// Every part of it has one length, or ends at a character that it does not hold: there is no way back to try.
const HEAD = /^([0-9a-f]{16})-([0-9a-f]{16}) \(prio (-?[0-9]+), (nv-)?(i\/o|container|ramd|romd|rom|ram)\):(?: |$)/i
const ADDRESSES = /^ [0-9a-f]{16}-[0-9a-f]{16}$/i
/** Characters of what ADDRESSES matches. */
const ADDRESSES_LENGTH = 34
const BLANK = /^\s$/
const DISABLED = ' [disabled]'
const TAB = ' '.repeat(8)

/** A line without the marks of a quotation (`> `), without blanks at its end, and with tabs as blanks. */
export function unquoted(raw: string): string {
  const line = raw.trimEnd()
  let start = 0
  for (;;) {
    const next = skipBlanks(line, start)
    if (line[next] !== '>') break
    start = next + 1
  }
  if (start > 0 && line[start] === ' ') start++
  return line.slice(start).replaceAll('\t', TAB)
}

/** What a line says; undefined where it is part of no tree. @param line As `unquoted` gives it. */
export function readMtreeLine(line: string): HeaderLine | RegionLine | undefined {
  const indent = skipBlanks(line, 0)
  const text = line.slice(indent)
  for (const kind of ['address-space', 'memory-region'] as const) {
    if (text.startsWith(`${kind}: `)) return { kind, name: text.slice(kind.length + 2) }
    if (text === `${kind}:`) return { kind, name: '' }
  }
  const head = HEAD.exec(text)
  if (head === null) return undefined
  const [all, start, end, priority, nv, word] = head as unknown as string[]
  const what = withoutOwner(withoutOwner(text.slice((all as string).length), 'parent'), 'owner')
  const enabled = !what.endsWith(DISABLED)
  const shown = enabled ? what : what.slice(0, -DISABLED.length)
  const type = (word as string).toLowerCase()
  return {
    kind: 'region',
    indent,
    start: BigInt(`0x${start}`),
    end: BigInt(`0x${end}`),
    priority: Number(priority),
    nonvolatile: nv !== undefined,
    type: TYPE_WORDS.find(each => each === type) ?? 'i/o',
    container: type === 'container',
    enabled,
    ...readName(shown),
  }
}

/** `name`, or `alias name @target first-last`. Of several ` @` the last parts the two names. */
function readName(shown: string): Pick<RegionLine, 'name' | 'alias'> {
  const named = { name: shown, alias: undefined }
  const addresses = shown.slice(-ADDRESSES_LENGTH)
  if (!shown.startsWith('alias ') || !ADDRESSES.test(addresses)) return named
  const names = shown.slice('alias '.length, -ADDRESSES_LENGTH)
  const at = names.lastIndexOf(' @')
  if (at === -1) return named
  return {
    name: names.slice(0, at),
    alias: { name: names.slice(at + 2), offset: BigInt(`0x${addresses.slice(1, 17)}`) },
  }
}

/** Without what `info mtree -o` prints behind a region, such as ` owner:{dev id=net0}`. */
function withoutOwner(text: string, label: 'owner' | 'parent'): string {
  if (!text.endsWith('}')) return text
  const open = text.lastIndexOf('{')
  const inside = text.slice(open + 1, -1)
  const isOwner = text.endsWith(` ${label}:`, open) && /^(?:dev|obj|bus|type)/.test(inside) && !inside.includes('}')
  return isOwner ? text.slice(0, open - label.length - 2) : text
}

function skipBlanks(line: string, from: number): number {
  let at = from
  while (line[at] === ' ' || BLANK.test(line[at] ?? '')) at++
  return at
}
