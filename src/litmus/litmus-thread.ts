import type * as WorkerThreads from 'node:worker_threads'

/** A thread, as `Worker` makes one in a page, in Bun and in Deno, or the `Worker` of node:worker_threads: see {@link LitmusOptions}. */
export interface LitmusThread {
  postMessage(message: unknown): void
  terminate(): unknown
}

/** Who is told of what a thread does. */
export interface ThreadListeners {
  onMessage(data: unknown): void
  /** The thread has failed, and nothing will come of it any more. */
  onFailure(reason: string): void
}

/** The parts of both sorts of Worker that are needed to hear of a thread. */
interface WebWorker {
  addEventListener(type: string, listener: (event: WebEvent) => void): void
}
interface WebEvent {
  readonly data?: unknown
  readonly message?: string
  preventDefault?(): void
}
interface NodeWorker {
  on(event: string, listener: (value: unknown) => void): void
}

/** True of either sort of Worker. */
export function isThread(value: unknown): value is LitmusThread {
  const fields = Object(value) as Partial<LitmusThread & WebWorker & NodeWorker>
  const has = (method: keyof typeof fields) => typeof fields[method] === 'function'
  return has('postMessage') && has('terminate') && (has('addEventListener') || has('on'))
}

/** Starts a thread of an ES module at `address`, or at a path as Node's Worker takes it. May throw. */
export function openModule(address: string): LitmusThread {
  if (typeof Worker === 'function') return new Worker(address, { type: 'module' })
  return nodeThread(/^(?:file|data):/.test(address) ? new URL(address) : address)
}

/** Starts a thread of Node's. @param source The program: an address, a path, or its text where `options` say so. */
export function nodeThread(source: URL | string, options?: WorkerThreads.WorkerOptions): LitmusThread {
  const threads = globalThis.process?.getBuiltinModule?.('node:worker_threads') as typeof WorkerThreads | undefined
  if (threads === undefined) throw new TypeError('this engine has neither Worker nor node:worker_threads')
  return new threads.Worker(source, options)
}

/** Tells the listeners of a thread of either sort. */
export function listenTo(thread: LitmusThread, { onMessage, onFailure }: ThreadListeners): void {
  const unreadable = () => onFailure('it sent or was sent a message that cannot be cloned')
  if ('on' in thread) {
    const worker = thread as unknown as NodeWorker
    worker.on('message', onMessage)
    worker.on('messageerror', unreadable)
    worker.on('error', error => onFailure(error instanceof Error ? error.message : String(error)))
    worker.on('exit', code => onFailure(`it ended, exit code ${code}`))
    return
  }
  const worker = thread as unknown as WebWorker
  worker.addEventListener('message', ({ data }) => onMessage(data))
  worker.addEventListener('messageerror', unreadable)
  worker.addEventListener('error', event => {
    // Deno ends the whole process for an error of a thread that nobody took.
    event.preventDefault?.()
    // A program that can't be loaded (a wrong address, a policy that forbids it) comes without a message.
    onFailure(event.message || 'its program cannot be loaded')
  })
}
