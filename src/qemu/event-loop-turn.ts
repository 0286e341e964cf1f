/** What engines have to run something behind what already waits, such as timers. */
interface Engine {
  readonly setImmediate?: (callback: () => void) => void
  readonly MessageChannel?: new () => { readonly port1: Port; readonly port2: Port }
  setTimeout(callback: () => void, milliseconds: number): void
}

interface Port {
  onmessage: (() => void) | null
  postMessage(message: null): void
  close(): void
}

/**
 * Resolves when the event loop has gone round: timers, sockets and other tasks have had their turn. Without Node's
 * setImmediate it is a message, since browsers have a nested timer wait for 4 ms.
 */
export function eventLoopTurn(): Promise<void> {
  const engine = globalThis as unknown as Engine
  const { setImmediate, MessageChannel } = engine
  return new Promise(resolve => {
    if (typeof setImmediate === 'function') setImmediate(resolve)
    else if (typeof MessageChannel === 'function') {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = () => {
        port1.close()
        resolve()
      }
      port2.postMessage(null)
    } else engine.setTimeout(resolve, 0)
  })
}
