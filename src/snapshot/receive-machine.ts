import type { AddressSpace } from 'guestmem'
import { answer, PREPARED, REFUSED, SYNCED, TAKEN } from './answers.ts'
import { ChunkReader } from './chunk-reader.ts'
import { matchMachine } from './description.ts'
import { type Connection, connectionOf, type NodeDuplex, type WebDuplex } from './duplex.ts'
import { TAKE } from './layout.ts'
import { checkMachineOptions, type Machine, type MachineOptions, machineOf } from './machine.ts'
import { StoringSink } from './page-sinks.ts'
import { RamJournal } from './ram-journal.ts'
import { checkFollows, stateOf } from './read-chain.ts'
import { applyState } from './restore-machine.ts'
import { SnapshotFile } from './snapshot-file.ts'

/** How many pages that were in use are kept to be put back: 40 MiB. */
const KEPT = 10_240

/**
 * The other end of `migrate`: builds up a machine that runs elsewhere, in one that was built as that one and stands still. Memory
 * comes while the source runs; map and devices at last. When the promise is there, the machine is this one's to run. Where it is
 * rejected, for whatever reason, the machine is as it was: pages are put back, of those that were in use up to 40 MiB.
 *
 * @param spaces As they were given to migrate, in that order.
 * @param stream The connection. It stays open: closing it is its owner's.
 * @throws SnapshotError where something else comes, or the stream ends too early; what a device or a listener throws; RangeError
 *   where more than 40 MiB of pages in use would be overwritten. TypeError naming the argument.
 */
export async function receiveMachine(
  spaces: AddressSpace | readonly AddressSpace[],
  stream: WebDuplex | NodeDuplex,
  options?: MachineOptions,
): Promise<void> {
  const machine = machineOf(spaces, checkMachineOptions(options))
  const connection = connectionOf(stream)
  const journal = new RamJournal(machine.blocks, KEPT, () => {
    throw new RangeError('spaces must be of a machine that was just built: more than 40 MiB of its pages are in use')
  })
  let undoState = (): void => {}
  try {
    const reader = new ChunkReader(connection)
    const state = await readInto(machine, connection, reader, journal)
    undoState = applyState(machine, state)
    await connection.write(answer(PREPARED))
    const { type } = await reader.next()
    if (type !== TAKE) reader.refuse('a chunk TAKE must be here')
  } catch (error) {
    undoState()
    journal.undo()
    await tell(connection, error)
    connection.close()
    throw error
  }
  journal.forget()
  // Where the stream broke right now nobody waits for it: the machine is here.
  await connection.write(answer(TAKEN)).catch(() => {})
  connection.close()
}

async function readInto(machine: Machine, connection: Connection, reader: ChunkReader, journal: RamJournal) {
  const file = new SnapshotFile(reader)
  await file.open()
  checkFollows(file, undefined)
  const matched = file.decode(new Uint8Array(0), () => matchMachine(file.description, machine))
  const present = StoringSink.presence(machine.blocks)
  const synced = (number: number) => connection.write(answer(SYNCED, number))
  const sink = new StoringSink(machine, matched.blocks, journal, present, synced)
  await file.readTo(sink)
  return stateOf(file, machine, matched)
}

/** The source is told why, where it can still hear it. */
async function tell(connection: Connection, error: unknown): Promise<void> {
  const message = error instanceof Error ? error.message : String(error)
  await connection.write(answer(REFUSED, 0, message)).catch(() => {})
}
