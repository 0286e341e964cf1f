import { Bus, type CopyModel } from './bus.ts'

/** A way to copy, over memory of its own that a guest sees. */
export interface Copier {
  readonly name: string
  /** The guest's bytes, untold: what a guest does to them is one step. */
  readonly bytes: Uint8Array
  copy(dst: number, src: number, length: number): void
}

export const MEMORY_BYTES = 8192

export function modelled(name: string, model: CopyModel): Copier {
  const bus = new Bus(new Uint8Array(MEMORY_BYTES))
  return { name, bytes: bus.bytes, copy: (dst, src, length) => model(bus, dst, src, length) }
}
