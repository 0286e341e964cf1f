import { type ChildProcess, spawn } from 'node:child_process'
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { type MigrationReport, migrate } from 'guestmem/snapshot'
import { later } from '../../support/later.ts'
import type { GuestTask } from './migration-guest.ts'
import { migrationMachine } from './migration-machine.ts'

export interface MigrationFiles {
  readonly target: string
  readonly guest: string
}

export interface MigrationRun {
  readonly bytes: number
  readonly pagesPerSecond: number
  /** How long the guest runs ahead of it, ms. */
  readonly warmUp: number
  readonly maxDowntime?: number
  /** Called when it begins, to break something later. */
  readonly harm?: (target: ChildProcess, socket: Socket) => void
}

export interface MigrationOutcome {
  readonly report?: MigrationReport
  readonly error?: unknown
  /** What the target says it has: undefined where it was killed. */
  readonly target: string | undefined
  readonly targetChecksum: string | undefined
  /** Of the source, once its guest was stopped, or has been resumed and stopped again. */
  readonly checksum: string
  /** The guest's thread goes on at the source. */
  readonly runsOn: boolean
}

/** One migration: a guest in a thread here, its target in a process of its own, a socket between them. */
export async function runMigration(files: MigrationFiles, run: MigrationRun): Promise<MigrationOutcome> {
  const machine = migrationMachine(run.bytes)
  const control = new Int32Array(new SharedArrayBuffer(16))
  control[0] = 1
  const task: GuestTask = {
    handle: machine.ram.handle,
    control: control.buffer as SharedArrayBuffer,
    pagesPerSecond: run.pagesPerSecond,
  }
  const guest = new Worker(files.guest, { workerData: task })
  const steps = () => Atomics.load(control, 1)
  const met = async (): Promise<void> => {
    for (let from = steps(); steps() < from + 2; ) await later(1)
  }
  const stop = async (): Promise<void> => {
    Atomics.store(control, 0, 0)
    Atomics.notify(control, 0)
    while (Atomics.load(control, 2) === 0) await later(0)
  }
  const resume = (): void => {
    Atomics.store(control, 0, 1)
    Atomics.notify(control, 0)
  }
  const child = spawn(process.execPath, [files.target, `${run.bytes}`], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const exited = new Promise(resolve => child.once('exit', resolve))
  try {
    const { value: first = '' } = await lines.next()
    const socket = connect(Number(first.split(' ')[1]), '127.0.0.1')
    socket.on('error', () => {})
    socket.setNoDelay()
    await new Promise(resolve => socket.once('connect', resolve))
    await met()
    await later(run.warmUp)
    machine.device.text = 'state of the device'
    run.harm?.(child, socket)
    let report: MigrationReport | undefined
    let error: unknown
    try {
      report = await migrate(machine.space, socket, {
        maxDowntime: run.maxDowntime ?? 100,
        devices: machine.devices,
        synchronize: met,
        stop: async () => {
          await stop()
          machine.device.count = steps()
        },
        resume,
      })
    } catch (thrown) {
      error = thrown
    }
    const before = steps()
    // Where it was moved, it is not looked at for long whether the guest stands still.
    const deadline = performance.now() + (report === undefined && !isUnknown(error) ? 10_000 : 30)
    while (steps() <= before + 2 && performance.now() < deadline) await later(2)
    const runsOn = steps() > before + 2
    if (report === undefined && runsOn) await stop()
    const checksum = await machine.checksumInTurns()
    socket.destroy()
    const { value: last } = await lines.next()
    await exited
    const [, target, targetChecksum] = /^(.*) (\w+)$/.exec(last ?? '') ?? []
    return { ...(report && { report }), error, target, targetChecksum, checksum, runsOn }
  } finally {
    child.kill('SIGKILL')
    await guest.terminate()
    machine.space.destroy()
  }
}

function isUnknown(error: unknown): boolean {
  return (error as { reason?: unknown }).reason === 'unknown'
}

export const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
