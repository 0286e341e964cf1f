/**
 * Programs as litmus tests have them: a few threads of a few accesses to a few bytes, no loops. Bytes are the unit, so
 * that accesses of several widths may overlap.
 */
export interface Program {
  /** The bytes at the start; addresses count from its first. */
  readonly memory: readonly number[]
  readonly threads: readonly (readonly Op[])[]
}

export type Op = Store | Load | Fence

/** `plain` is what a compiled language makes of an ordinary access; `atomic` is sequentially consistent. */
export type Order = 'plain' | 'atomic'

export interface Store {
  readonly kind: 'store'
  readonly address: number
  /** Its length is the width of the access. */
  readonly bytes: readonly number[]
  readonly order: Order
  /** Made only if this register of the same thread, loaded earlier, has these bytes: a branch around the store. */
  readonly when?: { readonly register: string; readonly equals: readonly number[] }
}

export interface Load {
  readonly kind: 'load'
  readonly address: number
  readonly width: number
  readonly order: Order
  /** Its name is unique in the program. */
  readonly register: string
}

export interface Fence {
  readonly kind: 'fence'
}

/** What is left of one execution. */
export interface Outcome {
  readonly memory: readonly number[]
  readonly registers: Readonly<Record<string, readonly number[]>>
}

export const fence: Fence = { kind: 'fence' }

export function store(address: number, bytes: readonly number[], order: Order = 'plain', when?: Store['when']): Store {
  return { kind: 'store', address, bytes, order, ...(when && { when }) }
}

export function load(register: string, address: number, width = 1, order: Order = 'plain'): Load {
  return { kind: 'load', address, width, order, register }
}

export function widthOf(op: Op): number {
  return op.kind === 'store' ? op.bytes.length : op.kind === 'load' ? op.width : 0
}

export function overlap(a: Op, b: Op): boolean {
  if (a.kind === 'fence' || b.kind === 'fence') return false
  return a.address < b.address + widthOf(b) && b.address < a.address + widthOf(a)
}
