import { accessOrder } from '../ram/access/access-order.ts'
import type { Cells } from '../ram/access/cells.ts'
import { NO_VIEWS, type SectionViews } from '../ram/access/section-views.ts'
import type { Lane } from '../ram/copy/lane.ts'
import { markStored } from '../ram/dirty/dirty-marks.ts'
import type { RamBlock } from '../ram/ram-block.ts'
import { backingAt } from '../region/backing.ts'
import type { Completer } from '../region/device/completer.ts'
import { RegisterCompleter } from '../region/device/register-completer.ts'
import { REJECTING } from '../region/device/rejecting-completer.ts'
import type { MemoryRegion } from '../region/memory-region.ts'
import type { MemTxAttrs } from '../request/attrs.ts'
import type { Route } from '../request/route.ts'
import type { SpaceSettings } from '../request/space-settings.ts'
import type { FlatRange } from '../view/flat-view.ts'
import { type Place, rangeRoute } from './place.ts'

/** What an IOMMU region has for an access: it leads to another section (RULES K2). */
export interface IommuTranslator extends Completer {
  /**
   * The section that an access at `offset` of the region goes to; where in it, and how many bytes of the request, are
   * left in `resolved`.
   */
  translate(offset: number, write: boolean, attrs: MemTxAttrs): Section
  /** What carries out accesses by a space of these settings. */
  in(settings: SpaceSettings): IommuTranslator
  /** The same where nothing is accessed. @param left Bytes to the end of the region's range. */
  lookUp(offset: number, left: number, write: boolean, attrs: MemTxAttrs): Place
}

/** So that offsets and reaches are small integers. */
const MAX_REACH = 2 ** 30
export const NO_LOGS: Int32Array = /* @__PURE__ */ new Int32Array(3)

/**
 * A flat range, or what one RAM block has of it, as one address space uses it: where its bytes are, and the way of each
 * kind of request, asked of `route` once (QEMU's MemoryRegionSection). All have the same shape, so that what reads them
 * stays monomorphic.
 */
export class Section {
  // First the fields that an access needs which finds the section by the low 32 bits of an address: together they are two
  // cache lines, and a guest's accesses may go to very many sections.
  /** The low 32 bits of `start`. This and `reach32` are small integers, which the JIT keeps unboxed. */
  readonly start32: number
  /**
   * How many bytes from `start` on are found by 32 bits of their address, by who knows that the section holds a byte of the
   * same page. 0 where so many bits can't tell: of sections over 2 GiB.
   */
  readonly reach32: number
  /** A device whose handlers may be called at once: no IOMMU, and no memory that is read directly. */
  readonly callable: boolean
  /** The offset in the region of `start`; where nothing is mapped, the address itself (RULES D3). */
  readonly offset: number
  /** The device's byte order. */
  readonly completerBig: boolean
  /** What answers where the route is `ops`. */
  readonly readCompleter: Completer
  readonly writeCompleter: Completer
  readonly cells: Cells | undefined
  /** The byte address in guest RAM of `start`. */
  readonly base: number
  readonly start: number
  /** The address behind the last. */
  readonly end: number
  /** Bytes. */
  readonly length: number
  /** As far as one access reaches that begins here, bytes: `length`, or more where a tap ends the section before its memory. */
  readonly room: number
  /** Its place in its SectionMap's list. */
  readonly number: number
  readonly region: MemoryRegion | undefined
  /** Of memory. */
  readonly block: RamBlock | undefined
  /** It is a RAM block's, and no ROM device's: an access ends within it (RULES D4). */
  readonly memory: boolean
  /** A read ends within it: of memory, and of a ROM device that is read directly (RULES E10, where QEMU reads on). */
  readonly endsReads: boolean
  /** Words of its guest RAM that say whether anybody logs it (BlockMemory): where element 0 is not 0, stores are marked. */
  readonly logs: Int32Array
  /** Cells may load from it, and store to it; else only ops answer. */
  readonly readable: boolean
  readonly writable: boolean
  /**
   * The fast path to RAM: the section's bytes below 2^32 as elements, to load from, and where it is writable, to store to.
   * Empty where an access must be atomic to be ordered, where the section's first byte is no element's, and where only ops
   * answer.
   */
  readonly views: SectionViews
  /** Undefined also of memory that was not allocated when the section was made: then only ops access it. */
  readonly lane: Lane | undefined
  /** Carries out a strict request that lies within the section. Undefined where that is not `ordered`. */
  readonly reads: Lane | undefined
  readonly writes: Lane | undefined
  /** Of a relaxed and of a strict read, then of such writes. */
  readonly routes: readonly Route[]
  /** Of an IOMMU. */
  readonly translator: IommuTranslator | undefined

