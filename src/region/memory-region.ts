import { checkAddress, checkBoolean, checkFunction, checkOneOf, checkOptions, show } from '../check.ts'
import { type CacheMode, checkCacheMode } from '../host/cache-mode.ts'
import { forgetFastPaths } from '../ram/dirty/fast-paths.ts'
import { globalDirtyLog } from '../ram/dirty/global-dirty-log.ts'
import { checkBlock, type RamBlock } from '../ram/ram-block.ts'
import type { RegionKind } from '../request/route.ts'
import { type Backing, backingOf, backingSize } from './backing.ts'
import type { Completer } from './device/completer.ts'
import { checkOps, type MemoryRegionOps } from './device/ops.ts'
import { OpsCompleter } from './device/ops-completer.ts'
import { guardOf } from './device/reentrancy-guard.ts'
import { REJECTING } from './device/rejecting-completer.ts'
import { DirtyClient } from './dirty-client.ts'
import { NONVOLATILE, READONLY } from './tree/marks.ts'
import { checkRegion, checkSize, RegionTree } from './tree/region-tree.ts'
import { inTransaction, transaction } from './tree/transaction.ts'
import { renderStaleViewers } from './tree/viewers.ts'

/** What the makers of regions of RAM may be told. */
export interface RamRegionOptions {
  /** How the host maps it (S1); unless said `normal`, of a ramDevice `noncached`. Set here, never changed (S1.2). */
  readonly cacheMode?: CacheMode | undefined
}

/** What `MemoryRegion.romDevice` may be told. */
export interface RomDeviceOptions extends IoRegionOptions {
  /** How the host maps what is read directly (S1); `normal` unless said. */
  readonly cacheMode?: CacheMode | undefined
}

/** What `MemoryRegion.io` may be told. */
export interface IoRegionOptions {
  /** The device: regions of one owner share one re-entrancy guard (RULES G7). The ops object unless said. */
  readonly owner?: object | undefined
  /**
   * False lets handlers of this region be re-entered. True unless said. A ROM device has no guard. Nor has a region
   * whose own `readonly` is set, as long as it is.
   */
  readonly reentrancyGuard?: boolean | undefined
}

/** Of kinds that take no options; `cacheMode` in particular means nothing on them, and is refused (S1.1). */
export interface NoOptions {
  readonly cacheMode?: undefined
}

/** A flag beside `READONLY` and `NONVOLATILE`, which is not handed on. */
const ROMD_MODE = 4
const NO_BACKING: readonly Backing[] = /* @__PURE__ */ Object.freeze([])

/**
 * A range of addresses with one meaning (QEMU's MemoryRegion): RAM, a device's registers, a container of other
 * regions, or an alias that shows a part of another. Regions form a tree; address spaces show a tree's root.
 *
 * A tree belongs to one thread. Every change outside a transaction is rendered at once.
 */
export class MemoryRegion extends RegionTree<MemoryRegion> {
  /** The bytes behind ram, rom, romDevice and ramDevice regions: the first block, and all of them. */
  readonly block: RamBlock | undefined
  readonly backing: readonly Backing[]
  /** The region that an alias shows; undefined of other kinds. */
  readonly target: MemoryRegion | undefined
  /** What carries out accesses to an io region, a ROM device, an IOMMU or a reservation. @internal */
  readonly access: Completer | undefined
  readonly #cacheMode: CacheMode | undefined
  /** A set of `READONLY`, `NONVOLATILE` and `ROMD_MODE`. */
  #flags: number
  #logged = 0
  #targetOffset: number

  /** Made by the static methods. @internal */
  protected constructor(
    kind: RegionKind,
    name: string,
    size: number,
    access?: Completer,
    target?: MemoryRegion,
    targetOffset = 0,
    backing: readonly Backing[] = NO_BACKING,
    cacheMode?: CacheMode,
  ) {
    super(kind, name, size)
    this.backing = backing
    this.block = backing[0]?.block
    this.#cacheMode = cacheMode
    this.target = target
    this.#targetOffset = targetOffset
    this.access = access
    this.#flags = kind === 'rom' ? ROMD_MODE | READONLY : ROMD_MODE
    this.links.checkTarget()
  }

  /** A region that only holds others. @param size Bytes, 1 to 2^64. */
  static container(name: string, size: number, options?: NoOptions): MemoryRegion {
    checkNoOptions(options)
    return new MemoryRegion('container', name, checkSize(size))
  }

  /**
   * Guest RAM: reads and writes go to the block.
   *
   * @param block More than 4 GiB are several, laid end to end. A load or store that straddles two of them is rejected,
   *   as one over the end of a region is.
   */
  static ram(name: string, block: RamBlock | readonly RamBlock[], options?: RamRegionOptions): MemoryRegion {
    return MemoryRegion.#memory('ram', name, block, ramOptions(options))
  }

