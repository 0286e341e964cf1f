import {
  AddressSpace,
  addCoalescing,
  addEventNotifier,
  DirtyClient,
  type DmaWindow,
  type GuestRam,
  IommuMemoryRegion,
  type IommuNotifier,
  IommuPermissions,
  MemoryRegion,
  MemoryRegionCache,
  type MemoryRegionOps,
  MemTxAttrs,
  type RamBlock,
  registerMemoryListener,
  resizableRam,
  ScatterGatherList,
  type SparseRam,
  snapshotAndClearDirty,
} from 'guestmem'
import { EVENTS, logger } from '../../listener/support/listener-log.ts'
import { fillRams, PAGE, rams } from './world-ram.ts'

export { PAGE }

/** Where things are in `space`. */
export const AT = {
  ram: 0,
  io: 0x10_0000,
  rom: 0x20_0000,
  flash: 0x30_0000,
  device: 0x40_0000,
  taken: 0x50_0000,
  alias: 0x60_0000,
  iommu: 0x70_0000,
  resizable: 0x80_0000,
  nested: 0x90_0000,
  coalesced: 0xa0_0000,
  other: 0xb0_0000,
} as const

/** A machine with one of everything, the same each time that it is made. */
export class World {
  readonly ram: GuestRam
  readonly other: GuestRam
  readonly spare: GuestRam
  readonly sparse: SparseRam
  readonly sparseBlock: RamBlock
  readonly block: RamBlock
  readonly otherBlock: RamBlock
  readonly freeBlock: RamBlock
  readonly attrs: MemTxAttrs = MemTxAttrs.of({ requesterId: 7, secure: true })
  /** What handlers, listeners and notifiers were called with. */
  readonly log: string[] = []
  readonly regions: Map<string, MemoryRegion> = new Map<string, MemoryRegion>()
  readonly spaces: AddressSpace[] = []
  readonly space: AddressSpace
  readonly bus: AddressSpace
  readonly gone: AddressSpace
  readonly system: MemoryRegion
  /** In no container. */
  readonly free: MemoryRegion
  readonly iommu: IommuMemoryRegion
  readonly notifier: IommuNotifier
  readonly otherNotifier: IommuNotifier
  readonly cache: MemoryRegionCache
  readonly list: ScatterGatherList
  readonly window: DmaWindow
  readonly bounce: DmaWindow
  readonly snapshot: ReturnType<typeof snapshotAndClearDirty>
  readonly notify: () => void
  readonly listener: ReturnType<typeof logger>
  readonly ops: MemoryRegionOps
  readonly #close: (() => void)[] = []

