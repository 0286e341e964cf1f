import type { AddressSpace } from 'guestmem'
import { isAllLogged } from './all-logged.ts'
import { checkSource, type OpenSource, type SnapshotSource } from './byte-source.ts'
import { loadDevices } from './devices.ts'
import { checkMachineOptions, type Machine, type MachineOptions, machineOf } from './machine.ts'
import { applyMapState, flushBuffered, mapStateOf } from './map-state.ts'
import { OverwrittenPages } from './overwritten-pages.ts'
import { CheckingSink, StoringSink } from './page-sinks.ts'
import { RamJournal } from './ram-journal.ts'
import { type ReadState, readChain, stage } from './read-chain.ts'
import { SnapshotError } from './snapshot-error.ts'

/** How much of a source that can be read once is kept, to be checked before anything changes: 24 MiB. */
const STAGED = 24 * 2 ** 20

/** How many pages that were in use are kept to be put back: 40 MiB, or beside what is kept of a stream 16 MiB. */
const KEPT_OF_CHECKED = 10_240
const KEPT_OF_STREAM = 4096

/**
 * Gives a machine the memory, the map and the devices that were saved. The machine was built as the one that was saved, and
 * stands still until the promise is there.
 *
 * All or nothing: what is damaged, cut off, out of order or another machine's is refused, and the machine is as it was. What
 * can be read twice (an array, a Blob, a function) is checked from end to end before anything changes; so is a stream of up to
 * 24 MiB. Of a longer stream pages are stored as they come, and put back where it turns out to be bad: for that, pages that
 * were in use are kept, up to 16 MiB of them. So it is of any source where nobody has touched the machine's memory since it was
 * allocated, and then there is nothing to keep. Where a device's `load` throws, all is put back as well, as long as no more than
 * 40 MiB of pages in use were overwritten (else `changed` of the error is true).
 *
 * Pages that change are marked for who logs them. Of the thread that the machine belongs to.
 *
 * @param spaces As they were given to saveMachine, in that order.
 * @param source A saved machine, or an array of a base and its increments.
 * @throws SnapshotError saying where and why; RangeError where a stream would overwrite more than 16 MiB of pages in use; what
 *   a source, a device or a listener throws. TypeError naming the argument.
 */
export async function restoreMachine(
  spaces: AddressSpace | readonly AddressSpace[],
  source: SnapshotSource | readonly SnapshotSource[],
  options?: MachineOptions,
): Promise<void> {
  const machine = machineOf(spaces, checkMachineOptions(options))
  const several = Array.isArray(source)
  const list = several ? (source as readonly SnapshotSource[]) : [source as SnapshotSource]
  if (list.length === 0) throw new TypeError('source must be a saved machine or some of them, got an empty array')
  const sources = list.map((each, index) => checkSource(each, several ? `source[${index}]` : 'source'))
  await restoreFrom(machine, sources)
}

/** @param staging How much of what can be read once is kept to be checked first, bytes. */
export async function restoreFrom(
  machine: Machine,
  sources: readonly OpenSource[],
  staging: number = STAGED,
): Promise<void> {
  const { sources: staged, again } = await stage(sources, staging)
  // Read from end to end before anything is stored. What is stored to memory that nobody has touched is put back by zeros, so that
  // one reading is enough.
  const isChecked = again && !machine.blocks.every(({ ram }) => ram.untouched)
  // Nothing but a device's own error is to be expected of what is in memory, and that comes when all pages are stored: where not
  // all of them can be kept until then, none are.
  const overwritten = staged.every(({ atHand }) => atHand) ? new OverwrittenPages() : undefined
  if (isChecked) await readChain(staged, machine, blocks => new CheckingSink(blocks, overwritten))
  const refuse = (): never => {
    throw new RangeError(
      'source must be one that can be read twice (a Blob, an array, or a function that opens a stream): more than 16 MiB of pages that are in use here would be overwritten',
    )
  }
  // What was found good a moment ago goes on where no more can be kept: nothing but a device's own error is to be expected.
  const most = isChecked ? KEPT_OF_CHECKED : KEPT_OF_STREAM
  const isTooMuch = overwritten !== undefined && overwritten.least > most
  const journal = new RamJournal(machine.blocks, isTooMuch ? 0 : most, isChecked ? undefined : refuse)
  const present = StoringSink.presence(machine.blocks)
  try {
    const state = await readChain(
      staged,
      machine,
      blocks => new StoringSink(machine, blocks, journal, present),
      isChecked,
    )
    applyState(machine, state)
  } catch (error) {
    if (journal.undoable) {
      journal.undo()
      throw error
    }
    const message = error instanceof Error ? error.message : String(error)
    throw new SnapshotError(
      `the machine is half another one's, and must not run: more pages that were in use are overwritten than were kept, and then: ${message}`,
      { changed: true },
    )
  }
}

/**
 * Map and devices.
 *
 * @returns Puts them back.
 * @throws What a device or a listener throws, and both are as they were.
 */
export function applyState(machine: Machine, { map, devices }: Pick<ReadState, 'map' | 'devices'>): () => void {
  flushBuffered()
  const allLogged = isAllLogged(machine.blocks)
  const former = mapStateOf(machine.regions, allLogged)
  const undoDevices = loadDevices(machine.devices, devices)
  const undoMap = (): void => {
    try {
      applyMapState(former, allLogged)
    } catch {
      // Told once, listeners may have thrown; what comes of it is there all the same.
    }
  }
  try {
    applyMapState(map, allLogged)
  } catch (error) {
    undoMap()
    undoDevices()
    throw error
  }
  return () => {
    undoMap()
    undoDevices()
  }
}
