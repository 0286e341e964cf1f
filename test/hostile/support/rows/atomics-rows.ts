import * as guestmem from 'guestmem'
import { BIGINT, integer } from '../kinds.ts'
import { type Argument, arg, type Row, row } from '../row.ts'
import { ATTRS, REGISTER, SPACE_ARG } from './access-rows.ts'

const OPERATIONS = [
  'CompareExchange',
  'Exchange',
  'Add',
  'And',
  'Or',
  'Xor',
  'MinSigned',
  'MaxSigned',
  'MinUnsigned',
  'MaxUnsigned',
] as const
const WIDTHS = ['8', '16', '32', '64', '64Pair'] as const

const VALUE = integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)

/** Values of a width that have these names; of a pair, the halves of each, the low one first. */
function values(width: (typeof WIDTHS)[number], names: readonly string[]): Argument[] {
  if (width === '64') return names.map(name => arg(name, BIGINT, () => 7n))
  const all =
    width !== '64Pair'
      ? names
      : names[0] === 'expected'
        ? ['expectedLow', 'expectedHigh', 'low', 'high']
        : ['low', 'high']
  return all.map(name => arg(name, VALUE, () => 7))
}

type Call = (...args: unknown[]) => unknown

export const ATOMICS_ROWS: readonly Row[] = [
  ...OPERATIONS.flatMap(operation =>
    WIDTHS.map(width => {
      const names = operation === 'CompareExchange' ? ['expected', 'replacement'] : ['value']
      const name = `atomic${operation}${width}`
      const call = (guestmem as unknown as Record<string, Call>)[name] as Call
      return row(name, [SPACE_ARG, REGISTER, ...values(width, names), ATTRS], (_, ...args) => call(...args))
    }),
  ),
  row('atomicFence', [SPACE_ARG], (_, space) => guestmem.atomicFence(space)),
]
