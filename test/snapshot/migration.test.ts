import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import { AddressSpace, DirtyClient, GuestRam, MemoryRegion } from 'guestmem'
import { MigrationError, migrate, receiveMachine, SnapshotError, saveMachine } from 'guestmem/snapshot'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { later } from '../support/later.ts'
import { type MigrationMachine, migrationMachine } from './support/migration-machine.ts'
import { here, type MigrationFiles, runMigration } from './support/migration-run.ts'
import { type MigrationResult, summaryOf } from './support/migration-summary.ts'
import { connectionPair, type Ends } from './support/streams.ts'

const PAGE = 4096
const MIB = 2 ** 20
const nothing = { stop: () => {}, resume: () => {} }

/** What is on the machine of `near` goes to that of `far`, in one process. */
async function move(
  source: MigrationMachine,
  target: MigrationMachine,
  options: Partial<Parameters<typeof migrate>[2]> = {},
  pair = connectionPair(),
) {
  const received = receiveMachine(target.space, pair.far, { devices: target.devices }).then(
    () => 'holds',
    error => error,
  )
  const sent = await migrate(source.space, pair.near, { devices: source.devices, ...nothing, ...options }).catch(
    error => error,
  )
  // Time to hear why, on a connection that is still there.
  if (sent instanceof Error) {
    await Promise.race([received, later(100)])
    pair.cut()
  }
  return { sent, received: await received }
}

/** The same connection, on which something happens ahead of each piece. */
function ahead({ readable, writable }: Ends, act: () => Promise<void>): Ends {
  const writer = writable.getWriter()
  let ready = Promise.resolve()
  const slow = {
    get ready() {
      return ready
    },
    write: (bytes: Uint8Array) => {
      const written = ready.then(act).then(() => writer.write(bytes))
      ready = written.catch(() => {})
      return written
    },
    releaseLock() {},
  }
  return { readable, writable: { getWriter: () => slow } } as unknown as Ends
}

test('a machine that stands still is moved: memory, map and devices', async () => {
  const source = migrationMachine(MIB)
  for (let page = 0; page < 200; page += 3) source.space.store32(page * PAGE, page)
  source.region.setAddress(0x1000)
  source.device.count = 7
  const target = migrationMachine(MIB)
  target.space.store32(0x1234, 5)
  const { sent, received } = await move(source, target)
  expect(received).toBe('holds')
  expect(sent).toMatchObject({ rounds: 3 })
  expect(sent.downtime).toBeLessThanOrEqual(sent.duration)
  expect(sent.bytes).toBeLessThan(80 * PAGE)
  expect(target.checksum()).toBe(source.checksum())
  expect(source.region.dirtyLogMask).toBe(0)
})

test('a guest of this thread, between the steps of the event loop, is moved while it runs', async () => {
  const source = migrationMachine(4 * MIB)
  const target = migrationMachine(4 * MIB)
  let at = 0
  const guest = setInterval(() => {
    for (let i = 0; i < 50; i++) {
      at = (at * 5 + 4099 * 4) % (4 * MIB)
      source.space.store32(at, at)
    }
  }, 1)
  const { sent, received } = await move(source, target, { stop: () => clearInterval(guest) })
  expect(received).toBe('holds')
  expect(sent.rounds).toBeGreaterThanOrEqual(3)
  expect(target.checksum()).toBe(source.checksum())
})

