import type { Views } from '../../src/ram/views.ts'
import { viewsOf } from '../../src/ram/views.ts'
import type { Access } from './access-log.ts'

type Elements = Uint8Array | Uint16Array | Uint32Array | BigUint64Array

/** Views over one buffer that report every element access, and stand-ins for the Atomics that take them. */
export interface LoggedViews {
  readonly views: Views
  readonly atomics: Pick<typeof Atomics, 'load' | 'store'>
  record(body: () => void): Access[]
}

export function loggedViews(bytes: number): LoggedViews {
  let log: Access[] = []
  const watch = <T extends Elements>(elements: T): T => {
    const width = elements.BYTES_PER_ELEMENT
    const note = (kind: Access['kind'], key: string | symbol): void => {
      if (typeof key === 'string' && /^\d+$/.test(key)) log.push({ kind, address: Number(key) * width, width })
    }
    return new Proxy(elements, {
      get(target, key) {
        note('load', key)
        return Reflect.get(target, key, target)
      },
      set(target, key, value) {
        note('store', key)
        return Reflect.set(target, key, value, target)
      },
    })
  }
  const real = viewsOf(new SharedArrayBuffer(bytes))
  const views = { u8: watch(real.u8), u16: watch(real.u16), u32: watch(real.u32), u64: watch(real.u64) }
  // An element access on a watched view is what Atomics would do to it.
  const load = (view: Elements, index: number): unknown => view[index]
  const store = (view: Elements, index: number, value: never): unknown => {
    view[index] = value
    return value
  }
  return {
    views,
    atomics: { load, store } as unknown as Pick<typeof Atomics, 'load' | 'store'>,
    record(body) {
      log = []
      body()
      return log
    },
  }
}
