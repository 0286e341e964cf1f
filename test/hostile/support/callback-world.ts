import {
  AddressSpace,
  type DmaWindow,
  GuestRam,
  IommuMemoryRegion,
  IommuPermissions,
  MemoryRegion,
  type MemoryRegionOps,
  type RamBlock,
  resizableRam,
  stopGlobalDirtyLog,
} from 'guestmem'
import { act, type CallbackAct } from './callback-acts.ts'
import { CallbackMirror } from './callback-mirror.ts'
import { viewText } from './digest.ts'
import { ENGINES_OWN, nameOf } from './refusal.ts'

const PAGE = 4096
/** Of all that callbacks do in one case: what they do calls others. */
const MOST_ACTS = 120

/** What a callback throws: anything can be thrown, and each time it is another. */
export const THROWN: readonly (() => unknown)[] = [
  () => new Error('thrown by a callback'),
  () => ({ thrown: true }),
  () => undefined,
  () => null,
  () => 'a text',
  () => new RangeError('thrown by a callback'),
]

let memory: { readonly ram: GuestRam; readonly blocks: readonly RamBlock[] } | undefined

function blocks(): readonly RamBlock[] {
  if (memory === undefined) {
    const ram = GuestRam.allocate(32 * PAGE)
    memory = { ram, blocks: Array.from({ length: 6 }, (_, i) => ram.block(`${i}`, 4 * PAGE)) }
  }
  return memory.blocks
}

/** A machine all of whose callbacks do what a tape says: change the map, make accesses, throw, come and go. */
export class CallbackWorld {
  readonly regions: MemoryRegion[] = []
  readonly devices: MemoryRegion[] = []
  readonly iommu: IommuMemoryRegion
  readonly resizable: MemoryRegion
  readonly spaces: AddressSpace[] = []
  readonly mirrors: CallbackMirror[] = []
  readonly windows: DmaWindow[] = []
  /** A buffer of the host's that is under way, and may be resized or detached. */
  bytes: Uint8Array = new Uint8Array(0)
  readonly faults: string[] = []
  readonly #tape: readonly CallbackAct[]
  #next = 0
  #quiet = false
  /** What left a callback since the latest operation began. */
  #escaped: unknown[] = []

