import {
  PAGE_DEVICE,
  PAGE_FLAGS,
  PAGE_READ,
  PAGE_READ_ANY,
  PAGE_READONLY,
  PAGE_SLOW,
  PAGE_WRITE,
  PAGE_WRITE_ANY,
  type PageTable,
  pageTable,
  pageTableBytes,
  slowAccesses,
} from 'guestmem/page-table'
import { FUNCTION, instance, type Kind, OFFSET, OPTIONS, oneOf, optional, RECORD } from '../kinds.ts'
import { type Argument, arg, object, type Row, read, row } from '../row.ts'
import { PAGE, type World } from '../world.ts'

const BYTES = 80 * 65_536
const memory = new WebAssembly.Memory({ initial: BYTES / 65_536 })
const tables = new WeakMap<World, PageTable>()

/** Ends with its world, so that its place is free for the next. */
function made(world: World, table: PageTable): PageTable {
  world.later(() => table.destroy())
  return table
}

/** The world's own. */
function tableOf(world: World): PageTable {
  let table = tables.get(world)
  if (table === undefined) {
    table = made(world, pageTable(world.space, { memory, offset: BYTES - 16 * PAGE, addressBits: 40, slots: 64 }))
    tables.set(world, table)
  }
  return table
}

const powerOfTwo = (min: number, max: number): Kind => ({
  number: value => (value >= min && value <= max && Number.isInteger(Math.log2(value)) ? 'takes' : 'refuses'),
})

const GEOMETRY: readonly Argument[] = [
  {
    // Below 33 a table has no slots.
    ...arg(
      'addressBits',
      optional({
        number: value => (Number.isInteger(value) && value >= 8 && value <= 53 ? 'either' : 'refuses'),
      }),
      () => 40,
    ),
    also: ['slots'],
    skip: ['undefined'],
  },
  arg('pageSize', optional(powerOfTwo(128, 65_536)), () => PAGE),
  arg('slots', optional(powerOfTwo(16, 2 ** 24)), () => 64),
]

const PLACE: Kind = {
  number: value =>
    Number.isInteger(value) && value >= 0 && value % PAGE === 0 && value < BYTES ? 'either' : 'refuses',
}

export const PAGE_TABLE_ROWS: readonly Row[] = [
  row(
    'pageTable',
    [
      arg('space', instance('an AddressSpace'), ({ space }) => space),
      object(
        'options',
        RECORD,
        [
          arg('memory', {}, () => memory),
          { ...arg('offset', PLACE, () => 0), also: ['memory'] },
          arg('order', optional(oneOf('host', 'language', 'weak')), () => 'weak'),
          arg('onPagesChanged', optional(FUNCTION), () => () => {}),
          ...GEOMETRY,
        ],
        { closed: true, type: 'PageTableOptions' },
      ),
    ],
    (world, space, options) => made(world, pageTable(space, options)),
    { repeats: false },
  ),
  row(
    'pageTableBytes',
    [object('options', optional(OPTIONS), GEOMETRY, { closed: true, type: 'PageTableGeometry' })],
    (_, options) => pageTableBytes(options),
  ),
  row('slowAccesses', [arg('table', instance('a PageTable'), tableOf)], (_, table) => slowAccesses(table)),
  ...(
    [
      'space',
      'memory',
      'offset',
      'bytes',
      'entries',
      'layout',
      'addressBits',
      'pageSize',
      'slots',
      'destroyed',
    ] as const
  ).map(name => read(`PageTable.${name}`, world => tableOf(world)[name])),
  ...(['entryOf', 'fill'] as const).map(name =>
    row(`PageTable.${name}`, [arg('address', OFFSET, () => 0x1000)], (world, address) => tableOf(world)[name](address)),
  ),
  row('PageTable.refresh', [], world => tableOf(world).refresh()),
  row('PageTable.destroy', [], world => tableOf(world).destroy()),
  ...Object.entries({
    PAGE_DEVICE,
    PAGE_FLAGS,
    PAGE_READ,
    PAGE_READ_ANY,
    PAGE_READONLY,
    PAGE_SLOW,
    PAGE_WRITE,
    PAGE_WRITE_ANY,
  }).map(([name, value]) => read(name, () => value)),
]
