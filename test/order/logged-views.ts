import { type Views, viewsOf } from '../../src/ram/access/views.ts'
import type { Access } from './access-log.ts'
import { AccessLog } from './log.ts'

type Elements = Uint8Array | Uint16Array | Uint32Array | BigUint64Array

/** A typed array that reports every element access before it is made; addresses count from its buffer's beginning. */
export function watch<T extends Elements>(elements: T, log: AccessLog): T {
  const width = elements.BYTES_PER_ELEMENT
  const start = elements.byteOffset
  const note = (isStore: boolean, key: string | symbol): void => {
    if (typeof key === 'string' && key >= '0' && key <= ':') log.note(isStore, start + Number(key) * width, width)
  }
  return new Proxy(elements, {
    get(target, key) {
      note(false, key)
      return Reflect.get(target, key, target)
    },
    set(target, key, value) {
      note(true, key)
      return Reflect.set(target, key, value, target)
    },
  })
}

export function watchViews({ u8, u16, u32, u64 }: Views, log: AccessLog): Views {
  return { u8: watch(u8, log), u16: watch(u16, log), u32: watch(u32, log), u64: watch(u64, log) }
}

/** Stand-ins for the Atomics that take watched views: an element access on them is what Atomics would do. */
export const watchedAtomics = {
  load: (view: Elements, index: number): unknown => view[index],
  store: (view: Elements, index: number, value: never): unknown => {
    view[index] = value
    return value
  },
} as unknown as Pick<typeof Atomics, 'load' | 'store'>

/** Views over one buffer that report every element access, and stand-ins for the Atomics that take them. */
export interface LoggedViews {
  readonly views: Views
  readonly atomics: Pick<typeof Atomics, 'load' | 'store'>
  record(body: () => void): Access[]
}

export function loggedViews(bytes: number): LoggedViews {
  const log = new AccessLog()
  return {
    views: watchViews(viewsOf(new SharedArrayBuffer(bytes)), log),
    atomics: watchedAtomics,
    record(body) {
      log.clear()
      body()
      return accessesOf(log)
    },
  }
}

export function accessesOf(log: AccessLog): Access[] {
  return Array.from({ length: log.count }, (_, i) => ({
    kind: log.stores[i] === 1 ? 'store' : 'load',
    address: log.addresses[i] as number,
    width: log.widths[i] as number,
  }))
}
