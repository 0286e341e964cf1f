import { IommuMemoryRegion, IommuNotifierFlag, IommuPermissions, mirror, splitAccess } from 'guestmem'
import {
  FUNCTION,
  integer,
  type Kind,
  OFFSET,
  OPTIONS,
  oneOf,
  optional,
  RECORD,
  REGION,
  SPACE,
  TEXT,
} from '../kinds.ts'
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

const STRIDE: Kind = {
  number: value => (POWER.number?.(value) === 'takes' ? 'either' : 'refuses'),
}

/** A target of some bytes may be cut into units that are no larger. */
const SMALL_POWER: Kind = {
  number: value => (POWER.number?.(value) === 'takes' ? (value <= 64 ? 'takes' : 'either') : 'refuses'),
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
  row(
    'mirror',
    [
      arg('name', TEXT, () => 'made'),
      arg('target', REGION, world => world.region('io')),
      arg('size', SIZE, () => PAGE),
      object(
        'options',
        OPTIONS,
        [
          arg('unit', { ...SMALL_POWER, undefined: 'takes' }, () => 1),
          arg('stride', { ...STRIDE, undefined: 'takes' }, () => 2 ** 20),
        ],
        { closed: true, type: 'MirrorOptions' },
      ),
    ],
    (_, name, target, size, options) => mirror(name, target, size, options),
  ),
  row(
    'splitAccess',
    [
      arg('name', TEXT, () => 'made'),
      object(
        'targets',
        RECORD,
        [arg('reads', REGION, world => world.region('io')), arg('writes', REGION, world => world.region('io'))],
        { type: 'SplitTargets' },
      ),
      arg('size', SIZE, () => PAGE),
    ],
    (_, name, targets, size) => splitAccess(name, targets, size),
  ),
  read('IommuPermissions', () => IommuPermissions),
  read('IommuNotifierFlag', () => IommuNotifierFlag),
]
