import type { AddressSpace, MemoryRegion } from 'guestmem'
import { checkSpaces } from './check-spaces.ts'
import { booleanOption, checkOptions } from './door-options.ts'
import { hex16 } from './hex.ts'
import { typeWord } from './type-word.ts'
import { visibleName } from './visible-name.ts'
import { wideRegionOf } from './wide-region.ts'
import { rootAddress } from './wide-view.ts'

/** What `formatMtree` may be told. */
export interface FormatMtreeOptions {
  /** Disabled regions are printed too, and marked (`info mtree -D`). Without, what is in them is printed as if they were not there. */
  readonly disabled?: boolean | undefined
}

/**
 * Region trees as QEMU's monitor prints them (`info mtree`): of a space, or of several, where those of one root are
 * printed once; then the targets of aliases, each once. Characters of a name that would not be seen, or would end the
 * line, are printed as `\x0a`.
 *
 * @throws TypeError where `spaces` has something that is no AddressSpace, or an option is not as it must be.
 */
export function formatMtree(spaces: AddressSpace | readonly AddressSpace[], options?: FormatMtreeOptions): string {
  const checked = checkSpaces(spaces, 'spaces')
  const given = checkOptions(options, ['disabled'])
  const printer = new Printer(booleanOption(given.disabled, 'disabled', false))
  const roots = new Map<MemoryRegion, AddressSpace[]>()
  for (const space of checked) {
    const same = roots.get(space.root)
    if (same === undefined) roots.set(space.root, [space])
    else same.push(space)
  }
  for (const [root, same] of roots) {
    for (const { name } of same) printer.lines.push(`address-space: ${visibleName(name)}`)
    printer.tree(root, rootAddress(root))
  }
  for (const target of printer.targets) {
    printer.lines.push(`memory-region: ${visibleName(target.name)}`)
    printer.tree(target, wideRegionOf(target).address)
  }
  return printer.lines.map(line => `${line}\n`).join('')
}

/** A region that is to be printed. */
interface Place {
  readonly region: MemoryRegion
  /** Its first address, as printed. */
  readonly start: bigint
  readonly depth: number
}

class Printer {
  readonly lines: string[] = []
  /** Of the aliases that were printed, and hidden, so far: in that order (RULES L4). Grows while it is walked. */
  readonly targets: Set<MemoryRegion> = new Set<MemoryRegion>()
  readonly #disabled: boolean

  constructor(disabled: boolean) {
    this.#disabled = disabled
  }

  /** Prints a tree, and the blank line that ends it. */
  tree(root: MemoryRegion, start: bigint): void {
    const ahead: Place[] = [{ region: root, start, depth: 1 }]
    for (let place = ahead.pop(); place !== undefined; place = ahead.pop()) {
      // What stands in the tree for a region past 2^53 is printed as that region.
      const region = wideRegionOf(place.region).standsFor ?? place.region
      if (region.enabled || this.#disabled) this.lines.push(line(region, place))
      const { alias } = wideRegionOf(region)
      if (alias !== undefined) this.targets.add(alias.target)
      for (const { subregion, address } of lastInPrintFirst(region))
        ahead.push({ region: subregion, start: place.start + address, depth: place.depth + 1 })
    }
    this.lines.push('')
  }
}

function line(region: MemoryRegion, { start, depth }: Place): string {
  const { alias, size } = wideRegionOf(region)
  const range = (from: bigint) => `${hex16(from)}-${hex16(from + (size === 0n ? 0n : size - 1n))}`
  const name = visibleName(region.name)
  const what = alias === undefined ? name : `alias ${name} @${visibleName(alias.target.name)} ${range(alias.offset)}`
  const mark = region.enabled ? '' : ' [disabled]'
  return `${'  '.repeat(depth)}${range(start)} (prio ${region.priority}, ${typeWord(region)}): ${what}${mark}`
}

/**
 * Subregions against the order in which they are printed: that is by ascending address, then descending priority, then
 * in the order in which they win (RULES L2).
 */
function lastInPrintFirst({ subregions }: MemoryRegion): { subregion: MemoryRegion; address: bigint }[] {
  const placed = subregions.map(subregion => ({ subregion, address: wideRegionOf(subregion).address }))
  return placed.sort((a, b) => {
    if (a.address !== b.address) return a.address < b.address ? 1 : -1
    return a.subregion.priority - b.subregion.priority
  })
}
