import type * as WorkerThreads from 'node:worker_threads'
import { type Answer, READY, type Task } from './task.ts'

/** In a litmus thread: says that it is ready, and answers each task with what `answer` gives. */
export function answerTasks(answer: (task: Task) => Answer): void {
  const scope = globalThis as unknown as {
    onmessage: (event: { data: Task }) => void
    postMessage?: (message: unknown) => void
  }
  // Only Node's threads have no global postMessage. That is a surer sign than `process`, which bundlers imitate in pages.
  if (typeof scope.postMessage === 'function') {
    scope.onmessage = ({ data }) => scope.postMessage?.(answer(data))
    scope.postMessage(READY)
    return
  }
  const threads = globalThis.process?.getBuiltinModule?.('node:worker_threads') as typeof WorkerThreads | undefined
  const port = threads?.parentPort
  port?.on('message', (task: Task) => port.postMessage(answer(task)))
  port?.postMessage(READY)
}
