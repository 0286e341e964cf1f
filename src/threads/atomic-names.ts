import type { AtomicName } from 'guestmem'

/** Atomic operations by the numbers that requests have of them. */
export const ATOMIC_NAMES: readonly AtomicName[] = [
  'exchange',
  'compareExchange',
  'add',
  'and',
  'or',
  'xor',
  'minSigned',
  'maxSigned',
  'minUnsigned',
  'maxUnsigned',
]
