import { DirtyClient, findRange, isPresent, MemoryRegion, resizableRam, resizeRam } from 'guestmem'
import {
  BLOCK,
  BOOLEAN,
  FUNCTION,
  GUEST,
  integer,
  type Kind,
  OFFSET,
  OPTIONS,
  oneOf,
  optional,
  REGION,
  TEXT,
} from '../kinds.ts'
import { type Argument, arg, object, type Row, read, row, unchecked } from '../row.ts'
import { PAGE, type World } from '../world.ts'
import type { Constructor } from './ram-rows.ts'

export const SIZE: Kind = {
  number: value => (Number.isInteger(value) && value >= 1 && value <= 2 ** 64 ? 'takes' : 'refuses'),
}
const NAME = arg('name', TEXT, () => 'made')
const SIZE_ARG = arg('size', SIZE, () => PAGE)
const MODE = arg('cacheMode', optional(oneOf('normal', 'writecombine', 'noncached', 'device')), () => 'device')
/** A block, or some of them. */
const BLOCKS = arg('block', BLOCK, ({ freeBlock }) => freeBlock)

/** Options of a kind that has none: what is no object may be passed over or not. */
const NO_OPTIONS: Argument = {
  ...arg('options', {}, () => undefined),
  kind: {
    number: () => 'either',
    bigint: () => 'either',
    boolean: 'either',
    string: () => 'either',
    function: 'either',
    symbol: 'either',
    null: 'either',
    undefined: 'takes',
    objects: new Proxy({}, { get: () => 'either' }),
  },
}

const SIZES = optional(oneOf(1, 2, 4, 8))

function constraints(name: string, more: readonly Argument[] = []): Argument {
  return object(
    name,
    OPTIONS,
    [
      arg('minSize', optional(oneOf(1, 2, 4)), () => 1),
      arg('maxSize', name === 'impl' ? optional(oneOf(1, 2, 4)) : SIZES, () => 4),
      arg('unaligned', optional(BOOLEAN), () => name !== 'impl'),
      ...more,
    ],
    { closed: true, type: name === 'impl' ? 'ImplConstraints' : 'AccessConstraints' },
  )
}

/** Handlers of a device. */
export const OPS: Argument = object(
  'ops',
  // What has methods of these names may be a device.
  {
    objects: {
      'an AddressSpace': 'either',
      'a destroyed AddressSpace': 'either',
      'a Proxy of an AddressSpace': 'either',
      'what has only the prototype of an AddressSpace': 'either',
    },
  },
  [
    arg('read', FUNCTION, () => () => 0),
    arg('write', FUNCTION, () => () => undefined),
    // The one without the other is refused.
    arg('read64', FUNCTION, () => () => 0n),
    arg('write64', FUNCTION, () => () => undefined),
    constraints('valid'),
    constraints('impl', [arg('aligned', optional(BOOLEAN), () => false)]),
    arg('accepts', optional(FUNCTION), () => () => true),
    arg('readBytes', optional(FUNCTION), () => () => {}),
    arg('writeBytes', optional(FUNCTION), () => () => {}),
    arg('bridge', optional(BOOLEAN), () => false),
    arg('peek', optional(FUNCTION), () => () => 0),
    arg('endianness', optional(oneOf('little', 'big', 'native')), () => 'big'),
    arg('atomics', { ...optional(oneOf('read-write', 'refuse')), function: 'takes' }, () => 'refuse'),
  ],
  { type: 'MemoryRegionOps' },
)

/** Any object may own a device; so may a function. */
const OWNER: Kind = {
  undefined: 'takes',
  function: 'takes',
  objects: new Proxy({}, { get: () => 'takes' }),
}

const io = (name: string, more: readonly Argument[] = []): Argument =>
  object(
    'options',
    OPTIONS,
    [arg('owner', OWNER, ({ ops }) => ops), arg('reentrancyGuard', optional(BOOLEAN), () => true), ...more],
    { closed: true, type: name },
  )

const RAM_OPTIONS = object('options', OPTIONS, [MODE], { closed: true, type: 'RamRegionOptions' })
const IN_TREE = (name: string) => (world: World) => world.region(name)

const MEMORY_KINDS = ['ram', 'rom', 'ramDevice'] as const
const FIELDS = [
  'block',
  'backing',
  'target',
  'cacheMode',
  'readonly',
  'nonvolatile',
  'romdMode',
  'dirtyLogMask',
  'targetOffset',
  'kind',
  'name',
  'size',
  'address',
  'priority',
  'enabled',
  'container',
  'subregions',
] as const