  /** @param blockStart Of a range's memory: the offset in the region at which `block` begins. */
  private constructor(
    start: number,
    end: number,
    range: FlatRange | undefined,
    settings: SpaceSettings,
    number: number,
    block?: RamBlock,
    blockStart = 0,
  ) {
    const region = range?.region
    const ram = block?.ram
    const cacheMode = region?.cacheMode
    this.routes = [0, 1, 2, 3].map(way => rangeRoute(range, ram, settings.directAccess, way > 1, (way & 1) !== 0))
    const strictRead = this.route(false, true)
    const strictWrite = this.route(true, true)
    const readable = strictRead !== 'ops'
    const offset = range === undefined ? start : range.offset + (start - range.start)
    const base = block === undefined ? 0 : block.offset + (offset - blockStart)
    /** Bytes of it that lie below 2^32. */
    const below = Math.min(end, 2 ** 32) - start
    // To make a section of RAM that is not allocated yet does not allocate it: register accessors do, when they are called.
    // Of a ROM device it does, as they would not stand beside the device's handlers.
    const made = ram?.allocated || region?.kind === 'romDevice' ? ram : undefined
    // An atomic store may load, too (XCHG), which on any other mapping may have effects.
    const ordering = cacheMode === 'normal' ? settings.ordering : undefined
    const isAtomic = made !== undefined && accessOrder(made, ordering) > 0
    const views = readable && made && !isAtomic && below > 0 ? made.section(base, below) : NO_VIEWS
    const cells = cacheMode === undefined ? undefined : made?.cells(cacheMode, isAtomic)
    const registers = region && ram && new RegisterCompleter(block.offset - blockStart, region, ram)
    // A region that is readonly itself has no re-entrancy guard (RULES G7).
    const device = (range?.rom ? region?.access?.unguarded : undefined) ?? region?.access
    const access = device?.bus?.at(device, start - offset, settings) ?? device
    const translator = region?.kind === 'iommu' ? (access as IommuTranslator) : undefined
    // In the order of their declaration, as the engine lays fields out in the order of their first assignment.
    this.start32 = start | 0
    this.callable = access !== undefined && !translator && !readable && offset < MAX_REACH
    this.reach32 = end - start > 2 * MAX_REACH ? 0 : Math.min(end - start, MAX_REACH)
    this.offset = offset
    this.readCompleter = access ?? registers ?? REJECTING
    this.writeCompleter = access ?? (range?.rom ? REJECTING : (registers ?? REJECTING))
    const { endianness } = this.readCompleter
    this.completerBig = endianness === 'native' ? settings.big : endianness === 'big'
    this.cells = cells
    // It is below 2^32 as it is. Said to be unsigned, it makes additions to it quicker.
    this.base = base >>> 0
    this.start = start
    this.end = end
    this.length = end - start
    this.room = end - start
    this.number = number
    this.region = region
    this.block = block
    this.memory = block !== undefined && region?.kind !== 'romDevice'
    this.endsReads = this.memory || readable
    this.logs = ram?.logs ?? NO_LOGS
    this.readable = readable
    this.writable = strictWrite !== 'ops'
    this.views = views
    this.lane = made?.lane
    this.reads = strictRead === 'ordered' ? made?.lane : undefined
    this.writes = strictWrite === 'ordered' ? made?.lane : undefined
    this.translator = translator
  }

  /** The way of a request. */
  route(write: boolean, strict: boolean): Route {
    return this.routes[(write ? 2 : 0) + (strict ? 1 : 0)] as Route
  }

  /** A request ends within it; else it may reach over its end (RULES D4). */
  ends(write: boolean): boolean {
    return write ? this.memory : this.endsReads
  }

  /**
   * Marks bytes that were just stored, for who logs the region by now (RULES F2).
   *
   * @param ram Their byte address in guest RAM.
   */
  mark(ram: number, length: number): void {
    const { region, block } = this
    if (region && block) markStored(block.ram.dirty, ram, length, region.dirtyLogMask)
  }

  /** It is memory that is not allocated yet, and so reads as zero. */
  get isUnallocated(): boolean {
    return this.lane === undefined && this.block?.ram.allocated === false
  }

  /** What answers requests where the route is `ops`. Undefined where it can't answer a debugger's. */
  device(write: boolean, debug = false): Completer | undefined {
    const device = write ? this.writeCompleter : this.readCompleter
    return debug ? device.debug : (device.requests ?? device)
  }

  /** What holds `address`, which is one of the range's. */
  static ofRange(range: FlatRange, address: number, settings: SpaceSettings, number = 0): Section {
    const { start, end, offset, region } = range
    if (region.block === undefined) return new Section(start, end, range, settings, number)
    const { block, start: first } = backingAt(region.backing, offset + (address - start))
    const from = Math.max(start, start + (first - offset))
    const to = Math.min(end, start + (first + block.size - offset))
    return new Section(from, to, range, settings, number, block, first)
  }

  /** Addresses where nothing is mapped. */
  static unassigned(start: number, end: number, settings: SpaceSettings, number = 0): Section {
    return new Section(start, end, undefined, settings, number)
  }
}
