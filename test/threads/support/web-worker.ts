/** As much of `node:worker_threads` as the one who starts the tests' vCPUs uses, by a page's own Worker. */
export class Worker {
  readonly #worker: globalThis.Worker

  constructor(path: string, { workerData }: { readonly workerData: unknown }) {
    this.#worker = new globalThis.Worker(path, { type: 'module' })
    this.#worker.postMessage(workerData)
  }

  once(event: 'message' | 'error' | 'exit', listener: (told: unknown) => void): void {
    // Nobody is told that a page's worker ended.
    if (event === 'exit') return
    const tell = (told: Event): void => listener((told as MessageEvent).data ?? (told as ErrorEvent).message)
    this.#worker.addEventListener(event, tell, { once: true })
  }

  /** A page is not told when. Chromium lets a worker that runs go on for two seconds. */
  async terminate(): Promise<void> {
    this.#worker.terminate()
    await new Promise(resolve => setTimeout(resolve, 3000))
  }
}
