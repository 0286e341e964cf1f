import type { AccessLog } from './log.ts'

/** Bytes of scratch that carried something: stored, and loaded again later. */
export function carried(log: AccessLog, [start, end]: readonly [number, number]): number {
  const stored = new Set<number>()
  const used = new Set<number>()
  for (let i = 0; i < log.count; i++) {
    const address = log.addresses[i] as number
    if (address < start || address >= end) continue
    for (let at = address; at < address + (log.widths[i] as number); at++) {
      if (log.stores[i] === 1) stored.add(at)
      else if (stored.has(at)) used.add(at)
    }
  }
  return used.size
}

/** Bytes that script allocates while `body` runs. */
export function allocated(body: () => void): number {
  let bytes = 0
  const counting = <T extends ArrayBufferConstructor | Uint8ArrayConstructor>(real: T): T =>
    new Proxy(real, {
      construct(target, args, newTarget) {
        if (typeof args[0] === 'number') bytes += args[0]
        return Reflect.construct(target, args, newTarget === target ? target : newTarget)
      },
    })
  const { ArrayBuffer: Buffer, Uint8Array: Bytes } = globalThis
  globalThis.ArrayBuffer = counting(Buffer)
  globalThis.Uint8Array = counting(Bytes)
  try {
    body()
  } finally {
    globalThis.ArrayBuffer = Buffer
    globalThis.Uint8Array = Bytes
  }
  return bytes
}
