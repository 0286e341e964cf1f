import { show } from '../check.ts'
import type { LitmusThread } from './litmus-thread.ts'

/** The address of the package's `litmus-worker.js`, or a function that starts a thread of it. */
export type WorkerOption = string | { readonly href: string } | (() => LitmusThread)

/** What `runLitmus` may be told. */
export interface LitmusOptions {
  /** How long the races take altogether, seconds, over 0; 12 unless said. Starting threads comes on top. */
  readonly seconds?: number | undefined
  /** Called before each race: how many of how many have been run, and which one is next. */
  readonly onProgress?: ((done: number, total: number, race: string, copy: string) => void) | undefined
  /**
   * How a thread is started: the address of the package's `litmus-worker.js` (a URL, or a string as `Worker` takes it), or
   * a function that is called for each thread and returns a new Worker of it. Unless said, it is started from the file
   * beside this one, and where a bundler has left that behind, from a copy that is packed into this one.
   */
  readonly worker?: WorkerOption | undefined
}

/** The options as the races take them. */
export interface LitmusSettings {
  readonly seconds: number
  readonly onProgress: (done: number, total: number, race: string, copy: string) => void
  readonly worker: WorkerOption | undefined
}

const KEYS = ['seconds', 'onProgress', 'worker'] as const
const DEFAULT_SECONDS = 12

/** @throws TypeError or RangeError naming the option and its value; a misspelt one too. */
export function checkLitmusOptions(options: unknown): LitmusSettings {
  if (options === undefined) return checkLitmusOptions({})
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new TypeError(`options must be an object, got ${show(options)}`)
  for (const key of Object.keys(options)) {
    if (!(KEYS as readonly string[]).includes(key))
      throw new TypeError(`options must have keys among ${KEYS.join(', ')}, got ${show(key)}`)
  }
  // Own properties alone: what somebody has put on Object.prototype is nobody's option.
  const given = (key: (typeof KEYS)[number]): unknown =>
    Object.hasOwn(options, key) ? (options as Record<string, unknown>)[key] : undefined
  return {
    seconds: checkSeconds(given('seconds')),
    onProgress: checkProgress(given('onProgress')),
    worker: checkWorker(given('worker')),
  }
}

function checkSeconds(value: unknown): number {
  if (value === undefined) return DEFAULT_SECONDS
  const fault = `options.seconds must be a number over 0, got ${show(value)}`
  if (typeof value !== 'number') throw new TypeError(fault)
  if (value > 0 && value < 2 ** 31) return value
  throw new RangeError(fault)
}

function checkProgress(value: unknown): LitmusSettings['onProgress'] {
  if (value === undefined) return () => {}
  if (typeof value === 'function') return value as LitmusSettings['onProgress']
  throw new TypeError(`options.onProgress must be a function, got ${show(value)}`)
}

function checkWorker(value: unknown): WorkerOption | undefined {
  if (value === undefined) return undefined
  const isAddress = typeof (value as { href?: unknown } | null)?.href === 'string'
  if (typeof value === 'function' || isAddress || (typeof value === 'string' && value !== ''))
    return value as WorkerOption
  throw new TypeError(
    `options.worker must be a URL, an address or a function that returns a Worker, got ${show(value)}`,
  )
}