  /** Read only for the guest; a write is rejected (RULES E5). Its contents are the block's. */
  static rom(name: string, block: RamBlock | readonly RamBlock[], options?: RamRegionOptions): MemoryRegion {
    return MemoryRegion.#memory('rom', name, block, ramOptions(options))
  }

  /**
   * Memory that is a device's, such as a BAR of a passed-through one: its cacheMode and the space's direct-access
   * policy say which accesses may be made (S1.3). Where nobody says how the host maps it, that is `noncached` (S3).
   */
  static ramDevice(name: string, block: RamBlock | readonly RamBlock[], options?: RamRegionOptions): MemoryRegion {
    return MemoryRegion.#memory('ramDevice', name, block, ramOptions(options, 'noncached'))
  }

  /**
   * Flash memory and its like: writes go to the device's handlers; reads come from the block in romd mode, which it is
   * in at first, and else from the handlers too (RULES A3).
   */
  static romDevice(
    name: string,
    ops: MemoryRegionOps,
    block: RamBlock | readonly RamBlock[],
    options?: RomDeviceOptions,
  ): MemoryRegion {
    const checked = deviceOptions(options, 'cacheMode')
    const access = opsCompleter(name, ops, checked)
    return MemoryRegion.#memory('romDevice', name, block, checked.cacheMode, access.unguarded)
  }

  /** A device's registers. @param size Bytes, 1 to 2^64. */
  static io(name: string, ops: MemoryRegionOps, size: number, options?: IoRegionOptions): MemoryRegion {
    const checked = deviceOptions(options)
    const access = opsCompleter(name, ops, checked)
    return new MemoryRegion('io', name, checkSize(size), access)
  }

  /** Addresses that are taken, and reject every access. */
  static reservation(name: string, size: number, options?: NoOptions): MemoryRegion {
    checkNoOptions(options)
    return new MemoryRegion('reservation', name, checkSize(size), REJECTING)
  }

  /**
   * A window on `size` bytes of `target`, from `offset` on. It may reach past the end of the target: nothing is there.
   *
   * @param offset Bytes, 0 to 2^53 - 1.
   */
  static alias(name: string, target: MemoryRegion, offset: number, size: number, options?: NoOptions): MemoryRegion {
    checkNoOptions(options)
    checkRegion(target, 'target')
    checkAddress(offset, 'offset')
    return new MemoryRegion('alias', name, checkSize(size), undefined, target, offset)
  }

  /**
   * Runs `body`. What it changes is rendered once, at the end of the outermost transaction; also where `body` throws.
   * Then listeners are told. What `body` has thrown is thrown on; if it has thrown nothing, the first error of a
   * listener is thrown, once all listeners have been told.
   *
   * @param body A function that is not async: the transaction ends when it returns, so that what it does after an
   *   `await` would be no part of it.
   * @throws TypeError where `body` is an async function, which is not run, and where it returns a promise: what it has
   *   changed by then is rendered first.
   */
  static transaction<T>(body: () => T): T {
    checkFunction(body, 'body')
    if (/^Async|^Gen/.test(body.constructor?.name)) throw notAsync(body.constructor.name)
    renderStaleViewers()
    const value = transaction(body)
    if (typeof (value as { then?: unknown } | undefined)?.then === 'function') throw notAsync('a promise of it')
    return value
  }

  /** How the host maps ram, rom, romDevice and ramDevice regions, for good (S1, S1.2); undefined on others. */
  get cacheMode(): CacheMode | undefined {
    return this.#cacheMode
  }

