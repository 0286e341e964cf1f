/** What engines have, beside what every one has, to run something behind what already waits in their event loop. */
interface Engine {
  readonly setImmediate?: (callback: () => void) => void
  readonly MessageChannel?: new () => { readonly port1: Port; readonly port2: Port }
}

interface Port {
  onmessage: (() => void) | null
  postMessage(message: null): void
  close(): void
}

/** Without Atomics.waitAsync a sleeping owner looks that often, milliseconds. */
const LOOK_MS = 1

/** Calls back once the event loop has gone round. */
export function afterTurn(callback: () => void): void {
  const { setImmediate, MessageChannel } = globalThis as unknown as Engine
  if (typeof setImmediate === 'function') setImmediate(callback)
  else if (typeof MessageChannel === 'function') {
    // A nested timer of a browser waits for 4 ms.
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      callback()
    }
    port2.postMessage(null)
  } else setTimeout(callback, 0)
}

/** Calls back when the word is notified, or is `value` no longer; where there is a limit, after that at the latest. */
export function afterChange(words: Int32Array, word: number, value: number, limit: number, callback: () => void): void {
  const { waitAsync } = Atomics as unknown as {
    waitAsync?: (
      words: Int32Array,
      word: number,
      value: number,
      limit: number,
    ) => { readonly async: boolean; readonly value: unknown }
  }
  if (waitAsync === undefined) {
    setTimeout(callback, LOOK_MS)
    return
  }
  const wait = waitAsync(words, word, value, limit)
  if (wait.async) (wait.value as Promise<unknown>).then(callback)
  else afterTurn(callback)
}

/** Keeps the thread from ending while nothing but a promise of Atomics.waitAsync waits, which in Node does not. */
export function keepAlive(): () => void {
  const timer = setInterval(() => {}, 2 ** 30)
  return () => clearInterval(timer)
}
