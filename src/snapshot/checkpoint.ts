import { AddressSpace, RamBlock } from 'guestmem'
import { show } from '../check.ts'
import { isAllLogged } from './all-logged.ts'
import { loadDevices, saveDevices, statesOf } from './devices.ts'
import { DirtyFollower } from './dirty-follower.ts'
import { checkMachineOptions, checkSpaces, type Machine, type MachineOptions, partsOf } from './machine.ts'
import { applyMapState, flushBuffered, mapStateOf, type RegionState } from './map-state.ts'
import { type Changes, PageHistory } from './page-history.ts'

/** What a checkpoint is of: spaces with all that they show, or memory alone. */
export type CheckpointOf = AddressSpace | RamBlock | readonly (AddressSpace | RamBlock)[]

/** The moments that are kept of one block, and who has an interest in them. */
interface Followed {
  readonly history: PageHistory
  readonly follower: DirtyFollower
  /** From the oldest on; the last is the latest moment, and has no changes of its own. */
  readonly moments: Moment[]
}

interface Moment {
  changes: Changes | undefined
}

const followed = /* @__PURE__ */ new WeakMap<RamBlock, Followed>()

/**
 * A moment of a machine, in memory, to which it can be set back as often as one likes: the memory, the map and the devices. Made
 * by `checkpoint`.
 */
export class Checkpoint {
  readonly #machine: Machine
  readonly #moments: readonly (readonly [RamBlock, Moment])[]
  readonly #map: readonly RegionState[]
  readonly #devices: Uint8Array
  #disposed = false

  /** Made by `checkpoint`. @internal */
  constructor(machine: Machine) {
    this.#machine = machine
    flushBuffered()
    this.#map = mapStateOf(machine.regions, isAllLogged(machine.blocks))
    this.#devices = saveDevices(machine.devices)
    this.#moments = machine.blocks.map(block => [block, momentOf(block, machine)])
    Object.freeze(this)
  }

  get disposed(): boolean {
    return this.#disposed
  }

  /**
   * Sets the machine back to this moment. Only pages that were stored to since are touched. Other checkpoints stay what they
   * are, earlier ones as well as later ones.
   *
   * @returns How many pages were changed.
   * @throws TypeError where it was disposed of; what a device's `load`, or a listener, throws: the memory is set back by then.
   */
  rollback(): number {
    if (this.#disposed) throw new TypeError('checkpoint must be one that is there, but it was disposed of')
    flushBuffered()
    let pages = 0
    for (const [block, moment] of this.#moments) {
      const { history, follower } = followed.get(block) as Followed
      follower.sync()
      const stored = follower.pagesOf(block)
      pages += history.rollback(moment.changes, stored)
      stored.clear()
    }
    applyMapState(this.#map, isAllLogged(this.#machine.blocks))
    const { devices } = this.#machine
    if (devices.length > 0) loadDevices(devices, statesOf(this.#devices, devices))
    return pages
  }

  /** Lets go of it. A second call does nothing. The dirty log ends with the last one, where nobody else needs it. */
  dispose(): void {
    if (this.#disposed) return
    this.#disposed = true
    for (const [block, moment] of this.#moments) forget(block, moment)
  }
}

/**
 * Keeps this moment of a machine, to go back to it: for a fuzzer that runs a guest again and again, for a debugger that steps
 * back. The first checkpoint of some memory copies all pages of it that are not zero; each further one, and each rollback, only
 * those that were stored to since the last one, which the dirty log knows (startGlobalDirtyLog, which is on as long as there are
 * checkpoints).
 *
 * The machine stands still meanwhile, in all threads; threads that store must have met this one once after the first checkpoint,
 * as docs/DIRTY-LOG.md has it. Of the thread that the machine belongs to.
 *
 * @param what The spaces of a machine; or RAM blocks alone, and then no map.
 * @throws TypeError or RangeError naming the argument; what a device's `save` throws.
 */
export function checkpoint(what: CheckpointOf, options?: MachineOptions): Checkpoint {
  const checked = checkMachineOptions(options)
  const list: readonly unknown[] = Array.isArray(what) ? what : [what]
  const blocks: RamBlock[] = []
  const spaces: unknown[] = []
  for (const [index, each] of list.entries()) {
    const name = Array.isArray(what) ? `what[${index}]` : 'what'
    if (each instanceof RamBlock) {
      if (each.freed) throw new TypeError(`${name} must be a RamBlock that was not freed, got ${show(each.name)}`)
      blocks.push(each)
    } else if (each instanceof AddressSpace) spaces.push(each)
    else throw new TypeError(`${name} must be an AddressSpace or a RamBlock, got ${show(each)}`)
  }
  if (list.length === 0) throw new TypeError('what must be an AddressSpace or a RamBlock, or some, got an empty array')
  const machine = partsOf(spaces.length > 0 ? checkSpaces(spaces, 'what') : [], blocks, checked)
  return new Checkpoint(machine)
}

/** The latest moment of a block is now. */
function momentOf(block: RamBlock, machine: Machine): Moment {
  const moment: Moment = { changes: undefined }
  const known = followed.get(block)
  if (known === undefined) {
    // The log begins ahead of the copy, so that whatever is stored meanwhile is in the one or in the other.
    const regions = machine.regions.filter(region => region.backing.some(each => each.block === block))
    const follower = new DirtyFollower({ blocks: [block], regions })
    followed.set(block, { follower, history: new PageHistory(block), moments: [moment] })
    return moment
  }
  const { follower, history, moments } = known
  follower.sync()
  const stored = follower.pagesOf(block)
  const last = moments[moments.length - 1] as Moment
  last.changes = history.advance(stored)
  stored.clear()
  moments.push(moment)
  return moment
}

function forget(block: RamBlock, moment: Moment): void {
  const known = followed.get(block) as Followed
  const { moments, history, follower } = known
  const at = moments.indexOf(moment)
  history.forget(moment.changes)
  moments.splice(at, 1)
  const last = moments[moments.length - 1]
  if (last === undefined) {
    follower.end()
    followed.delete(block)
  } else if (at === moments.length) last.changes = undefined
}