export const REGION_ROWS: readonly Row[] = [
  row(
    'new MemoryRegion',
    [unchecked('MemoryRegion', {}, () => undefined)],
    (_, init) => new (MemoryRegion as never as Constructor)(init),
    { repeats: false },
  ),
  row('MemoryRegion.container', [NAME, SIZE_ARG, NO_OPTIONS], (_, name, size, options) =>
    MemoryRegion.container(name, size, options),
  ),
  row('MemoryRegion.reservation', [NAME, SIZE_ARG, NO_OPTIONS], (_, name, size, options) =>
    MemoryRegion.reservation(name, size, options),
  ),
  row(
    'MemoryRegion.alias',
    [NAME, arg('target', REGION, world => world.region('ram')), arg('offset', OFFSET, () => 8), SIZE_ARG, NO_OPTIONS],
    (_, name, target, offset, size, options) => MemoryRegion.alias(name, target, offset, size, options),
  ),
  row('MemoryRegion.io', [NAME, OPS, SIZE_ARG, io('IoRegionOptions')], (_, name, ops, size, options) =>
    MemoryRegion.io(name, ops, size, options),
  ),
  row('MemoryRegion.romDevice', [NAME, OPS, BLOCKS, io('RomDeviceOptions', [MODE])], (_, name, ops, block, options) =>
    MemoryRegion.romDevice(name, ops, block, options),
  ),
  ...MEMORY_KINDS.map(kind =>
    row(`MemoryRegion.${kind}`, [NAME, BLOCKS, RAM_OPTIONS], (_, name, block, options) =>
      MemoryRegion[kind](name, block, options),
    ),
  ),
  row(
    'MemoryRegion.ram of several',
    [
      NAME,
      {
        ...object('block', BLOCK, [arg('0', BLOCK, ({ block }) => block)]),
        good: ({ block, freeBlock }) => [block, freeBlock],
      },
    ],
    (_, name, block) => MemoryRegion.ram(name, block),
  ),
  row('MemoryRegion.transaction', [arg('body', FUNCTION, () => () => 1)], (_, body) => MemoryRegion.transaction(body)),
  ...FIELDS.map(name => read(`MemoryRegion.${name}`, world => [...world.regions.values()].map(region => region[name]))),
  row('MemoryRegion.setReadonly', [arg('readonly', BOOLEAN, () => true)], (world, on) =>
    world.region('ram').setReadonly(on),
  ),
  row('MemoryRegion.setNonvolatile', [arg('nonvolatile', BOOLEAN, () => true)], (world, on) =>
    world.region('ram').setNonvolatile(on),
  ),
  row('MemoryRegion.setRomdMode', [arg('on', BOOLEAN, () => false)], (world, on) =>
    world.region('flash').setRomdMode(on),
  ),
  row(
    'MemoryRegion.setLog',
    [arg('client', oneOf(1, 2, 4), () => DirtyClient.CODE), arg('on', BOOLEAN, () => true)],
    (world, client, on) => world.region('ram').setLog(client, on),
  ),
  row('MemoryRegion.setAliasOffset', [arg('offset', OFFSET, () => 8)], (world, offset) =>
    world.region('alias').setAliasOffset(offset),
  ),
  row(
    'MemoryRegion.addSubregion',
    [
      arg('address', OFFSET, () => 0xc0_0000),
      arg('region', REGION, ({ free }) => free),
      arg('priority', optional(integer(-(2 ** 31), 2 ** 31 - 1)), () => 2),
    ],
    ({ system }, address, region, priority) => system.addSubregion(address, region, priority),
    { repeats: false },
  ),
  row(
    'MemoryRegion.removeSubregion',
    // What is not in it is refused, too.
    [arg('region', {}, world => world.region('io'))],
    ({ system }, region) => system.removeSubregion(region),
    { repeats: false },
  ),
  row('MemoryRegion.setAddress', [arg('address', OFFSET, () => 0xc0_0000)], (world, address) =>
    world.region('io').setAddress(address),
  ),
  row('MemoryRegion.setSize', [arg('size', SIZE, () => 64)], (world, size) => world.region('io').setSize(size)),
  row('MemoryRegion.setEnabled', [arg('enabled', BOOLEAN, () => false)], (world, on) =>
    world.region('io').setEnabled(on),
  ),
  row(
    'resizableRam',
    [
      NAME,
      arg('block', BLOCK, ({ freeBlock }) => freeBlock),
      arg('bytes', integer(1, 4 * PAGE), () => PAGE),
      object('options', OPTIONS, [MODE, arg('resized', optional(FUNCTION), () => () => {})], {
        closed: true,
        type: 'ResizableRamOptions',
      }),
    ],
    (_, name, block, bytes, options) => resizableRam(name, block, bytes, options),
  ),
  row(
    'resizeRam',
    [arg('region', {}, IN_TREE('resizable')), arg('bytes', integer(1, 4 * PAGE), () => 2 * PAGE)],
    (_, region, bytes) => resizeRam(region, bytes),
  ),
  row(
    'findRange',
    [arg('region', REGION, ({ system }) => system), arg('address', GUEST, () => 8), arg('size', GUEST, () => 64)],
    (_, region, address, size) => findRange(region, address, size),
  ),
  row(
    'isPresent',
    [arg('container', REGION, ({ system }) => system), arg('address', GUEST, () => 8)],
    (_, container, address) => isPresent(container, address),
  ),
  read('DirtyClient', () => DirtyClient),
]
