import type { AddressSpace } from 'guestmem'
import { checkFunction, checkInteger, checkOptions } from '../check.ts'
import { type Answer, Answers, PREPARED, SYNCED, TAKEN } from './answers.ts'
import { ChunkWriter, NO_DIGEST, newId } from './chunk-writer.ts'
import { describe } from './description.ts'
import { DirtyFollower } from './dirty-follower.ts'
import { type Connection, connectionOf, type NodeDuplex, type WebDuplex } from './duplex.ts'
import { FULL, MACHINE, PAGE, STOP, SYNC, TAKE } from './layout.ts'
import { checkSpaces, MACHINE_OPTIONS, type Machine, type MachineOptions, partsOf } from './machine.ts'
import { MigrationError } from './migration-error.ts'
import { type PageRange, PageWriter } from './page-writer.ts'
import { stateChunks, stateNow } from './save-machine.ts'

export interface MigrationOptions extends MachineOptions {
  /** How long the guest may stand still, milliseconds, 1 to 3,600,000; 300 unless said. A goal: it decides when the guest is stopped. */
  readonly maxDowntime?: number | undefined
  /** How often memory is sent, at most, before it is given up, 1 to 1000; 30 unless said. */
  readonly maxRounds?: number | undefined
  /**
   * Called once the log has begun, and waited for: hears from every thread that stores to the machine's memory (a message there
   * and back), so that its stores are marked from then on (docs/DIRTY-LOG.md). Not needed where only this thread stores.
   */
  readonly synchronize?: (() => void | Promise<void>) | undefined
  /** Stops the guest, in all threads: when its promise is there, nothing is stored any more. */
  readonly stop: () => void | Promise<void>
  /** Lets the guest go on, where it was stopped and then not moved. */
  readonly resume: () => void | Promise<void>
}

/** How a machine was moved. */
export interface MigrationReport {
  /** How often pages were sent, the first time and the last one included. */
  readonly rounds: number
  /** Of all that was sent. */
  readonly bytes: number
  /** From when `stop` was called to when the target had the machine, milliseconds. */
  readonly downtime: number
  /** Of all of it, milliseconds. */
  readonly duration: number
}

const OPTIONS = [...MACHINE_OPTIONS, 'maxDowntime', 'maxRounds', 'synchronize', 'stop', 'resume'] as const

/** So many rounds are looked at: where the least of them is not clearly less than the least before, it does not converge. */
const PATIENCE = 6

/**
 * Moves a machine to another process while its guest runs: sends all memory, then again and again what was stored to meanwhile
 * (precopy), until what is left takes less than `maxDowntime`; then stops the guest and sends the rest, the map and the devices.
 * At the other end `receiveMachine` takes it.
 *
 * Until the target has all of it, and has said so, the machine is the source's: whatever breaks, at whatever moment, the guest
 * is resumed and the target has nothing. When the promise is there, the machine is the target's, and stays stopped here.
 *
 * Of the thread that the machine belongs to; its guest runs in others, or in this one between the steps of the event loop.
 *
 * @param source The spaces of the machine.
 * @param stream The connection. It stays open: closing it is its owner's.
 * @throws MigrationError saying why not; TypeError or RangeError naming the argument.
 */
export async function migrate(
  source: AddressSpace | readonly AddressSpace[],
  stream: WebDuplex | NodeDuplex,
  options: MigrationOptions,
): Promise<MigrationReport> {
  const checked = checkMigrationOptions(options)
  const machine = partsOf(checkSpaces(source, 'source'), [], checked)
  return new Migration(machine, connectionOf(stream), checked).run()
}

type CheckedMigration = Partial<MigrationOptions> &
  Required<Pick<MigrationOptions, 'stop' | 'resume'>> & { readonly maxDowntime: number; readonly maxRounds: number }

function checkMigrationOptions(value: MigrationOptions): CheckedMigration {
  const options = checkOptions<MigrationOptions>(value, OPTIONS)
  const { stop, resume, synchronize, maxDowntime = 300, maxRounds = 30 } = options
  checkInteger(maxDowntime, 'options.maxDowntime', 1, 3_600_000)
  checkInteger(maxRounds, 'options.maxRounds', 1, 1000)
  const functions = { stop, resume, ...(synchronize !== undefined && { synchronize }) }
  for (const [name, each] of Object.entries(functions)) checkFunction(each, `options.${name}`)
  return { ...options, maxDowntime, maxRounds } as CheckedMigration
}

class Migration {
  readonly #machine: Machine
  readonly #connection: Connection
  readonly #options: CheckedMigration
  readonly #answers: Answers
  readonly #writer = new ChunkWriter()
  readonly #out: PageWriter
  #follower: DirtyFollower | undefined
  #stopped = false
  #syncs = 0
  #rounds = 0

  constructor(machine: Machine, connection: Connection, options: CheckedMigration) {
    this.#machine = machine
    this.#connection = connection
    this.#options = options
    this.#answers = new Answers(connection)
    this.#out = new PageWriter(this.#writer, machine.blocks, { sparse: false, equal: undefined })
  }

