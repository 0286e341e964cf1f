import { MigrationError, migrate, receiveMachine, saveMachine } from 'guestmem/snapshot'
import { describe, expect, test } from 'vitest'
import { answer, PREPARED, REFUSED, SYNCED, TAKEN } from '../../src/snapshot/answers.ts'
import { ChunkReader } from '../../src/snapshot/chunk-reader.ts'
import { connectionOf } from '../../src/snapshot/duplex.ts'
import { getU32 } from '../../src/snapshot/words.ts'
import { chunksOf } from './support/file-damage.ts'
import { migrationMachine } from './support/migration-machine.ts'
import { chunkOf, seal } from './support/reseal.ts'
import { bytesOf, connectionPair } from './support/streams.ts'

const PAGE = 4096
const MIB = 2 ** 20

/** What a target says to a chunk, of which this is the number among those of its type. */
type Says = Readonly<Record<'SYNC' | 'END ' | 'TAKE', (number: number) => Uint8Array>>

const RIGHT: Says = {
  SYNC: number => answer(SYNCED, number),
  'END ': () => answer(PREPARED),
  TAKE: () => answer(TAKEN),
}

/** Moves a machine to a target that says what it is told to, `pieces` bytes at a time. */
async function moveTo(says: Partial<Says>, pieces = 100) {
  const { near, far, cut } = connectionPair()
  const source = migrationMachine(MIB)
  source.space.store32(0x5000, 1)
  const calls: string[] = []
  const connection = connectionOf(far)
  const reader = new ChunkReader(connection)
  const counts = { SYNC: 0, 'END ': 0, TAKE: 0 }
  const target = async (): Promise<void> => {
    await reader.header()
    for (;;) {
      const { type } = await reader.next()
      if (!(type === 'SYNC' || type === 'END ' || type === 'TAKE')) continue
      const said = (says[type] ?? RIGHT[type])(counts[type]++)
      for (let at = 0; at < said.length; at += pieces) await connection.write(said.subarray(at, at + pieces))
    }
  }
  const heard = target().catch(() => {})
  const sent = await migrate(source.space, near, {
    devices: source.devices,
    stop: () => void calls.push('stop'),
    resume: () => void calls.push('resume'),
  }).catch(error => error)
  cut()
  await heard
  return { sent, calls: calls.join(' '), counts }
}

test('a target that answers in its turn has the machine, in whatever pieces the answers come', async () => {
  for (const pieces of [100, 3, 1]) {
    const { sent, calls, counts } = await moveTo({}, pieces)
    expect(sent).toMatchObject({ rounds: 3 })
    expect([calls, counts]).toEqual(['stop', { SYNC: 2, 'END ': 1, TAKE: 1 }])
  }
})

test.each<[string, Partial<Says>, string, RegExp, string]>([
  [
    'another round',
    { SYNC: number => answer(SYNCED, number + 5) },
    'failed',
    /the target answers for round 5 in place of 0/,
    '',
  ],
  ['that it is prepared, too early', { SYNC: () => answer(PREPARED) }, 'failed', /the target answers out of turn/, ''],
  ['that it has it, unasked', { 'END ': () => answer(TAKEN) }, 'failed', /answers out of turn/, 'stop resume'],
  ['a round in place of that', { 'END ': () => answer(SYNCED, 2) }, 'failed', /answers out of turn/, 'stop resume'],
  ['no at first', { SYNC: () => answer(REFUSED, 0, 'no room') }, 'failed', /has refused it: no room$/, ''],
  ['no at last', { 'END ': () => answer(REFUSED, 0, 'näh') }, 'failed', /has refused it: näh$/, 'stop resume'],
  [
    'no when it is too late',
    { TAKE: () => answer(REFUSED, 0, 'x') },
    'unknown',
    /was told to take the machine/,
    'stop',
  ],
  ['something else when it is too late', { TAKE: () => answer(PREPARED) }, 'unknown', /answers out of turn/, 'stop'],
  ['what is no answer', { SYNC: () => new Uint8Array(8) }, 'failed', /is receiveMachine at the other end/, ''],
])('a target that says %s', async (_, says, reason, message, called) => {
  const { sent, calls } = await moveTo(says)
  expect(sent).toBeInstanceOf(MigrationError)
  expect([sent.reason, sent.message, calls]).toEqual([reason, expect.stringMatching(message), called])
})

describe('a target that is prepared', () => {
  /** A source that sends all of a machine, and then this chunk, if any. */
  async function takeFrom(word: Uint8Array | undefined) {
    const { near, far, cut } = connectionPair()
    const source = migrationMachine(MIB)
    for (let page = 0; page < 9; page++) source.space.store32(page * PAGE, page + 1)
    source.region.setAddress(0x7000)
    source.device.count = 7
    const file = await bytesOf(saveMachine(source.space, { devices: source.devices }))
    const target = migrationMachine(MIB)
    target.space.store32(0x2000, 5)
    target.device.count = 1
    const before = target.checksum()
    const received = receiveMachine(target.space, far, { devices: target.devices }).then(
      () => 'holds',
      error => error,
    )
    const connection = connectionOf(near)
    await connection.write(file)
    const said = async () => getU32((await connection.read()) ?? new Uint8Array(8), 0)
    expect(await said()).toBe(PREPARED)
    // It has all of it, but it is not its own yet.
    expect(target.checksum()).toBe(source.checksum())
    if (word === undefined) cut()
    else {
      seal(word, chunksOf(file).chunks.length)
      await connection.write(word)
      expect(await said()).toBe(word[0] === 'T'.charCodeAt(0) ? TAKEN : REFUSED)
    }
    return {
      received: await received,
      isSource: target.checksum() === source.checksum(),
      isAsBefore: target.checksum() === before,
    }
  }

  test('takes it when it is told to', async () => {
    const { received, isSource } = await takeFrom(chunkOf('TAKE', new Uint8Array(0)))
    expect([received, isSource]).toEqual(['holds', true])
  })

  test.each<[string, () => Uint8Array | undefined, RegExp]>([
    ['that it is given up', () => chunkOf('STOP', new TextEncoder().encode('why')), /a chunk TAKE must be here/],
    ['something else', () => chunkOf('SYNC', new Uint8Array(0)), /a chunk TAKE must be here/],
    ['nothing, and the stream breaks', () => undefined, /./],
  ])('is as it was where it is told %s', async (_, word, message) => {
    const { received, isAsBefore } = await takeFrom(word())
    expect([received.message, isAsBefore]).toEqual([expect.stringMatching(message), true])
  })
})

test('what the guest stores until it stands still is there, also zeros in place of something', async () => {
  const source = migrationMachine(MIB)
  for (let page = 0; page < 100; page++) source.space.store32(page * PAGE, page + 1)
  const target = migrationMachine(MIB)
  const { near, far } = connectionPair()
  const received = receiveMachine(target.space, far, { devices: target.devices })
  await migrate(source.space, near, {
    devices: source.devices,
    stop: () => {
      source.space.store32(7 * PAGE, 0)
      source.space.store32(8 * PAGE, 99)
      source.device.count = 4
    },
    resume: () => {},
  })
  await received
  expect([7, 8, 9].map(page => target.space.load32(page * PAGE))).toEqual([0, 99, 10])
  expect(target.checksum()).toBe(source.checksum())
})
