import type * as WorkerThreads from 'node:worker_threads'

/** A thread that answers one message. */
export interface Thread<Q, A> {
  ask(question: Q): Promise<A>
  terminate(): void
}

/** Node's threads, where there are no others: Bun, Deno and browsers have Workers, which are tried first. */
function nodeThreads(): typeof WorkerThreads {
  const threads = globalThis.process?.getBuiltinModule?.('node:worker_threads')
  if (threads === undefined) throw new TypeError('this engine has neither Worker nor node:worker_threads')
  return threads
}

/** @param module The address of an ES module that calls `inThread`. */
export function startThread<Q, A>(module: URL): Thread<Q, A> {
  return typeof Worker === 'function' ? webThread(module) : nodeThread(module)
}

function webThread<Q, A>(module: URL): Thread<Q, A> {
  const worker = new Worker(module, { type: 'module' })
  return {
    ask: question =>
      new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data as A)
        worker.onerror = event => reject(new Error(event.message || `a thread failed to start from ${module}`))
        worker.postMessage(question)
      }),
    terminate: () => worker.terminate(),
  }
}

function nodeThread<Q, A>(module: URL): Thread<Q, A> {
  const worker = new (nodeThreads().Worker)(module)
  return {
    ask: question =>
      new Promise((resolve, reject) => {
        worker.once('message', resolve)
        worker.once('error', reject)
        worker.once('exit', code => reject(new Error(`a thread ended without an answer, exit code ${code}`)))
        worker.postMessage(question)
      }),
    terminate: () => void worker.terminate(),
  }
}

/** In a thread: answers each message with what `answer` gives. */
export function inThread<Q, A>(answer: (question: Q) => A): void {
  if (typeof Worker === 'function' || globalThis.process === undefined) {
    const scope = globalThis as unknown as {
      onmessage: (event: { data: Q }) => void
      postMessage: (message: A) => void
    }
    scope.onmessage = ({ data }) => scope.postMessage(answer(data))
  } else {
    const port = nodeThreads().parentPort
    port?.on('message', (question: Q) => port.postMessage(answer(question)))
  }
}
