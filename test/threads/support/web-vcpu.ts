/** As much of `node:worker_threads` as a vCPU of the tests uses, in a page's worker. */
export const parentPort: { postMessage(message: unknown): void } = self

// A page's worker is handed nothing as it starts: what it is to do is its first message.
export const workerData: unknown = await new Promise(resolve =>
  self.addEventListener('message', ({ data }) => resolve(data), { once: true }),
)
