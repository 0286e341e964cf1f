import { AddressSpace, accessValid, DIRECT_ACCESS, FlatView, translate } from 'guestmem'
import {
  BOOLEAN,
  BYTES,
  FUNCTION,
  GUEST,
  integer,
  OFFSET,
  OPTIONS,
  oneOf,
  optional,
  REGION,
  SPACE,
  TEXT,
} from '../kinds.ts'
import { arg, object, type Row, read, row, unchecked } from '../row.ts'
import { AT, PAGE } from '../world.ts'
import { ADDRESS, ATTRS, accesses, REGISTER, SPACE_ARG } from './access-rows.ts'
import { STORED } from './bytes-rows.ts'

const SPACE_FIELDS = [
  'bounceBytesLeft',
  'result',
  'name',
  'root',
  'bounceBytes',
  'view',
  'endian',
  'destroyed',
  'high',
] as const

const QUERY = object('options', OPTIONS, [arg('write', optional(BOOLEAN), () => true), ATTRS], {
  closed: true,
  type: 'TranslateOptions',
})

export const SPACE_ROWS: readonly Row[] = [
  row(
    'new AddressSpace',
    [
      arg('name', TEXT, () => 'made'),
      arg('root', REGION, ({ system }) => system),
      object(
        'options',
        OPTIONS,
        [
          arg('endian', optional(oneOf('little', 'big')), () => 'big'),
          arg('directAccess', optional(oneOf(...DIRECT_ACCESS)), () => 'normal-only'),
          arg('bounceBytes', optional(integer(0, 2 ** 32)), () => 64),
          arg('ordering', optional(oneOf('auto', 'weak', 'tso', 'sc')), () => 'weak'),
          arg('seams', optional(oneOf('reject', 'split')), () => 'split'),
          arg('onReject', optional(FUNCTION), () => () => {}),
        ],
        { closed: true, type: 'AddressSpaceOptions' },
      ),
    ],
    (world, name, root, options) => world.keep(new AddressSpace(name, root, options)),
  ),
  ...SPACE_FIELDS.map(name => read(`AddressSpace.${name}`, ({ space }) => space[name])),
  row('AddressSpace.destroy', [], ({ bus }) => bus.destroy(), { repeats: false }),
  ...accesses('AddressSpace', ({ space }) => space, REGISTER),
  row('AddressSpace.load64Pair', [REGISTER, ATTRS], ({ space }, address, attrs) => space.load64Pair(address, attrs)),
  row(
    'AddressSpace.store64Pair',
    [REGISTER, unchecked('low', STORED, () => 1), unchecked('high', STORED, () => 2), ATTRS],
    ({ space }, address, low, high, attrs) => space.store64Pair(address, low, high, attrs),
  ),
  ...(['read', 'write'] as const).map(name =>
    row(
      `AddressSpace.${name}`,
      [ADDRESS, arg('bytes', BYTES, () => new Uint8Array(24)), ATTRS],
      ({ space }, address, bytes, attrs) => space[name](address, bytes, attrs),
    ),
  ),
  row('AddressSpace.writeRom', [ADDRESS, arg('bytes', BYTES, () => new Uint8Array(24))], ({ space }, address, bytes) =>
    space.writeRom(address, bytes),
  ),
  row(
    'AddressSpace.fill',
    [ADDRESS, arg('value', integer(0, 255), () => 7), arg('length', GUEST, () => 16), ATTRS],
    ({ space }, address, value, length, attrs) => space.fill(address, value, length, attrs),
  ),
  row(
    'AddressSpace.map',
    [
      ADDRESS,
      arg('length', GUEST, () => 16),
      object('options', OPTIONS, [arg('write', optional(BOOLEAN), () => true), ATTRS], {
        closed: true,
        type: 'MapOptions',
      }),
    ],
    ({ space }, address, length, options) => space.map(address, length, options),
  ),
  row(
    'AddressSpace.copy',
    [
      ADDRESS,
      arg('source', SPACE, ({ space }) => space),
      arg('sourceAddress', GUEST, () => AT.ram + PAGE),
      arg('length', GUEST, () => 16),
      ATTRS,
    ],
    ({ space }, address, source, from, length, attrs) => space.copy(address, source, from, length, attrs),
  ),
  row(
    'AddressSpace.copy as before',
    [
      ADDRESS,
      arg('source', SPACE, ({ space }) => space),
      arg('sourceAddress', GUEST, () => AT.ram + PAGE),
      arg('length', GUEST, () => 16),
    ],
    ({ space }, address, source, from, length) => space.copy(address, source, from, length),
  ),
  row(
    'AddressSpace.whenRoom',
    [
      arg('callback', FUNCTION, () => () => {}),
      object('options', OPTIONS, [arg('bytes', optional(GUEST), () => 16)], { closed: true, type: 'RoomOptions' }),
    ],
    (world, callback, options) => world.later(world.space.whenRoom(callback, options)),
  ),
  ...(['address', 'length', 'direct', 'result', 'bytes', 'mapped'] as const).map(name =>
    read(`DmaWindow.${name}`, ({ window }) => window[name]),
  ),
  row(
    'DmaWindow.unmap',
    [arg('accessed', optional(integer(0, 32)), () => 8)],
    ({ bounce }, accessed) => bounce.unmap(accessed),
    { repeats: false },
  ),
  row(
    'translate',
    [
      SPACE_ARG,
      ADDRESS,
      arg(
        'length',
        {
          number: value => (value >= 1 ? (GUEST.number?.(value) ?? 'refuses') : 'refuses'),
          bigint: value => (value >= 1n ? 'either' : 'refuses'),
        },
        () => 16,
      ),
      QUERY,
    ],
    (_, space, address, length, options) => translate(space, address, length, options),
  ),
  row(
    'accessValid',
    [SPACE_ARG, ADDRESS, arg('length', GUEST, () => 16), QUERY],
    (_, space, address, length, options) => accessValid(space, address, length, options),
  ),
  row(
    'new FlatView',
    [
      // Views are made by spaces: this is a record of what it was given.
      unchecked('root', {}, ({ system }) => system),
      unchecked('ranges', {}, () => []),
    ],
    (_, root, ranges) => new FlatView(root, ranges),
  ),
  ...(['root', 'ranges'] as const).map(name => read(`FlatView.${name}`, ({ space }) => space.view[name])),
  row('FlatView.find', [unchecked('address', OFFSET, () => 8)], ({ space }, address) => space.view.find(address)),
  row('FlatView.indexAt', [unchecked('address', OFFSET, () => 8)], ({ space }, address) => space.view.indexAt(address)),
]
