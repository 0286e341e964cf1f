import { type LitmusThread, listenTo } from './litmus-thread.ts'
import { type Answer, READY, type Task } from './task.ts'
import type { ThreadSource } from './thread-source.ts'

/** How long is waited for a thread, ms. */
export interface ThreadLimits {
  /** Altogether until one is ready. */
  readonly start: number
  /** Until the next source is tried beside the one that has not said anything yet. */
  readonly nextSource: number
  /** For an answer, beyond the time that the task takes. */
  readonly answer: number
}

/**
 * A thread that can't start is an error within 5 s. What starts a thread late is a machine that is busy, so the limit is
 * close to that; an answer is late for the same reason, and may be later, as the two threads then wait for each other.
 */
export const THREAD_LIMITS: ThreadLimits = { start: 4500, nextSource: 1500, answer: 20_000 }

/** A thread that takes one task at a time. */
export class RunningThread {
  readonly source: ThreadSource
  readonly #thread: LitmusThread
  readonly #answerLimit: number
  #settle: ((answer: Answer) => void) | undefined
  #failure: string | undefined

  constructor(source: ThreadSource, thread: LitmusThread, answerLimit: number) {
    this.source = source
    this.#thread = thread
    this.#answerLimit = answerLimit
  }

  /** @returns An answer in any case: one that names the failure where the thread fails, or does not answer in time. */
  ask(task: Task): Promise<Answer> {
    return new Promise(resolve => {
      const limit = task.ms + this.#answerLimit
      const timer = setTimeout(() => this.fail(`it did not answer within ${Math.ceil(limit / 1000)} s`), limit)
      this.#settle = answer => {
        clearTimeout(timer)
        resolve(answer)
      }
      if (this.#failure !== undefined) return this.fail(this.#failure)
      try {
        this.#thread.postMessage(task)
      } catch (error) {
        this.fail(`it was sent a message that cannot be cloned: ${(error as Error).message}`)
      }
    })
  }

  /** What the thread has sent: an answer, or something of a bundler's own, which is ignored. */
  take(data: unknown): void {
    const answer = Object(data) as Answer
    if (answer.observation !== undefined || answer.failure !== undefined) this.#settle?.(answer)
  }

  fail(reason: string): void {
    // The first reason is the cause: a thread that throws ends as well.
    this.#failure ??= reason
    this.#settle?.({ failure: `its thread failed: ${this.#failure}` })
  }

  terminate(): void {
    // One that failed to start may fail to end as well, at once or later; nobody waits for that.
    const terminate = async () => this.#thread.terminate()
    terminate().catch(() => {})
  }
}

/**
 * Starts a thread from the first source that gives one. Sources are tried in turn: the next when one fails, or when it has
 * said nothing for a while. Then both are waited for, since a busy machine and a wrong address look the same so far.
 *
 * @throws Error within `limits.start`, with each source's reason.
 */
export function startThread(sources: readonly ThreadSource[], limits: ThreadLimits): Promise<RunningThread> {
  return new Promise((resolve, reject) => {
    const reasons = new Map<ThreadSource, string>()
    const opened: RunningThread[] = []
    const timers: ReturnType<typeof setTimeout>[] = []
    let tried = 0
    let settled = false

    const settle = (winner: RunningThread | undefined) => {
      if (settled) return
      settled = true
      for (const timer of timers) clearTimeout(timer)
      for (const thread of opened) if (thread !== winner) thread.terminate()
      if (winner !== undefined) return resolve(winner)
      const texts = sources.map(source => `${source.name}: ${reasons.get(source) ?? 'it said nothing'}`)
      reject(new Error(`no litmus thread could be started (${texts.join('; ')}). ${HINT}`))
    }

    const fail = (source: ThreadSource, reason: string) => {
      if (reasons.has(source)) return
      reasons.set(source, reason)
      if (reasons.size === sources.length) settle(undefined)
      else tryNext()
    }

    const tryNext = async () => {
      const source = sources[tried++]
      if (settled || source === undefined) return
      timers.push(setTimeout(tryNext, limits.nextSource))
      try {
        if (source.prepare !== undefined) await source.prepare()
        if (!settled) listen(source, source.open())
      } catch (error) {
        fail(source, error instanceof Error ? error.message : String(error))
      }
    }

    const listen = (source: ThreadSource, opening: LitmusThread) => {
      const thread = new RunningThread(source, opening, limits.answer)
      opened.push(thread)
      let ready = false
      listenTo(opening, {
        onMessage(data) {
          if (ready) return thread.take(data)
          if (data !== READY) return
          ready = true
          settle(thread)
        },
        onFailure(reason) {
          if (ready) thread.fail(reason)
          else fail(source, reason)
        },
      })
    }

    // Twice: if this thread itself was busy until now, what the others have sent meanwhile is taken before the second.
    timers.push(setTimeout(() => timers.push(setTimeout(() => settle(undefined), 0)), limits.start))
    void tryNext()
  })
}

const HINT = 'Let options.worker give the address at which your server or bundler has guestmem/litmus-worker.js'
