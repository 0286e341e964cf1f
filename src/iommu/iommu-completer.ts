import { checkInteger } from '../check.ts'
import { nowhere, type Place, placeIn } from '../dispatch/place.ts'
import { resolved } from '../dispatch/resolve.ts'
import { loadDevice, loadScalar, reject, storeScalar } from '../dispatch/scalar-access.ts'
import { type IommuTranslator, Section } from '../dispatch/section.ts'
import type { Value } from '../ram/access/cell-values.ts'
import { BUS, type BusBase, type Completer } from '../region/device/completer.ts'
import type { MemTxAttrs } from '../request/attrs.ts'
import { MemTxResult } from '../request/result.ts'
import type { SpaceSettings } from '../request/space-settings.ts'
import type { AddressSpace } from '../space/address-space.ts'
import { IommuPermissions, latestEntry, readEntry } from './iommu-entry.ts'
import type { CheckedIommuOps } from './iommu-ops.ts'

/**
 * How many IOMMUs may lie behind one another, and how many may be asked from within one another. A guest can have them
 * lead in a circle, which would never end, and a walk of tables that lie behind IOMMUs takes the stack: what lies deeper
 * is a fault.
 */
const MAX_DEPTH = 16

/** How many IOMMUs this thread is asking now, each from within the one before. */
let asking = 0

/** Where the latest `step` led. Read it at once. */
const stepped = { address: 0, left: 0 }

/** Accesses to an IOMMU's region: each is translated, and goes on in the target (RULES K). */
export class IommuCompleter implements IommuTranslator {
  readonly maxSize: number
  readonly unaligned: boolean
  readonly endianness: 'native'
  /** Each kind of space that shows the region has another completer (alike-spaces.ts). */
  readonly bus: BusBase | undefined
  readonly #checked: CheckedIommuOps
  /** Where an access goes that is not translated. Its offset is the untranslated address (RULES D3). */
  readonly #fault: Section = Section.unassigned(0, Number.POSITIVE_INFINITY, { big: false, directAccess: 'by-mapping' })
  /** Its handlers are running. */
  #asked = false

  constructor(checked: CheckedIommuOps) {
    this.maxSize = 8
    this.unaligned = true
    this.endianness = 'native'
    this.bus = (checked.ops as { [BUS]?: BusBase })[BUS]
    this.#checked = checked
  }

  get requests(): undefined {
    return undefined
  }

  get note(): undefined {
    return undefined
  }

  /** What carries out accesses to the region that are made by a space of these settings. */
  in(settings: SpaceSettings): IommuCompleter {
    return (this.bus?.at(this, 0, settings) ?? this) as IommuCompleter
  }

  translate(offset: number, write: boolean, attrs: MemTxAttrs): Section {
    let from: IommuCompleter = this
    let iova = offset
    let length = Number.POSITIVE_INFINITY
    for (let depth = 0; depth < MAX_DEPTH; depth++) {
      const target = from.#step(iova, write, attrs)
      if (target === undefined) break
      const { address, left } = stepped
      length = Math.min(length, left)
      const { sections } = target
      const section = (attrs.debug ? sections.plain : sections).select(address)
      const at = address - section.start
      if (!(section.translator instanceof IommuCompleter)) {
        resolved.at = at
        resolved.length = length
        return section
      }
      from = section.translator
      iova = section.offset + at
    }
    resolved.at = iova
    resolved.length = length
    return this.#fault
  }

  lookUp(offset: number, left: number, write: boolean, attrs: MemTxAttrs): Place {
    let from: IommuCompleter = this
    let iova = offset
    let alike = left
    let length = Number.POSITIVE_INFINITY
    for (let depth = 0; depth < MAX_DEPTH; depth++) {
      const target = from.#step(iova, write, attrs)
      if (target === undefined) break
      length = Math.min(length, stepped.left)
      const { sections } = target
      const place = placeIn(sections.view, sections.directAccess, stepped.address, length, alike)
      const access = place.range?.region.access
      if (!(access instanceof IommuCompleter)) return place
      from = access.in(sections)
      iova = place.offset
      alike = place.alike
    }
    return nowhere(iova, length)
  }

  /**
   * One translation (RULES K2): the space that an access to `iova` goes to. The address there, and the bytes to the end
   * of the block, are left in `stepped`. Undefined where it is a fault.
   */
  #step(iova: number, write: boolean, attrs: MemTxAttrs): AddressSpace | undefined {
    if (this.#asked || asking >= MAX_DEPTH) return undefined
    const wanted = write ? IommuPermissions.WRITE : IommuPermissions.READ
    this.#asked = true
    asking++
    try {
      const entry = this.#checked.ops.translate(iova, wanted, this.#index(attrs))
      const target = readEntry(entry, wanted)
      // No 32-bit operator touches an address: it has up to 53 bits.
      const { translated, mask } = latestEntry
      const within = iova % (mask + 1)
      stepped.address = translated - (translated % (mask + 1)) + within
      stepped.left = mask + 1 - within
      return target
    } finally {
      // Nothing is called here: where the stack is used up, even a call could throw, and the IOMMU would stay shut.
      this.#asked = false
      asking--
    }
  }

  /** What the IOMMU says of an address to a replay, which wants all permissions (RULES K1, K5). Not read yet. */
  entryFor(iova: number, index: number): unknown {
    const asked = this.#asked
    this.#asked = true
    asking++
    try {
      return this.#checked.ops.translate(iova, IommuPermissions.NONE, index)
    } finally {
      this.#asked = asked
      asking--
    }
  }

  #index(attrs: MemTxAttrs): number {
    const { ops, has, indexes } = this.#checked
    if (!has.attrsToIndex) return 0
    return checkInteger(ops.attrsToIndex?.(attrs), 'what attrsToIndex returns', 0, indexes - 1)
  }

  accepts(offset: number, size: number, isWrite: boolean, attrs: MemTxAttrs): boolean {
    const section = this.translate(offset, isWrite, attrs)
    return (section.device(isWrite) as Completer).accepts(section.offset + resolved.at, size, isWrite, attrs)
  }

  // One access of the whole size (RULES I1): what is not wholly within an entry's block is none of memory's, and goes to a
  // device as it is.

  read(offset: number, size: number, attrs: MemTxAttrs, big: boolean): Value {
    const section = this.translate(offset, false, attrs)
    const { at, length } = resolved
    if (length >= size || !section.endsReads) return loadScalar(section, at, size, attrs, big)
    if (section.memory) return reject(section, false, at, size, attrs)
    if (attrs.memory) return reject(section, false, at, size, attrs, undefined, MemTxResult.ACCESS_ERROR)
    return loadDevice(section, at, size, attrs, big)
  }

  write(offset: number, value: Value, size: number, attrs: MemTxAttrs, big: boolean): void {
    const section = this.translate(offset, true, attrs)
    const { at, length } = resolved
    if (length >= size || !section.memory) storeScalar(section, at, value, size, attrs, big)
    else reject(section, true, at, size, attrs, value)
  }
}
