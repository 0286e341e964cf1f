import type { AddressSpace, FlatView, IoEventfd, MemoryListener, MemoryRegionSection } from 'guestmem'
import { expect } from 'vitest'
import { toBe } from '../../support/hold.ts'

/** A call, as it was made: of which listener, and what it was told of. */
export interface Told {
  readonly mirror: Mirror
  readonly event: string
  readonly section: MemoryRegionSection | undefined
}

/** A listener that knows of a space only what it is told, and complains of what can't be. */
export class Mirror implements MemoryListener {
  readonly space: AddressSpace
  readonly priority: number
  readonly ranges: Map<number, MemoryRegionSection> = new Map<number, MemoryRegionSection>()
  readonly masks: Map<number, number> = new Map<number, number>()
  readonly eventfds: IoEventfd[] = []
  /** Such as `16+4`: address and length. */
  readonly coalesced: string[] = []
  /** How often it was begun since it was last asked. */
  begun = 0
  unregister: () => void = () => {}
  readonly regionNop?: (section: MemoryRegionSection) => void
  readonly #log: Told[]
  #running = false
  #view: FlatView | undefined
  /** It is being registered or unregistered: masks begin and end at 0, and ranges go one by one. */
  replayed = false

  constructor(space: AddressSpace, priority: number, log: Told[], nops: boolean) {
    this.space = space
    this.priority = priority
    this.#log = log
    if (nops)
      this.regionNop = section => {
        this.#told('nop', section)
        this.#expectKnown(section)
      }
  }

  begin(): void {
    toBe(this.#running, false)
    this.#running = true
    this.#view = this.space.view
    this.begun++
    this.#told('begin')
  }

  commit(): void {
    toBe(this.#running, true)
    this.#running = false
    this.#told('commit')
  }

  regionAdd(section: MemoryRegionSection): void {
    this.#told('add', section)
    for (const { start, end } of this.ranges.values())
      if (end > section.start && start < section.end) expect.fail('what comes overlaps what is there')
    this.ranges.set(section.start, section)
    this.masks.set(section.start, section.dirtyLogMask)
  }

  regionDel(section: MemoryRegionSection): void {
    this.#told('del', section)
    this.#expectKnown(section)
    this.ranges.delete(section.start)
    this.masks.delete(section.start)
  }

  logStart(section: MemoryRegionSection, oldMask: number, newMask: number): void {
    this.#told('logStart', section)
    this.#changeMask(section, oldMask, newMask)
    toBe((newMask & ~oldMask) !== 0, true)
  }

  logStop(section: MemoryRegionSection, oldMask: number, newMask: number): void {
    this.#told('logStop', section)
    this.#changeMask(section, oldMask, newMask)
    toBe((oldMask & ~newMask) !== 0, true)
  }

  eventfdAdd(eventfd: IoEventfd): void {
    this.eventfds.push(eventfd)
  }

  eventfdDel(eventfd: IoEventfd): void {
    const at = this.eventfds.findIndex(each => nameOf(each) === nameOf(eventfd))
    toBe(at >= 0, true, 'what goes was there')
    this.eventfds.splice(at, 1)
  }

  coalescedIoAdd(section: MemoryRegionSection, address: number, length: number): void {
    toBe(this.ranges.get(section.start)?.region, section.region, 'after its range')
    toBe(address >= section.start && address + length <= section.end && length > 0, true, 'clipped')
    this.coalesced.push(`${address}+${length}`)
  }

  coalescedIoDel(section: MemoryRegionSection, address: number, length: number): void {
    toBe(this.ranges.get(section.start)?.region, section.region, 'before its range')
    const at = this.coalesced.indexOf(`${address}+${length}`)
    toBe(at >= 0, true, 'what goes was there')
    this.coalesced.splice(at, 1)
  }

  #told(event: string, section?: MemoryRegionSection): void {
    if (this.#running !== (event !== 'commit')) expect.fail(`${event} out of place`)
    if (section !== undefined && this.space.view !== this.#view) expect.fail('not the old view (C7)')
    this.#log.push({ mirror: this, event, section })
  }

  #changeMask(section: MemoryRegionSection, oldMask: number, newMask: number): void {
    this.#expectKnown(section)
    const known = this.masks.get(section.start)
    // Of a change with both, the second call has the same masks as the first.
    if (!this.replayed && known !== oldMask && known !== newMask) expect([oldMask, newMask]).toContain(known)
    this.masks.set(section.start, newMask)
  }

  /** All but the mask is as it was told. */
  #expectKnown({ start, end, region, offset, readonly, nonvolatile, romd }: MemoryRegionSection): void {
    const known = this.ranges.get(start)
    const same =
      known?.end === end &&
      known.region === region &&
      known.offset === offset &&
      known.readonly === readonly &&
      known.nonvolatile === nonvolatile &&
      known.romd === romd
    if (!same) expect.fail(`${start} is not what it was told`)
  }
}

/** Without its space. */
export function nameOf({ address, size, data, notify }: Omit<IoEventfd, 'space'>): string {
  return `${address}/${size}=${data}:${notify.name}`
}
