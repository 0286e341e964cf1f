import { IommuMemoryRegion, IommuNotifierFlag, IommuPermissions } from 'guestmem'
import { FUNCTION, integer, type Kind, OFFSET, oneOf, optional, RECORD, SPACE, TEXT } from '../kinds.ts'
import { type Argument, arg, object, type Row, read, row } from '../row.ts'
import { PAGE } from '../world.ts'
import { SIZE } from './region-rows.ts'

const NOTIFIER = (name: string): Argument =>
  object(
    name,
    RECORD,
    [
      arg('flags', integer(1, 7), () => 1),
      arg('start', integer(0, 2 * PAGE), () => 0),
      arg('end', integer(0, Number.MAX_SAFE_INTEGER), () => 2 * PAGE),
      arg('index', optional(integer(0, 1)), () => 1),
      arg('notify', FUNCTION, () => () => {}),
    ],
    { type: 'IommuNotifier' },
  )

const MASK: Kind = oneOf(0)

const EVENT: Argument = object(
  'event',
  RECORD,
  [
    arg('type', oneOf(1, 2, 4), () => IommuNotifierFlag.MAP),
    arg('iova', integer(0, PAGE), () => 0),
    arg('mask', MASK, () => PAGE - 1),
    arg('permissions', integer(0, 3), () => IommuPermissions.BOTH),
    arg('target', SPACE, ({ bus }) => bus),
    arg('translated', OFFSET, () => PAGE),
  ],
  { type: 'IommuTlbEvent' },
)

const POWER: Kind = {
  number: value => (value >= 1 && value <= 2 ** 52 && Number.isInteger(Math.log2(value)) ? 'takes' : 'refuses'),
}

export const IOMMU_ROWS: readonly Row[] = [
  row(
    'new IommuMemoryRegion',
    [
      arg('name', TEXT, () => 'made'),
      object(
        'ops',
        RECORD,
        [
          arg('translate', FUNCTION, () => () => ({})),
          arg('attrsToIndex', optional(FUNCTION), () => () => 0),
          arg('indexes', optional(integer(1, 2 ** 31)), () => 2),
          arg('minPageSize', { ...POWER, undefined: 'takes' }, () => PAGE),
          arg('notifyFlagChanged', optional(FUNCTION), () => () => true),
          arg('replay', optional(FUNCTION), () => () => {}),
        ],
        { type: 'IommuOps' },
      ),
      arg('size', SIZE, () => PAGE),
    ],
    (_, name, ops, size) => new IommuMemoryRegion(name, ops, size),
  ),
  read('IommuMemoryRegion.notifierFlags', ({ iommu }) => iommu.notifierFlags),
  row(
    'IommuMemoryRegion.registerNotifier',
    [NOTIFIER('notifier')],
    ({ iommu }, notifier) => iommu.registerNotifier(notifier),
    { repeats: false },
  ),
  row(
    'IommuMemoryRegion.unregisterNotifier',
    [arg('notifier', {}, ({ notifier }) => notifier)],
    ({ iommu }, notifier) => iommu.unregisterNotifier(notifier),
    { repeats: false },
  ),
  row('IommuMemoryRegion.notify', [arg('index', integer(0, 1), () => 0), EVENT], ({ iommu }, index, event) =>
    iommu.notify(index, event),
  ),
  row('IommuMemoryRegion.notifyOne', [NOTIFIER('notifier'), EVENT], ({ iommu }, notifier, event) =>
    iommu.notifyOne(notifier, event),
  ),
  row('IommuMemoryRegion.replay', [NOTIFIER('notifier')], ({ iommu }, notifier) => iommu.replay(notifier)),
  read('IommuPermissions', () => IommuPermissions),
  read('IommuNotifierFlag', () => IommuNotifierFlag),
]