describe('where it can not be moved the source goes on, and the target has nothing', () => {
  async function fails(
    harm: (source: MigrationMachine, target: MigrationMachine) => object,
    pair?: ReturnType<typeof connectionPair>,
  ) {
    const source = migrationMachine(MIB)
    source.space.store32(0x5000, 1)
    source.region.setAddress(0x3000)
    source.device.count = 7
    const target = migrationMachine(MIB)
    target.space.store32(0x5008, 2)
    const calls: string[] = []
    const options = {
      stop: () => void calls.push('stop'),
      resume: () => void calls.push('resume'),
      ...harm(source, target),
    }
    const before = target.checksum()
    const { sent, received } = await move(source, target, options, pair)
    expect(target.checksum()).toBe(before)
    expect(source.region.dirtyLogMask & DirtyClient.MIGRATION).toBe(0)
    expect(sent).toBeInstanceOf(MigrationError)
    return { sent: sent as MigrationError, received, calls: calls.join(' ') }
  }

  test('since it does not converge', async () => {
    let runs = true
    const pair = connectionPair()
    const slow = { ...pair, near: ahead(pair.near, () => later(1)) }
    const { sent, received, calls } = await fails(source => {
      const guest = (): void => {
        for (let page = 0; page < 250; page++) source.space.store32(page * PAGE, Math.random() * 2 ** 32)
        if (runs) setImmediate(guest)
      }
      guest()
      return { maxDowntime: 1 }
    }, slow)
    runs = false
    expect(sent.reason).toBe('does not converge')
    expect(sent.message).toMatch(/^after \d+ rounds [\d.]+ MiB were stored to .* a second: .* \d+ ms, of 1 allowed/)
    // It was never stopped. The target is told why.
    expect([calls, received.message]).toEqual(['', expect.stringMatching(/the source has given it up: after/)])
  })

  test('since the target refuses it: it is of another machine', async () => {
    const { sent, received, calls } = await fails((_, target) => {
      target.space.root.addSubregion(0x10_0000, MemoryRegion.container('more', 5))
      return {}
    })
    expect([sent.reason, calls]).toEqual(['failed', ''])
    expect(sent.message).toMatch(/the target has refused it: .* region "more" is here and not in the file/)
    expect(received).toBeInstanceOf(SnapshotError)
  })

  test('since a device of the target refuses its state', async () => {
    const { sent, calls } = await fails((_, target) => {
      target.devices.device.load = () => {
        throw new Error('not that one')
      }
      return {}
    })
    expect([sent.reason, calls]).toEqual(['failed', 'stop resume'])
    expect(sent.message).toMatch(/goes on here: the target has refused it: not that one/)
  })

  test('since a device of the source has no state, or it can not be stopped', async () => {
    const { sent, calls } = await fails(source => {
      source.devices.device.save = () => {
        throw new Error('busy')
      }
      return {}
    })
    expect([sent.reason, sent.message, calls]).toEqual(['failed', expect.stringMatching(/busy/), 'stop resume'])
    const second = await fails(() => ({ stop: () => Promise.reject(new Error('will not stop')) }))
    expect([second.sent.message, second.calls]).toEqual([expect.stringMatching(/will not stop/), 'resume'])
  })

  test.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])('since the stream breaks after %i pieces', async pieces => {
    const pair = connectionPair()
    let left = pieces
    const near = ahead(pair.near, async () => {
      if (left-- === 0) pair.cut()
    })
    const { sent } = await fails(() => ({}), { ...pair, near })
    expect(left).toBeLessThan(0)
    expect(['failed', 'unknown']).toContain(sent.reason)
  })

  test('since the target is no guestmem', async () => {
    const pair = connectionPair()
    const source = migrationMachine(MIB)
    void pair.far.writable.getWriter().write(new TextEncoder().encode('HTTP/1.1 400 Bad Request'))
    const sent = migrate(source.space, pair.near, nothing)
    await expect(sent).rejects.toThrow(/is receiveMachine at the other end\?/)
  })
})

test('where the target has taken it and nobody heard, it says so, and does not resume: two might run', async () => {
  const pair = connectionPair()
  const source = migrationMachine(MIB)
  const target = migrationMachine(MIB)
  source.device.count = 3
  const writer = pair.far.writable.getWriter()
  let answers = 0
  const far = {
    readable: pair.far.readable,
    writable: {
      getWriter: () => ({
        ready: Promise.resolve(),
        releaseLock() {},
        write: async (bytes: Uint8Array) => {
          // Two rounds are answered, and that it is prepared; the last word is lost.
          if (++answers === 4) pair.cut()
          else await writer.write(bytes)
        },
      }),
    },
  }
  const calls: string[] = []
  const received = receiveMachine(target.space, far, { devices: target.devices })
  const sent = migrate(source.space, pair.near, {
    devices: source.devices,
    stop: () => void calls.push('stop'),
    resume: () => void calls.push('resume'),
  }).catch(error => error)
  expect(await sent).toMatchObject({ name: 'MigrationError', reason: 'unknown' })
  await received
  expect([target.device.count, calls]).toEqual([3, ['stop']])
})

test('what comes from a stranger is refused, and the machine is as it was', async () => {
  const target = migrationMachine(MIB)
  const before = target.checksum()
  const source = migrationMachine(MIB)
  source.space.store32(5, 5)
  // A saved machine is complete, but nobody says that it is to be taken.
  const pair = connectionPair()
  void saveMachine(source.space, { devices: source.devices })
    .pipeTo(pair.near.writable)
    .catch(() => {})
  setTimeout(() => pair.cut(), 100)
  await expect(receiveMachine(target.space, pair.far, { devices: target.devices })).rejects.toThrow()
  expect(target.checksum()).toBe(before)
})

test.each<[string, unknown, RegExp]>([
  ['no stop', { resume: () => {} }, /options.stop must be a function, got undefined/],
  [
    'a downtime of nothing',
    { ...nothing, maxDowntime: 0 },
    /options.maxDowntime must be an integer from 1 to 3600000, got 0/,
  ],
  ['no rounds', { ...nothing, maxRounds: 0.5 }, /options.maxRounds must be an integer/],
  ['another key', { ...nothing, maxdowntime: 5 }, /options must have keys among .*got "maxdowntime"/],
])('%s is refused before anything is sent', async (_, options, message) => {
  const { near } = connectionPair()
  const { space } = migrationMachine(PAGE)
  await expect(migrate(space, near, options as never)).rejects.toThrow(message)
  await expect(migrate(space, {} as never, nothing)).rejects.toThrow(/stream must have both directions/)
  expect(near.writable.locked).toBe(false)
})

