import {
  AddressSpace,
  DirtyClient,
  GuestRam,
  isDirty,
  MemoryRegion,
  ramCopy,
  startGlobalDirtyLog,
  stopGlobalDirtyLog,
} from 'guestmem'
import { harvestDirty, restoreMachine, SnapshotChain } from 'guestmem/snapshot'
import { expect, test } from 'vitest'
import { startWriters } from '../dirty-log/support/start-writers.ts'
import { PAGE } from '../support/board.ts'
import { bytesOf } from './support/streams.ts'

const { MIGRATION } = DirtyClient

/** Two threads that store all the time, the first of their rounds behind us, and how they are ended. */
async function writers() {
  const { block, control, late, end } = await startWriters(false)
  Atomics.store(control, 0, 1)
  Atomics.notify(control, 0)
  const rounds = () => [2, 3].map(word => Atomics.load(control, word))
  return {
    block,
    late,
    /** Each thread has met this one. */
    meet(): void {
      const before = rounds()
      while (rounds().some((count, i) => count === before[i]) && !late());
    },
    /** They store no more. */
    stop(): void {
      Atomics.store(control, 0, 2)
      while (Atomics.load(control, 1) < 2 && !late());
      expect(Atomics.load(control, 1)).toBe(2)
    },
    end,
  }
}

test('threads store while harvests are taken, given back and committed: nothing is lost', async () => {
  const { block, late, meet, stop, end } = await writers()
  startGlobalDirtyLog()
  try {
    meet()
    const copy = block.view().slice()
    let commits = 0
    let aborts = 0
    const turn = (commit: boolean): void => {
      const harvest = harvestDirty(block, MIGRATION)
      for (const { offset, length } of harvest.ranges()) {
        // A save that fails has written something, but nobody knows what.
        if (commit) ramCopy(copy, offset, block, offset, length)
        else copy.fill(0xee, offset, offset + length)
      }
      if (commit) harvest.commit()
      else harvest.abort()
      if (harvest.bytes > 0) commit ? commits++ : aborts++
    }
    for (let i = 0; (commits < 100 || aborts < 100) && !late(); i++) turn(i % 3 === 0)
    stop()
    turn(false)
    turn(true)
    expect(Buffer.compare(copy, block.view())).toBe(0)
    expect(isDirty(block, 0, block.size, MIGRATION)).toBe(false)
    expect([commits >= 100, aborts >= 100]).toEqual([true, true])
  } finally {
    stopGlobalDirtyLog()
    await end()
  }
})

test('threads store between the files of a chain, some of which are lost: the last one makes the machine whole', async () => {
  const { block, meet, stop, end } = await writers()
  const space = new AddressSpace('space', MemoryRegion.ram('ram', block))
  const chain = new SnapshotChain(space)
  try {
    meet()
    const files: Uint8Array[] = []
    const save = async (keeps: boolean): Promise<void> => {
      const one = chain.save()
      const bytes = await bytesOf(one.stream)
      if (keeps) {
        files.push(bytes)
        one.commit()
      } else one.abort()
    }
    // Threads that go on all the time: no file of these is the machine at one moment, but the last is, with all before it.
    for (let i = 0; i < 40; i++) await save(i % 2 === 0)
    stop()
    await save(false)
    await save(true)
    const target = GuestRam.allocate(70 * PAGE).block('block', 70 * PAGE)
    await restoreMachine(new AddressSpace('space', MemoryRegion.ram('ram', target)), files)
    expect(Buffer.compare(target.view(), block.view())).toBe(0)
    expect(files.length).toBe(21)
  } finally {
    chain.end()
    await end()
  }
})
