import { AddressSpace, type MemoryRegion } from 'guestmem'
import { show } from '../check.ts'

/** The format that `machineFromJson` of the door `guestmem/qemu` reads. */
const FORMAT = 'qemu-mtree-corpus/1'

/**
 * The region trees of some spaces as JSON that `machineFromJson` of the door `guestmem/qemu`, the command line and the page read:
 * all of what is mapped, also what is hidden or disabled, and no contents.
 *
 * Of the thread that the trees belong to. Another one that streams a trace is sent this text.
 *
 * @throws TypeError where `spaces` has something that is no AddressSpace.
 */
export function mapToJson(spaces: AddressSpace | readonly AddressSpace[]): string {
  const ids = new Map<MemoryRegion, number>()
  const order: MemoryRegion[] = []
  const idOf = (region: MemoryRegion): number => {
    const known = ids.get(region)
    if (known !== undefined) return known
    ids.set(region, order.length)
    return order.push(region) - 1
  }
  const roots = checkSpaces(spaces, 'spaces').map(({ name, root }) => ({ name, root: idOf(root) }))
  const regions: object[] = []
  // The list grows while it is walked: by what is in a region, and what an alias is of.
  for (const region of order) regions.push(describe(region, idOf))
  return JSON.stringify({ format: FORMAT, regions, address_spaces: roots })
}

/** @throws TypeError naming what is no space. */
export function checkSpaces(
  value: unknown,
  argument: string,
  what = 'an AddressSpace, or an array of them',
): readonly AddressSpace[] {
  if (value instanceof AddressSpace) return [value]
  const list = Array.isArray(value) ? Array.from(value as readonly unknown[]) : [value]
  const bad = list.findIndex(each => !(each instanceof AddressSpace))
  if (bad < 0) return list as AddressSpace[]
  if (!Array.isArray(value)) throw new TypeError(`${argument} must be ${what}, got ${show(value)}`)
  throw new TypeError(`${argument}[${bad}] must be an AddressSpace, got ${show(list[bad])}`)
}

function describe(region: MemoryRegion, idOf: (region: MemoryRegion) => number): object {
  const { name, address, size, priority, enabled, readonly, nonvolatile, subregions, target } = region
  return {
    id: idOf(region),
    name,
    type: typeOf(region),
    addr: hex(address),
    size: hex(size),
    priority,
    enabled,
    readonly,
    nonvolatile,
    terminates: target === undefined && region.kind !== 'container' && typeOf(region) === 'i/o',
    // The format has those that win first.
    subregions: subregions.map(idOf).reverse(),
    ...(target !== undefined && { alias: { target: idOf(target), offset: hex(region.targetOffset) } }),
  }
}

/** What QEMU's monitor calls a region: of an alias, what it calls the target (RULES A5). */
function typeOf({ kind, target, romdMode, readonly }: MemoryRegion): string {
  if (target !== undefined) return typeOf(target)
  if (kind === 'ram' || kind === 'rom') return readonly ? 'rom' : kind
  if (kind === 'ramDevice') return 'ramd'
  return kind === 'romDevice' && romdMode ? 'romd' : 'i/o'
}

function hex(value: number): string {
  return `0x${BigInt(value).toString(16)}`
}
