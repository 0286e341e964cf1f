import { MemoryRegionCache, MemTxAttrs, ScatterGatherList } from 'guestmem'
import { BOOLEAN, BYTES, GUEST, integer, OPTIONS, optional } from '../kinds.ts'
import { arg, object, type Row, read, row } from '../row.ts'
import { AT } from '../world.ts'
import { ADDRESS, ATTRS, accesses, SPACE_ARG } from './access-rows.ts'

const FROM = arg('offset', integer(0, 56), () => 8)

export const DMA_ROWS: readonly Row[] = [
  row(
    'new MemoryRegionCache',
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
      object('options', OPTIONS, [arg('write', optional(BOOLEAN), () => true)], {
        closed: true,
        type: 'MemoryRegionCacheOptions',
      }),
    ],
    (_, space, address, length, options) => new MemoryRegionCache(space, address, length, options),
  ),
  ...(['space', 'address', 'length', 'direct', 'region', 'endian', 'result', 'stale'] as const).map(name =>
    read(`MemoryRegionCache.${name}`, ({ cache }) => cache[name]),
  ),
  ...accesses('MemoryRegionCache', ({ cache }) => cache, FROM),
  ...(['read', 'write'] as const).map(name =>
    row(
      `MemoryRegionCache.${name}`,
      [FROM, arg('bytes', BYTES, () => new Uint8Array(24)), ATTRS],
      ({ cache }, offset, bytes, attrs) => cache[name](offset, bytes, attrs),
    ),
  ),

  row('new ScatterGatherList', [], () => new ScatterGatherList()),
  ...(['length', 'elements', 'result'] as const).map(name =>
    read(`ScatterGatherList.${name}`, ({ list }) => list[name]),
  ),
  row(
    'ScatterGatherList.add',
    [SPACE_ARG, ADDRESS, arg('length', GUEST, () => 16)],
    ({ list }, space, address, length) => list.add(space, address, length),
  ),
  row(
    'ScatterGatherList.append',
    [arg('list', {}, ({ space }) => new ScatterGatherList().add(space, AT.ram, 16))],
    ({ list }, more) => list.append(more),
  ),
  ...(['read', 'write'] as const).map(name =>
    row(
      `ScatterGatherList.${name}`,
      [arg('offset', integer(0, 48), () => 8), arg('bytes', BYTES, () => new Uint8Array(24)), ATTRS],
      ({ list }, offset, bytes, attrs) => list[name](offset, bytes, attrs),
    ),
  ),
  row(
    'ScatterGatherList.copyFrom',
    [
      arg('offset', integer(0, 48), () => 8),
      arg('source', {}, ({ list }) => list),
      arg('sourceOffset', integer(0, 48), () => 0),
      arg('length', GUEST, () => 16),
      ATTRS,
    ],
    ({ list }, offset, source, from, length, attrs) => list.copyFrom(offset, source, from, length, attrs),
  ),
  read('MemTxAttrs', () => MemTxAttrs),
]