  constructor(tape: readonly CallbackAct[]) {
    this.#tape = tape
    const [ram, rom, flash, resizable, other] = blocks() as [RamBlock, RamBlock, RamBlock, RamBlock, RamBlock]
    const root = this.#add(MemoryRegion.container('root', 2 ** 32))
    const bus = this.#add(MemoryRegion.container('bus', 2 ** 32))
    const inner = this.#add(MemoryRegion.container('inner', 8 * PAGE))
    this.resizable = this.#add(resizableRam('resizable', resizable, PAGE, { resized: () => this.called('resized') }))
    this.iommu = this.#add(
      new IommuMemoryRegion(
        'iommu',
        {
          translate: address => {
            this.called('translate')
            const page = Math.floor(address / PAGE)
            return {
              target: this.spaces[page % 2] as AddressSpace,
              translated: page * PAGE,
              mask: PAGE - 1,
              permissions: IommuPermissions.BOTH,
            }
          },
          notifyFlagChanged: () => this.called('notifyFlagChanged'),
        },
        4 * PAGE,
      ),
    )
    for (const name of ['a', 'b']) this.devices.push(this.#add(MemoryRegion.io(name, this.#ops(), PAGE)))
    this.devices.push(this.#add(MemoryRegion.romDevice('flash', this.#ops(), flash)))
    const [a, b, rest] = this.devices as [MemoryRegion, MemoryRegion, MemoryRegion]
    root.addSubregion(0, this.#add(MemoryRegion.ram('ram', ram)))
    root.addSubregion(2 * PAGE, a, 1)
    root.addSubregion(6 * PAGE, this.resizable)
    root.addSubregion(8 * PAGE, inner)
    root.addSubregion(16 * PAGE, this.iommu)
    root.addSubregion(24 * PAGE, rest)
    inner.addSubregion(0, b)
    inner.addSubregion(PAGE, this.#add(MemoryRegion.rom('rom', rom)))
    bus.addSubregion(0, this.#add(MemoryRegion.alias('alias', inner, 0, 4 * PAGE)))
    bus.addSubregion(4 * PAGE, this.#add(MemoryRegion.alias('another', root, 0, 4 * PAGE)))
    this.#add(MemoryRegion.ram('free', other))
    this.open(root)
    this.open(bus)
  }

  open(root: MemoryRegion): void {
    if (this.spaces.length < 5)
      this.spaces.push(new AddressSpace(`space ${this.spaces.length}`, root, { bounceBytes: 256 }))
  }

  listen(space: AddressSpace, nops: boolean, priority: number): void {
    if (this.mirrors.length < 6) this.mirrors.push(new CallbackMirror(space, nops, priority, name => this.called(name)))
  }

  /** A callback runs: does what the tape says next. */
  called(name: string): void {
    if (this.#quiet || this.#next >= Math.min(this.#tape.length, MOST_ACTS)) return
    const next = this.#tape[this.#next++] as CallbackAct
    const before = [...this.#escaped]
    try {
      act(this, next)
    } catch (error) {
      // Of those within it, it may; others are told of after it, where they belong.
      if (typeof error === 'object' && error !== null && before.includes(error))
        this.faults.push(`in ${name}, by ${next.act}: what another callback threw leaks into it`)
      this.#escaped.push(error)
      if (ENGINES_OWN.test(nameOf(error))) this.faults.push(`in ${name}: ${nameOf(error)}`)
      throw error
    }
  }

  /** One operation of the program, outside of any callback; and whether all is in order after it. */
  operate(operation: CallbackAct): void {
    this.#escaped = []
    let thrown: { readonly error: unknown } | undefined
    let own: { readonly error: unknown } | undefined
    try {
      try {
        act(this, operation)
      } catch (error) {
        own = { error }
        throw error
      }
    } catch (error) {
      thrown = { error }
    }
    const what = `${operation.act} ${operation.a} ${operation.b}`
    if (thrown === undefined && this.#escaped.length > 0)
      this.faults.push(`${what}: what a callback threw is lost: ${nameOf(this.#escaped[0])}`)
    if (thrown !== undefined && own !== undefined && !this.#escaped.includes(thrown.error)) {
      const told = nameOf(thrown.error)
      if (ENGINES_OWN.test(told)) this.faults.push(`${what}: ${told}`)
    }
    this.#quiet = true
    try {
      this.#check(what)
    } finally {
      this.#quiet = false
    }
  }

  /** Takes all of it back. Nothing of what callbacks threw is left by now, to be thrown at who comes next. */
  close(): void {
    this.#quiet = true
    try {
      this.#takeBack()
    } catch (error) {
      this.faults.push(`at the end: ${nameOf(error)}`)
      this.#takeBack()
    }
  }

  #takeBack(): void {
    for (const mirror of this.mirrors.splice(0)) mirror.unregister()
    stopGlobalDirtyLog()
    for (const space of this.spaces) space.destroy()
    for (const region of this.regions)
      if (region.block !== undefined) for (const client of [1, 2, 4] as const) region.setLog(client, false)
  }

  /** All that must be so between operations, whatever callbacks did. */
  #check(what: string): void {
    for (const space of this.spaces) {
      if (space.destroyed) {
        if (space.view.ranges.length > 0)
          this.faults.push(`${what}: ${space.name} was destroyed, and shows ${viewText(space)}`)
        continue
      }
      const fresh = new AddressSpace('fresh', space.root)
      if (viewText(fresh) !== viewText(space))
        this.faults.push(`${what}: ${space.name} shows ${viewText(space)}, and not ${viewText(fresh)}`)
      fresh.destroy()
    }
    for (const mirror of this.mirrors) {
      const told = mirror.text()
      const seen = mirror.registered ? viewText(mirror.space) : ''
      if (told !== seen)
        this.faults.push(`${what}: a listener of ${mirror.space.name} was told ${told}, and it shows ${seen}`)
    }
    this.#checkNothingWaits(what)
    for (const window of this.windows.splice(0)) if (window.mapped) window.unmap()
    for (const space of this.spaces) {
      if (space.bounceBytesLeft !== space.bounceBytes) this.faults.push(`${what}: ${space.name} keeps bounce bytes`)
    }
    for (const device of this.devices) {
      const space = new AddressSpace('again', device)
      space.store8(8, 0)
      if (!device.enabled || device.kind === 'romDevice') space.load8(0)
      if ((space.result & 4) !== 0) this.faults.push(`${what}: ${device.name} stays shut`)
      space.destroy()
    }
  }

  /** No transaction is open, and nothing that was put off is left. */
  #checkNothingWaits(what: string): void {
    const before = this.mirrors.reduce((sum, { calls }) => sum + calls, 0)
    const probe = MemoryRegion.container('probe', PAGE)
    const inside = MemoryRegion.reservation('inside', PAGE)
    const space = new AddressSpace('probe', probe)
    MemoryRegion.transaction(() => undefined)
    const after = this.mirrors.reduce((sum, { calls }) => sum + calls, 0)
    if (after !== before)
      this.faults.push(`${what}: a transaction of nothing tells listeners of ${after - before} calls`)
    probe.addSubregion(0, inside)
    if (space.view.ranges.length !== 1) this.faults.push(`${what}: a transaction is still open`)
    space.destroy()
  }

  #ops(): MemoryRegionOps {
    return {
      read: () => {
        this.called('read')
        return 0x5a
      },
      write: () => this.called('write'),
      accepts: () => {
        this.called('accepts')
        return true
      },
    }
  }

  #add<R extends MemoryRegion>(region: R): R {
    this.regions.push(region)
    return region
  }
}
