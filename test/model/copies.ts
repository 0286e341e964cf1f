import type { KernelTier } from '../../src/ram/kernels/kernel.ts'
import type { Order } from './program.ts'
import { kernelCopy, kernelMove, scriptCopy, type Writer } from './writers.ts'

/** [start, length]: a descriptor of 20 bytes, heads and tails of all widths, single accesses, a vector. */
const COPIES: readonly (readonly [number, number])[] = [
  [4, 20],
  [1, 15],
  [0, 15],
  [5, 3],
  [0, 1],
  [2, 2],
  [4, 4],
  [0, 8],
  [0, 16],
]

export const KERNEL_COPIES: Readonly<Record<KernelTier, readonly Writer[]>> = {
  wide: kernelCopies('wide'),
  narrow: kernelCopies('narrow'),
  language: kernelCopies('language'),
}

export const SCRIPT_COPIES: Readonly<Record<Order, readonly Writer[]>> = {
  plain: COPIES.map(([start, length]) => scriptCopy('plain', start, length)),
  atomic: COPIES.map(([start, length]) => scriptCopy('atomic', start, length)),
}

export const LANGUAGE_ORDER: Readonly<Record<string, readonly Writer[]>> = {
  'language kernel': KERNEL_COPIES.language,
  'script lane': SCRIPT_COPIES.atomic,
}

/** With moves through a ring and through saved bytes. */
function kernelCopies(tier: KernelTier): Writer[] {
  const copies = COPIES.map(([start, length]) => kernelCopy(tier, start, length))
  return [...copies, kernelMove(tier, 3, 7, 2), kernelMove(tier, 8, 12, 8)]
}