  /**
   * Passed on to all that is shown through it. A flat range shows it; a device's write to RAM ignores it (RULES E2).
   */
  get readonly(): boolean {
    return (this.#flags & READONLY) !== 0
  }

  /** Passed on to all that is shown through it, as `readonly` is. It survives a power cycle; accesses do not differ. */
  get nonvolatile(): boolean {
    return (this.#flags & NONVOLATILE) !== 0
  }

  /** A ROM device is read directly. True, and without a meaning, on other kinds (RULES A2). */
  get romdMode(): boolean {
    return (this.#flags & ROMD_MODE) !== 0
  }

  /** @internal */
  get marks(): number {
    return this.#flags & (READONLY | NONVOLATILE)
  }

  /**
   * Who wants to know of writes to this region: a set of DirtyClient bits (RULES F1); with `MIGRATION` while all memory
   * is logged.
   */
  get dirtyLogMask(): number {
    return globalDirtyLog.on && this.block !== undefined ? this.#logged | DirtyClient.MIGRATION : this.#logged
  }

  /** Where an alias begins in its target, bytes. */
  get targetOffset(): number {
    return this.#targetOffset
  }

  setReadonly(readonly: boolean): void {
    this.#setFlag(READONLY, readonly, 'readonly')
  }

  setNonvolatile(nonvolatile: boolean): void {
    this.#setFlag(NONVOLATILE, nonvolatile, 'nonvolatile')
  }

  /** Has a ROM device's reads come from its block, or from its handlers: flash does so to answer a command. */
  setRomdMode(on: boolean): void {
    this.#setFlag(ROMD_MODE, on, 'on')
  }

  #setFlag(flag: number, on: boolean, argument: string): void {
    checkBoolean(on, argument)
    if (flag === ROMD_MODE && this.kind !== 'romDevice') this.refuse('a ROM device has a romd mode')
    if (on === ((this.#flags & flag) !== 0)) return
    this.change(() => {
      this.#flags = on ? this.#flags | flag : this.#flags & ~flag
      return this.enabled
    })
  }

  /**
   * Begins to mark, page by page, what is stored to this memory for `client`, or ends it (RULES F2): what spaces of
   * this thread store through this region, and what any thread stores to its guest RAM without a region, by ramCopy and
   * its like. A thread that stores through regions of its own logs those. It counts for every store from now on, also
   * for what is left of a request that is under way; in a transaction, `dirtyLogMask` of flat ranges follows at its
   * end.
   *
   * @param client One DirtyClient.
   * @throws TypeError where the region has no RAM block.
   */
  setLog(client: DirtyClient, on: boolean): void {
    checkOneOf(client, Object.values(DirtyClient), 'client')
    checkBoolean(on, 'on')
    if (this.block === undefined) this.refuse('memory has a dirty log')
    if (on === ((this.#logged & client) !== 0)) return
    this.change(() => {
      // Asked again: a device that got a buffered write may have made the same change, which must not count twice.
      if (on === ((this.#logged & client) !== 0)) return false
      this.#logged ^= client
      for (const ram of new Set(this.backing.map(({ block }) => block.ram))) ram.dirty.log(client, on)
      // A change within a transaction is shown at its end, but stores are marked from now on.
      if (inTransaction()) forgetFastPaths()
      return this.enabled
    })
  }

  /** Shows another part of an alias' target. @param offset Bytes, 0 to 2^53 - 1. */
  setAliasOffset(offset: number): void {
    checkAddress(offset, 'offset')
    if (this.kind !== 'alias') this.refuse('an alias has an offset')
    if (offset === this.#targetOffset) return
    this.change(() => {
      const before = this.#targetOffset
      this.#targetOffset = offset
      this.checkOrUndo('offset', () => {
        this.#targetOffset = before
      })
      return true
    })
  }

  static #memory(
    kind: RegionKind,
    name: string,
    block: RamBlock | readonly RamBlock[],
    mode: CacheMode = 'normal',
    access?: Completer,
  ): MemoryRegion {
    const backing = Object.freeze(backingOf(block).map(each => Object.freeze(each)))
    const cacheMode = checkCacheMode(mode, 'options.cacheMode')
    return new MemoryRegion(kind, name, backingSize(backing), access, undefined, 0, backing, cacheMode)
  }

  /** It is mapped from here on: its blocks can't be freed. @throws TypeError where one was freed. @internal */
  use(): void {
    for (const { block } of this.backing) checkBlock(block, 'block of the region')
    for (const { block } of this.backing) block.use()
  }

  /** @internal */
  letGo(): void {
    for (const { block } of this.backing) block.letGo()
  }

  protected get maxSize(): number {
    return this.backing.length > 0 ? backingSize(this.backing) : Number.POSITIVE_INFINITY
  }
}

function notAsync(what: string): TypeError {
  return new TypeError(
    `body must be a function that is not async, got ${what}: await before the transaction, or after it`,
  )
}

function ramOptions(options: RamRegionOptions = {}, unlessSaid: CacheMode = 'normal'): CacheMode {
  const { cacheMode = unlessSaid } = checkOptions<RamRegionOptions>(options, ['cacheMode'])
  return cacheMode
}

/** The options of a device: `known`, and those of all devices. */
function deviceOptions(options: RomDeviceOptions = {}, ...known: 'cacheMode'[]): RomDeviceOptions {
  return checkOptions<RomDeviceOptions>(options, [...known, 'owner', 'reentrancyGuard'])
}

/** Makes what calls a device's handlers. */
function opsCompleter(name: string, ops: MemoryRegionOps, options: IoRegionOptions): OpsCompleter {
  const checked = checkOps(ops)
  const { owner = ops, reentrancyGuard = true } = options
  if ((typeof owner !== 'object' && typeof owner !== 'function') || owner === null)
    throw new TypeError(`options.owner must be an object, got ${show(owner)}`)
  const guarded = checkBoolean(reentrancyGuard, 'options.reentrancyGuard')
  return new OpsCompleter(name, checked, guarded ? guardOf(owner) : undefined)
}

/** Checks the options of a kind that takes none. @throws TypeError where there is one. */
export function checkNoOptions(options: NoOptions = {}): void {
  checkOptions(options, [])
}
