import { vi } from 'vitest'
import { copyViews } from '../../src/ram/copy/script-copy.ts'
import type { KernelTier } from '../../src/ram/kernels/kernel.ts'
import { type Access, type LoggedKernel, loggedKernel } from '../order/access-log.ts'
import { loggedViews } from '../order/logged-views.ts'
import { type Order, type Store, store } from './program.ts'

/** The stores of one copy to `length` bytes from `start` on, in program order. */
export interface Writer {
  readonly start: number
  readonly length: number
  readonly stores: readonly Store[]
}

export const OLD = 0

/** Every byte is another one, and none is old. */
export function newByte({ start }: Pick<Writer, 'start'>, address: number): number {
  return address - start + 1
}

/** Where the copies are made; a multiple of every width. */
const BASE = 4096
const SOURCE = 256
/** Behind what a guest sees: the kernels' scratch. */
const SCRATCH = 65536

const kernels = new Map<KernelTier, LoggedKernel>()

function kernelOf(tier: KernelTier): LoggedKernel {
  const kernel = kernels.get(tier) ?? loggedKernel(tier)
  kernels.set(tier, kernel)
  return kernel
}

/** The stores that the shipped kernel makes. Those of the language tier are atomic. */
export function kernelCopy(tier: KernelTier, start: number, length: number): Writer {
  const { kernel, record } = kernelOf(tier)
  return writer(start, length, tier === 'language' ? 'atomic' : 'plain', () =>
    record(() => kernel.copy(BASE + start, SOURCE, length)),
  )
}

/** A move up by less than its length, through scratch (H13). */
export function kernelMove(tier: KernelTier, start: number, length: number, distance: number): Writer {
  const { kernel, record } = kernelOf(tier)
  const up = 2 * distance < length ? kernel.upRing : kernel.upSaved
  return writer(start, length, tier === 'language' ? 'atomic' : 'plain', () =>
    record(() => up(BASE + start, distance, length, SCRATCH)),
  )
}

/** The stores of the script lane. In the host order too, one of 64 bits is atomic. */
export function scriptCopy(order: Order, start: number, length: number): Writer {
  const { views, atomics, record } = loggedViews(2 * BASE)
  const atomicAt = new Set<number>()
  const mocks = [
    vi.spyOn(Atomics, 'load').mockImplementation(atomics.load as typeof Atomics.load),
    vi.spyOn(Atomics, 'store').mockImplementation(((view: Uint8Array, index: number, value: number) => {
      atomicAt.add(index * view.BYTES_PER_ELEMENT)
      return atomics.store(view, index, value)
    }) as typeof Atomics.store),
  ]
  try {
    const log = record(() => copyViews(views, BASE + start, views, SOURCE, length, order === 'atomic'))
    return writer(
      start,
      length,
      ({ address }) => (atomicAt.has(address) ? 'atomic' : 'plain'),
      () => log,
    )
  } finally {
    for (const mock of mocks) mock.mockRestore()
  }
}

/** Copies as C libraries and others make them, to addresses from 0 on: what each stores, as [address, width]. */
export function badCopy(
  length: number,
  accesses: readonly (readonly [number, number])[],
  order: Order = 'plain',
): Writer {
  return writer(0, length, order, () =>
    accesses.map(([address, width]) => ({ kind: 'store', address: BASE + address, width })),
  )
}

function writer(
  start: number,
  length: number,
  order: Order | ((access: Access) => Order),
  log: () => readonly Access[],
): Writer {
  const stores = log()
    .filter(({ kind, address }) => kind === 'store' && address < SCRATCH)
    .map(access => {
      const address = access.address - BASE
      const bytes = Array.from({ length: access.width }, (_, i) => newByte({ start }, address + i))
      return store(address, bytes, typeof order === 'string' ? order : order(access))
    })
  return { start, length, stores }
}
