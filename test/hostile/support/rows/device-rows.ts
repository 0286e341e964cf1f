import {
  addCoalescing,
  addEventNotifier,
  clearCoalescing,
  openBus,
  removeEventNotifier,
  setCoalescing,
  sizedOps,
  withBusAddress,
} from 'guestmem'
import { FUNCTION, integer, OFFSET, oneOf, optional, RECORD, REGION, TEXT } from '../kinds.ts'
import { arg, object, type Row, row } from '../row.ts'
import { OPS, SIZE } from './region-rows.ts'

/** Something that has handlers. */
const DEVICE = arg('region', REGION, world => world.region('io'))
const MATCH = object(
  'match',
  RECORD,
  [
    arg('offset', OFFSET, () => 16),
    arg('size', oneOf(0, 1, 2, 4, 8), () => 4),
    arg(
      'data',
      {
        number: value => (Number.isInteger(value) && value >= 0 && value < 2 ** 32 ? 'takes' : 'refuses'),
        bigint: value => (value >= 0n && value < 2n ** 32n ? 'takes' : 'refuses'),
        undefined: 'takes',
      },
      () => 5,
    ),
    arg('endian', optional(oneOf('little', 'big')), () => 'big'),
  ],
  { closed: true, type: 'EventNotifierMatch' },
)

/** What is right by itself, and of no notifier that there is: the whole match is named. */
const OTHER = { also: ['match'], file: true } as const

/** A space has functions of these names, too. */
const HANDLERS = { objects: { 'an AddressSpace': 'takes', 'a destroyed AddressSpace': 'takes' } } as const

export const DEVICE_ROWS: readonly Row[] = [
  row(
    'addEventNotifier',
    [DEVICE, MATCH, arg('notify', FUNCTION, ({ notify }) => notify)],
    (_, region, match, notify) => addEventNotifier(region, match, notify),
    { repeats: false },
  ),
  row(
    'removeEventNotifier',
    [
      { ...arg('region', {}, DEVICE.good), ...OTHER },
      object(
        'match',
        RECORD,
        [
          // Others there are none.
          { ...arg('offset', {}, () => 8), ...OTHER },
          { ...arg('size', {}, () => 4), ...OTHER },
          { ...arg('data', {}, () => 1), ...OTHER },
          arg('endian', optional(oneOf('little')), () => 'little'),
        ],
        { closed: true, type: 'EventNotifierMatch' },
      ),
      { ...arg('notify', {}, ({ notify }) => notify), ...OTHER },
    ],
    (_, region, match, notify) => removeEventNotifier(region, match, notify),
    { repeats: false },
  ),
  row(
    'addCoalescing',
    [DEVICE, arg('offset', OFFSET, () => 8), arg('size', integer(1, Number.MAX_SAFE_INTEGER), () => 8)],
    (_, region, offset, size) => addCoalescing(region, offset, size),
    { repeats: false },
  ),
  row(
    'openBus',
    [
      arg('name', TEXT, () => 'made'),
      arg('size', SIZE, () => 16),
      arg(
        'value',
        { ...optional(integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)), function: 'takes' },
        () => -1,
      ),
    ],
    (_, name, size, value) => openBus(name, size, value),
  ),
  row(
    'sizedOps',
    [
      { ...arg('ops', HANDLERS, () => ({ read: () => 0, write: () => {} })), also: ['read'] },
      arg('width', oneOf(2, 4), () => 4),
      arg('policy', oneOf('pieces', 'zeroExtended', 'replicated', 'merged', 'refused'), () => 'merged'),
    ],
    (_, ops, width, policy) => sizedOps(ops, width, policy),
  ),
  row('withBusAddress', [{ ...OPS, type: 'BusAddressOps' }], (_, ops) => withBusAddress(ops)),
  row('setCoalescing', [DEVICE], (_, region) => setCoalescing(region)),
  row('clearCoalescing', [DEVICE], (_, region) => clearCoalescing(region)),
]
