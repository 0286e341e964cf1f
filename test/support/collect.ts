import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { later } from './later.ts'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

/** Collects garbage until all of these are gone, or it has tried often. @returns How many are left. */
export async function collect(refs: readonly WeakRef<object>[]): Promise<number> {
  for (let i = 0; i < 30; i++) {
    // What a WeakRef gave, or was made of, stays until the end of the turn.
    await later(1)
    gc()
    await later(1)
    if (refs.every(ref => ref.deref() === undefined)) return 0
  }
  return refs.filter(ref => ref.deref() !== undefined).length
}

/** Bytes of the JavaScript heap, after a collection. */
export function heapBytes(): number {
  gc()
  gc()
  return process.memoryUsage().heapUsed
}
