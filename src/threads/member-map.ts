import { DirtyClient, MemoryRegion } from 'guestmem'
import type { AttachedRams } from './attached-rams.ts'
import { forwardingOps, type IsPosted, type Requester } from './forwarder.ts'
import { isSameRow, type MapRow, NONVOLATILE, NOTIFIER, POSTED, READONLY, ROM, ROMD } from './map-row.ts'
import { NotifierMatch } from './notifier-match.ts'

const CLIENTS = [DirtyClient.VGA, DirtyClient.CODE, DirtyClient.MIGRATION]

/** A row as the member's tree shows it. */
interface Slot {
  readonly row: MapRow
  readonly region: MemoryRegion
  /** The region of the memory that `region` shows a part of. */
  readonly memory: MemoryRegion | undefined
}

/** A member's region tree: what it touches itself, over a region that forwards all else to the owner. */
export class MemberMap {
  /** Who adds regions of the member's own (a local interrupt controller) adds them here, with a priority of 1 or more. */
  readonly root: MemoryRegion
  notifiers: NotifierMatch
  readonly #requester: Requester
  readonly #rams: AttachedRams
  #slots = new Map<number, Slot>()

  constructor(requester: Requester, rams: AttachedRams) {
    this.root = MemoryRegion.container('board', 2 ** 64)
    this.notifiers = new NotifierMatch([])
    this.#requester = requester
    this.#rams = rams
    this.root.addSubregion(0, this.#forwarding('elsewhere', 0, 2 ** 64, never), -1)
  }

  /** In one transaction. A row that stays keeps its region, and with it what a JIT may know of it. */
  apply(rows: readonly MapRow[]): void {
    const before = this.#slots
    const after = new Map<number, Slot>()
    const added: MapRow[] = []
    for (const row of rows) {
      const same = before.get(row[0])
      if (row[2] === NOTIFIER || (row[2] !== POSTED && row[4] >= this.#rams.count)) continue
      if (same === undefined || !isSameRow(same.row, row)) added.push(row)
      else {
        after.set(row[0], same)
        before.delete(row[0])
      }
    }
    const change = (): void => {
      for (const { region, memory } of before.values()) {
        this.root.removeSubregion(region)
        for (const client of CLIENTS) if ((memory?.dirtyLogMask ?? 0) & client) memory?.setLog(client, false)
      }
      for (const row of added) {
        const slot = this.#slotOf(row)
        this.root.addSubregion(row[0], slot.region)
        after.set(row[0], slot)
      }
    }
    try {
      MemoryRegion.transaction(change)
    } finally {
      // A listener of the member's may have thrown: the tree has changed all the same.
      this.#slots = after
      this.#rams.keepOnly(new Set(Array.from(after.values()).flatMap(({ memory }) => memory?.block ?? [])))
      this.notifiers = new NotifierMatch(rows.filter(row => row[2] === NOTIFIER))
    }
  }

  #slotOf(row: MapRow): Slot {
    const [start, end, kind, bits, ram, offset, last, from] = row
    if (kind === POSTED)
      return { row, region: this.#forwarding('posted', start, end - start, postedBy(row)), memory: undefined }
    const block = this.#rams.block(ram, offset, last + 1)
    const memory =
      kind === ROMD
        ? MemoryRegion.romDevice('memory', forwardingOps(this.#requester, start - from, never), block)
        : (kind === ROM ? MemoryRegion.rom : MemoryRegion.ram)('memory', block)
    if (bits & NONVOLATILE) memory.setNonvolatile(true)
    for (const client of CLIENTS) if ((bits >>> 8) & client) memory.setLog(client, true)
    const region = MemoryRegion.alias('memory', memory, from, end - start)
    if (bits & READONLY) region.setReadonly(true)
    return { row, region, memory }
  }

  #forwarding(name: string, base: number, size: number, isPosted: IsPosted): MemoryRegion {
    // The owner's devices have their own guards; a member that waits runs no other handler.
    return MemoryRegion.io(name, forwardingOps(this.#requester, base, isPosted), size, { reentrancyGuard: false })
  }
}

const never: IsPosted = () => false

/** Stores that the device accepts for certain: the others end with a result, which is waited for. */
export function postedBy([, , , sizes, unaligned, skew]: MapRow): IsPosted {
  // By bits: the remainder of a number that has more than 32 of them is a call of 20 ns.
  return (address, size) => (sizes & size) !== 0 && (unaligned !== 0 || (((address & 7) + skew) & (size - 1)) === 0)
}
