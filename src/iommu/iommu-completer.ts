import { checkInteger } from '../check.ts'
import { resolved } from '../dispatch/resolve.ts'
import {
  loadDevice,
  loadDevice64,
  loadScalar,
  loadScalar64,
  refuse,
  reject,
  storeScalar,
  storeScalar64,
} from '../dispatch/scalar-access.ts'
import { type IommuTranslator, Section } from '../dispatch/section.ts'
import type { MemTxAttrs } from '../request/attrs.ts'
import { checkEntry, IommuPermissions, type IommuTlbEntry } from './iommu-entry.ts'
import type { IommuOps } from './iommu-ops.ts'

/**
 * How many IOMMUs may lie behind one another. A guest can have them lead in a circle, which would never end: what lies
 * deeper is a fault.
 */
const MAX_DEPTH = 16

/** Accesses to an IOMMU's region: each is translated, and goes on in the target (RULES K). */
export class IommuCompleter implements IommuTranslator {
  readonly maxSize = 8
  readonly unaligned = true
  readonly endianness = 'native'
  readonly #ops: IommuOps
  /** Where an access goes that is not translated. Its offset is the untranslated address (RULES D3). */
  readonly #fault: Section = Section.unassigned(0, Number.POSITIVE_INFINITY, { big: false, directAccess: 'by-mapping' })

  /** @param ops Checked. */
  constructor(ops: IommuOps) {
    this.#ops = ops
  }

  /** K2. No 32-bit operator touches an address: it has up to 53 bits. */
  translate(offset: number, write: boolean, attrs: MemTxAttrs): Section {
    const wanted = write ? IommuPermissions.WRITE : IommuPermissions.READ
    let from: IommuCompleter = this
    let iova = offset
    let length = Number.POSITIVE_INFINITY
    for (let depth = 0; depth < MAX_DEPTH; depth++) {
      const entry = from.lookup(iova, wanted, from.#index(attrs))
      if (entry === undefined) break
      const { target, translated, mask } = entry
      const block = mask + 1
      const within = iova % block
      const address = translated - (translated % block) + within
      length = Math.min(length, block - within)
      const section = target.sections.select(address)
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

  /** The entry for an address that gives `wanted`, or some permission where NONE is wanted. */
  lookup(iova: number, wanted: IommuPermissions, index: number): IommuTlbEntry | undefined {
    return checkEntry(this.#ops.translate(iova, wanted, index), wanted === 0 ? IommuPermissions.BOTH : wanted)
  }

  #index(attrs: MemTxAttrs): number {
    const { attrsToIndex, indexes = 1 } = this.#ops
    if (attrsToIndex === undefined) return 0
    return checkInteger(this.#ops.attrsToIndex?.(attrs), 'what attrsToIndex returns', 0, indexes - 1)
  }

  accepts(offset: number, size: number, isWrite: boolean, attrs: MemTxAttrs): boolean {
    const section = this.translate(offset, isWrite, attrs)
    return section.device(isWrite).accepts(section.offset + resolved.at, size, isWrite, attrs)
  }

  // One access of the whole size (RULES I1): what is not wholly within an entry's block is none of memory's, and goes to a
  // device as it is.

  read(offset: number, size: number, attrs: MemTxAttrs, big: boolean): number {
    const section = this.translate(offset, false, attrs)
    const { at, length } = resolved
    if (length >= size || !section.endsReads) return loadScalar(section, at, size, attrs, big)
    if (section.memory) return reject()
    if (attrs.memory) return refuse()
    return loadDevice(section, at, size, attrs, big)
  }

  write(offset: number, value: number, size: number, attrs: MemTxAttrs, big: boolean): void {
    const section = this.translate(offset, true, attrs)
    const { at, length } = resolved
    if (length >= size || !section.memory) storeScalar(section, at, value, size, attrs, big)
    else reject()
  }

  read64(offset: number, attrs: MemTxAttrs, big: boolean): bigint {
    const section = this.translate(offset, false, attrs)
    const { at, length } = resolved
    if (length >= 8 || !section.endsReads) return loadScalar64(section, at, attrs, big)
    if (section.memory) return BigInt(reject())
    if (attrs.memory) return BigInt(refuse())
    return loadDevice64(section, at, attrs, big)
  }

  write64(offset: number, value: bigint, attrs: MemTxAttrs, big: boolean): void {
    const section = this.translate(offset, true, attrs)
    const { at, length } = resolved
    if (length >= 8 || !section.memory) storeScalar64(section, at, value, attrs, big)
    else reject()
  }
}