  constructor() {
    const { ram, other, spare, sparse, blocks, otherBlock, sparseBlocks } = rams()
    this.ram = ram
    this.other = other
    this.spare = spare
    this.sparse = sparse
    this.block = blocks.main
    this.otherBlock = otherBlock
    this.freeBlock = blocks.free
    this.sparseBlock = sparseBlocks[0] as RamBlock
    this.ops = {
      read: (offset, size) => {
        this.log.push(`read ${offset} ${size}`)
        return offset
      },
      write: (offset, value, size) => {
        this.log.push(`write ${offset} ${value} ${size}`)
      },
    }
    this.notify = () => void this.log.push('notified')

    const root = this.#add(MemoryRegion.container('system', 2 ** 40))
    this.system = root
    this.bus = this.open('bus', this.#add(MemoryRegion.container('bus root', 2 ** 40)))
    MemoryRegion.transaction(() => {
      this.#put(AT.ram, MemoryRegion.ram('ram', blocks.main))
      this.#put(AT.io, MemoryRegion.io('io', this.ops, PAGE))
      this.#put(AT.rom, MemoryRegion.rom('rom', blocks.rom))
      this.#put(AT.flash, MemoryRegion.romDevice('flash', this.ops, blocks.flash))
      this.#put(AT.device, MemoryRegion.ramDevice('device', blocks.device))
      this.#put(AT.taken, MemoryRegion.reservation('taken', PAGE))
      this.#put(AT.alias, MemoryRegion.alias('alias', this.region('ram'), PAGE, PAGE))
      this.#put(
        AT.resizable,
        resizableRam('resizable', blocks.resizable, PAGE, { resized: to => void this.log.push(`${to}`) }),
      )
      const nested = this.#put(AT.nested, MemoryRegion.container('nested', 4 * PAGE))
      nested.addSubregion(0, this.#add(MemoryRegion.io('low', this.ops, PAGE)))
      nested.addSubregion(16, this.#add(MemoryRegion.io('high', this.ops, PAGE)), 1)
      this.#put(AT.coalesced, MemoryRegion.io('coalesced', this.ops, PAGE))
      this.#put(AT.other, MemoryRegion.ram('other', otherBlock))
      this.bus.root.addSubregion(0, this.#add(MemoryRegion.alias('window', this.region('ram'), 0, 8 * PAGE)))
    })
    this.iommu = this.#put(
      AT.iommu,
      new IommuMemoryRegion(
        'iommu',
        {
          indexes: 2,
          translate: address => ({
            target: this.bus,
            translated: address - (address % PAGE),
            mask: PAGE - 1,
            permissions: IommuPermissions.BOTH,
          }),
        },
        4 * PAGE,
      ),
    )
    this.free = this.#add(MemoryRegion.io('free', this.ops, PAGE))
    this.space = this.open('space', root)
    this.gone = this.open('gone', this.#add(MemoryRegion.container('gone root', PAGE)))
    this.gone.destroy()

    fillRams()
    this.region('ram').setLog(DirtyClient.VGA, true)
    this.notifier = { flags: 3, start: 0, end: 2 * PAGE - 1, notify: ({ iova }) => void this.log.push(`iommu ${iova}`) }
    this.otherNotifier = { flags: 4, start: 0, end: PAGE - 1, notify: () => void this.log.push('other') }
    this.iommu.registerNotifier(this.notifier)
    addEventNotifier(this.region('io'), { offset: 8, size: 4, data: 1 }, this.notify)
    addCoalescing(this.region('coalesced'), 0, 16)
    // It may be asked to make what it buffered at any time, and has buffered nothing.
    this.listener = { ...logger(this.log, 'listener', EVENTS), coalescedIoFlush: () => {} }
    this.listen(this.space, this.listener)
    this.cache = new MemoryRegionCache(this.space, AT.ram + PAGE, 64, { write: true })
    this.list = new ScatterGatherList().add(this.space, AT.ram, 16).add(this.space, AT.alias, 32)
    const windows = [this.space.map(AT.ram, 32, { write: true }), this.space.map(AT.io, 32, { write: true })]
    this.window = windows[0] as DmaWindow
    this.bounce = windows[1] as DmaWindow
    this.space.write(AT.ram, Uint8Array.of(1, 2, 3))
    this.snapshot = snapshotAndClearDirty(this.region('ram'), 0, 8 * PAGE, DirtyClient.VGA)
    this.space.write(AT.ram + PAGE, Uint8Array.of(4, 5, 6))
  }

  region(name: string): MemoryRegion {
    const region = this.regions.get(name)
    if (region === undefined) throw new Error(`there is no region ${name}`)
    return region
  }

  open(name: string, root: MemoryRegion): AddressSpace {
    const space = new AddressSpace(name, root)
    this.spaces.push(space)
    this.later(() => space.destroy())
    return space
  }

  listen(space: AddressSpace, listener: object): void {
    this.later(registerMemoryListener(space, listener))
  }

  /** Called when nobody needs this world any more. */
  later(close: () => void): void {
    this.#close.push(close)
  }

  /** Keeps what a call made, so that it goes with this world. */
  keep<T>(made: T): T {
    if (made instanceof AddressSpace) this.later(() => made.destroy())
    return made
  }

  close(): void {
    for (const close of this.#close.reverse()) close()
    // The bits who logs this RAM are its own, and stay when a region is dropped.
    for (const region of this.regions.values())
      if (region.block !== undefined)
        for (const client of Object.values(DirtyClient)) if (region.dirtyLogMask & client) region.setLog(client, false)
  }

  #add<R extends MemoryRegion>(region: R): R {
    this.regions.set(region.name, region)
    return region
  }

  #put<R extends MemoryRegion>(address: number, region: R): R {
    this.system.addSubregion(address, this.#add(region))
    return region
  }
}