  async run(): Promise<MigrationReport> {
    const begin = performance.now()
    let told = false
    try {
      this.#follower = new DirtyFollower(this.#machine)
      await this.#options.synchronize?.()
      await this.#precopy()
      const stopping = performance.now()
      this.#stopped = true
      await this.#options.stop()
      await this.#finish()
      await this.#hear(PREPARED)
      told = true
      await this.#send(this.#writer.chunk(TAKE, new Uint8Array(0)))
      await this.#hear(TAKEN)
      const now = performance.now()
      return { rounds: this.#rounds, bytes: this.#writer.bytes, downtime: now - stopping, duration: now - begin }
    } catch (error) {
      throw await this.#giveUp(error, told)
    } finally {
      this.#connection.close()
      this.#follower?.end()
    }
  }

  /** Sends memory until little is left. @throws MigrationError where it gets no less. */
  async #precopy(): Promise<void> {
    const { blocks } = this.#machine
    const id = { id: newId(), generation: 0, parent: NO_DIGEST, live: true }
    await this.#send(this.#writer.header(id))
    for (const chunk of this.#writer.chunks(MACHINE, describe(this.#machine))) await this.#send(chunk)
    const first = blocks.map(block => (block.ram.untouched ? [] : [{ offset: 0, length: block.size }]))
    const { maxDowntime, maxRounds } = this.#options
    const sparse = new PageWriter(this.#writer, blocks, { sparse: true, equal: undefined })
    let rate = await this.#round(sparse, first)
    const lefts: number[] = []
    for (;;) {
      const pages = this.#takeDirty()
      const left = pages.reduce((sum, ranges) => sum + ranges.reduce((bytes, { length }) => bytes + length, 0), 0)
      lefts.push(left)
      // Half of the time is for what is stored until the guest has stopped, for the devices and the answer.
      const enough = left / rate <= maxDowntime / 2
      const failure = enough ? undefined : this.#failureOf(lefts, rate, maxRounds, maxDowntime)
      if (failure !== undefined) throw failure
      rate = Math.max(await this.#round(this.#out, pages), left < 2 ** 20 ? rate : 0)
      if (enough) return
    }
  }

  #failureOf(
    lefts: readonly number[],
    rate: number,
    maxRounds: number,
    maxDowntime: number,
  ): MigrationError | undefined {
    const best = (of: readonly number[]) => Math.min(...of)
    const stuck = lefts.length > PATIENCE && best(lefts.slice(-PATIENCE)) > 0.9 * best(lefts.slice(0, -PATIENCE))
    if (!stuck && lefts.length < maxRounds) return undefined
    const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(1)
    const left = lefts[lefts.length - 1] as number
    return new MigrationError(
      'does not converge',
      `after ${this.#rounds} rounds ${mib(left)} MiB were stored to while the one before was sent, and the stream takes ${mib(rate * 1000)} MiB a second: the guest would stand still for ${Math.ceil(left / rate)} ms, of ${maxDowntime} allowed (options.maxDowntime). Slow it down, or allow more`,
    )
  }

  /** What was stored to since the last time, by block. */
  #takeDirty(): PageRange[][] {
    const follower = this.#follower as DirtyFollower
    follower.sync()
    return this.#machine.blocks.map(block => {
      const pages = follower.pagesOf(block)
      const ranges = [...pages.ranges(block.size, PAGE)]
      pages.clear()
      return ranges
    })
  }

  /** Sends pages, and waits until the target has stored them. @returns Bytes a millisecond. */
  async #round(out: PageWriter, pages: readonly (readonly PageRange[])[]): Promise<number> {
    const begin = performance.now()
    const before = this.#writer.bytes
    await this.#sendPages(out, pages)
    if (this.#rounds++ === 0) await this.#send(this.#writer.chunk(FULL, new Uint8Array(0)))
    await this.#send(this.#writer.chunk(SYNC, new Uint8Array(0)))
    const { number } = await this.#hear(SYNCED)
    if (number !== this.#syncs++)
      throw new Error(`the target answers for round ${number} in place of ${this.#syncs - 1}`)
    return (this.#writer.bytes - before) / Math.max(0.1, performance.now() - begin)
  }

  async #sendPages(out: PageWriter, pages: readonly (readonly PageRange[])[]): Promise<void> {
    for (const [index, ranges] of pages.entries()) for (const chunk of out.pages(index, ranges)) await this.#send(chunk)
  }

  /** What is left, once the guest stands still. */
  async #finish(): Promise<void> {
    const state = stateNow(this.#machine)
    await this.#sendPages(this.#out, this.#takeDirty())
    this.#rounds++
    for (const chunk of stateChunks(this.#writer, state)) await this.#send(chunk)
    await this.#send(this.#writer.end())
  }

  #send(bytes: Uint8Array): Promise<void> {
    return this.#answers.orFailed(this.#connection.write(bytes))
  }

  /** @throws Where something else comes, or nothing. */
  async #hear(kind: number): Promise<Answer> {
    const answer = await this.#answers.next()
    if (answer.kind !== kind) throw new Error('the target answers out of turn')
    return answer
  }

  /** @param told The target was told to take the machine. */
  async #giveUp(error: unknown, told: boolean): Promise<unknown> {
    const message = error instanceof Error ? error.message : String(error)
    if (told)
      return new MigrationError(
        'unknown',
        `the target was told to take the machine, and has not said that it did (${message}): ask it, before one of the two goes on`,
        { cause: error },
      )
    if (this.#stopped) await this.#options.resume()
    // Nobody may be there to hear it, or there is no room: it is not waited for.
    this.#connection.write(this.#writer.chunk(STOP, new TextEncoder().encode(message))).catch(() => {})
    if (error instanceof MigrationError) return error
    return new MigrationError('failed', `the machine was not moved, and goes on here: ${message}`, { cause: error })
  }
}
