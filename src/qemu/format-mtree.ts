import type { AddressSpace, MemoryRegion } from 'guestmem'
import { exactly } from './exact.ts'
import { hex16 } from './hex.ts'
import { typeWord } from './type-word.ts'
import { rootAddress } from './wide-view.ts'

export interface FormatMtreeOptions {
  /** Disabled regions are printed too, and marked (`info mtree -D`). Without, what is in them is printed as if they were not there. */
  readonly disabled?: boolean
}

/**
 * Region trees as QEMU's monitor prints them (`info mtree`): of a space, or of several, where those of one root are
 * printed once; then the targets of aliases, each once.
 */
export function formatMtree(
  spaces: AddressSpace | readonly AddressSpace[],
  { disabled = false }: FormatMtreeOptions = {},
): string {
  const printer = new Printer(disabled)
  const roots = new Map<MemoryRegion, AddressSpace[]>()
  for (const space of Array.isArray(spaces) ? (spaces as readonly AddressSpace[]) : [spaces as AddressSpace]) {
    const same = roots.get(space.root)
    if (same === undefined) roots.set(space.root, [space])
    else same.push(space)
  }
  const blocks = [...roots].map(([root, same]) =>
    [...same.map(({ name }) => `address-space: ${name}`), ...printer.tree(root, rootAddress(root), 1)].join('\n'),
  )
  for (const target of printer.targets)
    blocks.push([`memory-region: ${target.name}`, ...printer.tree(target, exactly(target).address, 1)].join('\n'))
  return blocks.map(block => `${block}\n\n`).join('')
}

class Printer {
  /** Of the aliases that were printed, and hidden, so far: in that order (RULES L4). Grows while it is walked. */
  readonly targets: Set<MemoryRegion> = new Set<MemoryRegion>()
  readonly #disabled: boolean

  constructor(disabled: boolean) {
    this.#disabled = disabled
  }

  /** @param start Its first address, as printed. */
  tree(region: MemoryRegion, start: bigint, depth: number): string[] {
    const shown = standsFor(region)
    const { alias, size } = exactly(shown)
    const lines: string[] = []
    const range = (from: bigint) => `${hex16(from)}-${hex16(from + (size === 0n ? 0n : size - 1n))}`
    if (shown.enabled || this.#disabled) {
      const what = alias === undefined ? '' : `alias `
      const of = alias === undefined ? '' : ` @${alias.target.name} ${range(alias.offset)}`
      const off = shown.enabled ? '' : ' [disabled]'
      const indent = '  '.repeat(depth)
      lines.push(
        `${indent}${range(start)} (prio ${shown.priority}, ${typeWord(shown)}): ${what}${shown.name}${of}${off}`,
      )
    }
    if (alias !== undefined) this.targets.add(alias.target)
    for (const subregion of inPrintOrder(shown))
      lines.push(...this.tree(subregion, start + exactly(subregion).address, depth + 1))
    return lines
  }
}

/** What stands in the tree for a region past 2^53 is printed as that region. */
function standsFor(region: MemoryRegion): MemoryRegion {
  return exactly(region).region ?? region
}

/** By ascending address, then descending priority, then in the order in which they win (RULES L2). */
function inPrintOrder({ subregions }: MemoryRegion): MemoryRegion[] {
  return [...subregions].reverse().sort((a, b) => {
    const [first, second] = [exactly(a).address, exactly(b).address]
    return first === second ? b.priority - a.priority : first < second ? -1 : 1
  })
}
