import { type AddressSpace, type MemoryListener, type MemoryRegionSection, registerMemoryListener } from 'guestmem'

/** A listener that knows of its space what it is told, and does something else in each of its callbacks. */
export class CallbackMirror implements MemoryListener {
  readonly space: AddressSpace
  /** How often it was called, flushes apart. */
  calls = 0
  readonly regionNop?: (section: MemoryRegionSection) => void
  readonly #sections = new Map<number, MemoryRegionSection>()
  readonly #masks = new Map<number, number>()
  readonly #called: (name: string) => void
  #unregister: (() => void) | undefined
  #begun = false
  /** Its registration is over: what it threw before then undid it, also where that was put off. */
  #complete = false
  #failed = false

  /** Registers itself; where that throws, it is not registered. */
  constructor(space: AddressSpace, nops: boolean, priority: number, called: (name: string) => void) {
    this.space = space
    this.#called = called
    if (nops) this.regionNop = () => this.#told('regionNop')
    this.#unregister = registerMemoryListener(space, this, { priority })
  }

  /** False once its space is destroyed, too. */
  get registered(): boolean {
    return this.#unregister !== undefined && this.#begun && !this.#failed && !this.space.destroyed
  }

  unregister(): void {
    const unregister = this.#unregister
    this.#unregister = undefined
    unregister?.()
  }

  /** What it knows, as `viewText` writes it. */
  text(): string {
    if (this.#failed) return ''
    return [...this.#sections.values()]
      .sort((a, b) => a.start - b.start)
      .map(({ start, end, region, offset, readonly, romd, nonvolatile }) =>
        [start, end, region.name, offset, readonly, region.readonly, romd, nonvolatile, this.#masks.get(start)].join(
          ' ',
        ),
      )
      .join(', ')
  }

  begin(): void {
    this.#begun = true
    this.#told('begin')
  }

  commit(): void {
    this.#told('commit')
    this.#complete = true
  }

  regionAdd(section: MemoryRegionSection): void {
    this.#sections.set(section.start, section)
    this.#masks.set(section.start, section.dirtyLogMask)
    this.#told('regionAdd')
  }

  regionDel(section: MemoryRegionSection): void {
    this.#sections.delete(section.start)
    this.#masks.delete(section.start)
    this.#told('regionDel')
  }

  logStart(section: MemoryRegionSection, _: number, mask: number): void {
    this.#masks.set(section.start, mask)
    this.#told('logStart')
  }

  logStop(section: MemoryRegionSection, _: number, mask: number): void {
    this.#masks.set(section.start, mask)
    this.#told('logStop')
  }

  logSync(): void {
    this.#told('logSync')
  }

  logClear(): void {
    this.#told('logClear')
  }

  logGlobalStart(): void {
    this.#told('logGlobalStart')
  }

  logGlobalStop(): void {
    this.#told('logGlobalStop')
  }

  logGlobalAfterSync(): void {
    this.#told('logGlobalAfterSync')
  }

  eventfdAdd(): void {
    this.#told('eventfdAdd')
  }

  eventfdDel(): void {
    this.#told('eventfdDel')
  }

  coalescedIoAdd(): void {
    this.#told('coalescedIoAdd')
  }

  coalescedIoDel(): void {
    this.#told('coalescedIoDel')
  }

  coalescedIoFlush(): void {
    this.#called('coalescedIoFlush')
  }

  #told(name: string): void {
    this.calls++
    try {
      this.#called(name)
    } catch (error) {
      if (!this.#complete) this.#failed = true
      throw error
    }
  }
}
