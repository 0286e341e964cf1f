import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { buildSync } from 'esbuild'
import { ENGINES_OWN } from './refusal.ts'

export type ParserName = 'mtree' | 'json' | 'replay' | 'qtest' | 'smaps' | 'regionInfo'

/** What came of an input: a value, with what is wrong with it; or an error. */
export type Outcome =
  | { readonly fault: string }
  | { readonly thrown: string; readonly message: string; readonly length: number }

/** Of CPU time, which other programs on the same machine do not use up; of the process, which does nothing else. */
const MOST_SECONDS = 10
const HEAP_MIB = 256
/** Of all memory of the process, beside what it had when the input came. */
const MOST_MIB = 1024
const LOOK_EVERY_MS = 20

/** Errors that the parsers are documented to throw. */
const DOCUMENTED: Readonly<Record<ParserName, readonly string[]>> = {
  mtree: ['TypeError', 'RangeError'],
  json: ['TypeError', 'RangeError', 'SyntaxError'],
  replay: ['TypeError', 'RangeError', 'SyntaxError'],
  qtest: [],
  smaps: ['TypeError', 'RangeError'],
  regionInfo: ['TypeError', 'RangeError'],
}

let source: string | undefined

function startThread(told: (outcome: Outcome | string) => void): Worker {
  source ??= buildSync({
    entryPoints: [fileURLToPath(new URL('./parser-thread.ts', import.meta.url))],
    alias: { guestmem: fileURLToPath(new URL('../../../src/index.ts', import.meta.url)) },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    logLevel: 'silent',
  }).outputFiles[0]?.text
  const thread = new Worker(source as string, {
    eval: true,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB, maxYoungGenerationSizeMb: 32 },
  })
  thread.on('message', told)
  thread.on('error', error => told(`ends its thread: ${(error as NodeJS.ErrnoException).code ?? error}`))
  thread.on('exit', code => told(`ends its thread, exit code ${code}`))
  return thread
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** Parses in a thread with a limit of time and of memory; a new thread takes the place of one that was ended. */
export class ParserGuard {
  #thread: Worker | undefined
  #resolve: (outcome: Outcome | string) => void = () => {}

  /** @returns What is wrong with what came of an input; undefined where nothing is. */
  async parse(parser: ParserName, input: unknown): Promise<string | undefined> {
    const outcome = await this.#run(parser, input)
    if (typeof outcome === 'string') return outcome
    if ('fault' in outcome) return outcome.fault === '' ? undefined : outcome.fault
    const { thrown, message, length } = outcome
    if (!DOCUMENTED[parser].includes(thrown)) return `throws ${thrown}: ${message}`
    // Of a text that is no JSON, the engine says where.
    if (thrown !== 'SyntaxError' && ENGINES_OWN.test(message)) return `throws an engine's own ${thrown}: ${message}`
    if (length > 1000) return `throws a text of ${length} characters: ${message.slice(0, 100)}`
    return undefined
  }

  async close(): Promise<void> {
    await this.#thread?.terminate()
    this.#thread = undefined
  }

  async #run(parser: ParserName, input: unknown): Promise<Outcome | string> {
    if (this.#thread === undefined) {
      this.#thread = startThread(this.#told)
      await this.#answer()
    }
    const cpu = cpuSeconds()
    const memory = process.memoryUsage.rss()
    let watch: NodeJS.Timeout | undefined
    const exceeded = new Promise<string>(resolve => {
      watch = setInterval(() => {
        if (process.memoryUsage.rss() - memory > MOST_MIB * 2 ** 20) resolve(`takes over ${MOST_MIB} MiB`)
        else if (cpuSeconds() - cpu > MOST_SECONDS) resolve(`takes over ${MOST_SECONDS} s`)
      }, LOOK_EVERY_MS)
    })
    const answer = this.#answer()
    this.#thread.postMessage({ parser, input })
    const outcome = await Promise.race([answer, exceeded])
    clearInterval(watch)
    if (typeof outcome === 'string') await this.close()
    return outcome
  }

  /** What the thread says next; what ends it, where something does. */
  #answer(): Promise<Outcome | string> {
    return new Promise(resolve => {
      this.#resolve = resolve
    })
  }

  readonly #told = (outcome: Outcome | string): void => this.#resolve(outcome)
}