describe('over a socket, to another process, while the guest runs in a thread of its own', () => {
  let folder = ''
  let files: MigrationFiles
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'guestmem-migration-'))
    buildSync({
      entryPoints: { target: here('migration-target.ts'), guest: here('migration-guest.ts') },
      alias: {
        guestmem: here('../../../src/index.ts'),
        'guestmem/snapshot': here('../../../src/snapshot/snapshot.ts'),
      },
      bundle: true,
      outdir: folder,
      outExtension: { '.js': '.mjs' },
      platform: 'node',
      format: 'esm',
    })
    files = { target: join(folder, 'target.mjs'), guest: join(folder, 'guest.mjs') }
  })
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true })
    if (isCampaign) console.log(`MIGRATION ${JSON.stringify(summaryOf(results))}`)
  })

  // `npm run migration` runs these for so many seconds, so many times, MIGRATION_AT_ONCE of them side by side.
  const isCampaign = process.env.MIGRATION_SECONDS !== undefined
  const results: MigrationResult[] = []
  const atOnce = Number(process.env.MIGRATION_AT_ONCE ?? 1)
  const each = atOnce > 1 ? test.concurrent : test
  const seconds = Number(process.env.MIGRATION_SECONDS ?? 0.3)
  const runs = Number(process.env.MIGRATION_RUNS ?? 2)
  const kills = Number(process.env.MIGRATION_KILLS ?? 2 * runs)
  const bytes = isCampaign ? 256 * MIB : 32 * MIB
  const dirty = { bytes, pagesPerSecond: (50 * 1e6) / PAGE, warmUp: 1000 * seconds }

  each.each(Array.from({ length: runs }, (_, i) => i + 1))(
    'it converges, and every byte is the same, %i',
    async turn => {
      // Of those that run side by side the first begin one after the other, so that they are moved one after the other.
      const later = turn <= atOnce ? ((turn - 1) / atOnce) * dirty.warmUp : 0
      const warmUp = dirty.warmUp + later
      const outcome = await runMigration(files, { ...dirty, warmUp, maxDowntime: isCampaign ? 100 : 300 })
      expect(outcome.error).toBeUndefined()
      expect(outcome.target).toBe('holds')
      expect(outcome.targetChecksum).toBe(outcome.checksum)
      if (isCampaign) console.log(outcome.report)
      results.push({ kind: 'run', ...outcome.report })
    },
  )

  // How long the latest took that was over before it was killed, ms.
  let duration = isCampaign ? 1000 * atOnce : 250
  each.each(Array.from({ length: kills }, (_, i) => i + 1))('killed at a random moment, %i', async turn => {
    // From the beginning to what is about the end of it.
    const moment = Math.random() * 1.1 * duration
    const outcome = await runMigration(files, {
      ...dirty,
      warmUp: isCampaign ? 2000 : 20,
      maxDowntime: 300,
      harm: (target, socket) => {
        setTimeout(() => (turn % 2 === 0 ? target.kill('SIGKILL') : socket.destroy()), moment)
      },
    })
    // It may have been over by then; else the guest goes on here, and a target that lives has nothing of it.
    if (outcome.report !== undefined) {
      duration = outcome.report.duration
      expect(outcome.runsOn).toBe(false)
      if (outcome.target !== undefined) expect(outcome.targetChecksum).toBe(outcome.checksum)
    } else {
      expect(outcome.error).toBeInstanceOf(MigrationError)
      if ((outcome.error as MigrationError).reason === 'unknown') expect(outcome.runsOn).toBe(false)
      else {
        expect(outcome.runsOn).toBe(true)
        expect(outcome.target).toBe(turn % 2 === 0 ? undefined : 'nothing')
      }
    }
    const reason = outcome.error === undefined ? 'over by then' : (outcome.error as MigrationError).reason
    results.push({ kind: 'kill', reason })
  })
})

test('an attached guest RAM can be moved as well as one that was allocated here', async () => {
  const ram = GuestRam.allocate(MIB)
  ram.block('ram', MIB)
  const attached = GuestRam.attach(ram.handle).blocks[0]
  if (attached === undefined) throw new Error('there is no block')
  const make = (block: typeof attached) => new AddressSpace('space', MemoryRegion.ram('ram', block))
  const source = make(attached)
  source.store32(0x3000, 9)
  const pair = connectionPair()
  const target = make(GuestRam.allocate(MIB).block('ram', MIB))
  const received = receiveMachine(target, pair.far)
  await migrate(source, pair.near, nothing)
  await received
  expect(target.load32(0x3000)).toBe(9)
})
