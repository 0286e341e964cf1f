import { GuestRam, SparseRam } from 'guestmem'
import { BLOCK, integer, type Kind, OPTIONS, oneOf, optional, RECORD, TEXT } from '../kinds.ts'
import { type Argument, arg, object, type Row, read, row } from '../row.ts'
import { PAGE } from '../world.ts'
import { profile } from './host-rows.ts'

const ram = (name: string, take: Partial<Argument> = {}): Argument => ({
  ...object(
    name,
    OPTIONS,
    [
      arg('order', optional(oneOf('auto', 'host', 'language')), () => 'host'),
      arg('lane', optional(oneOf('auto', 'wasm', 'script')), () => 'script'),
      profile('host', optional),
      arg('unaligned', optional(oneOf('split', 'refuse')), () => 'refuse'),
      arg('scratchLimit', optional(integer(0, Number.MAX_SAFE_INTEGER)), () => 4096),
      arg('beyondScratch', optional(oneOf('refuse', 'backwards')), () => 'backwards'),
    ],
    { closed: true, type: 'GuestRamOptions' },
  ),
  ...take,
})

const SHARED: Kind = { objects: { 'a SharedArrayBuffer': 'takes' } }

/** Fields that must be of one guest RAM: where one is not, the handle is named, and shown. */
const TOGETHER = { also: ['handle'], file: true } as const

/** A handle of another thread, of which each field is checked. */
const HANDLE = object(
  'handle',
  RECORD,
  [
    { ...arg('memory', { undefined: 'either' }, ({ ram }) => ram.handle.memory), ...TOGETHER },
    // One of another size, or of another memory.
    { ...arg('buffer', {}, ({ ram }) => ram.handle.buffer), ...TOGETHER },
    arg('bytes', { number: value => (value === 24 * PAGE ? 'takes' : 'refuses') }, ({ ram }) => ram.bytes),
    { ...arg('cut', {}, ({ ram }) => ram.handle.cut), ...TOGETHER },
    { ...arg('dirty', {}, ({ ram }) => ram.handle.dirty), ...TOGETHER },
    {
      ...object('blocks', { objects: { 'an array': 'takes' } }, [
        // A block is its fields.
        object('0', BLOCK, [
          arg('name', TEXT, () => 'block'),
          arg('offset', integer(0, 23 * PAGE), () => PAGE),
          arg('size', integer(1, 23 * PAGE), () => PAGE),
        ]),
      ]),
      good: () => [{ name: 'block', offset: PAGE, size: PAGE }],
      ...TOGETHER,
    },
  ],
  { type: 'GuestRamHandle' },
)

export const RAM_ROWS: readonly Row[] = [
  row(
    'GuestRam.allocate',
    [arg('bytes', integer(1, 2 ** 32), () => PAGE), ram('options')],
    (_, bytes, options) => GuestRam.allocate(bytes, options),
    { repeats: false },
  ),
  row('GuestRam.attach', [HANDLE, ram('options')], (_, handle, options) => GuestRam.attach(handle, options), {
    repeats: false,
  }),
  row(
    'GuestRam.wrap',
    [{ name: 'buffer', kind: SHARED, good: () => new SharedArrayBuffer(PAGE) }, ram('options')],
    (_, buffer, options) => GuestRam.wrap(buffer, options),
    { repeats: false },
  ),
  row(
    'new GuestRam',
    [{ ...arg('GuestRam', {}, () => undefined), file: true }],
    (_, handle) => new (GuestRam as never as Constructor)(handle),
    { repeats: false },
  ),
  row(
    'GuestRam.block',
    [arg('name', TEXT, () => 'block'), arg('bytes', integer(1, 2 ** 26), () => 1)],
    ({ spare }, name, bytes) => spare.block(name, bytes),
  ),
  ...(['bytes', 'buffer', 'host', 'order', 'blocks', 'handle'] as const).map(name =>
    read(`GuestRam.${name}`, ({ ram }) => ram[name]),
  ),
  row(
    'new RamBlock',
    [{ ...arg('RamBlock', {}, () => undefined), file: true }],
    ({ block }, ram) => new (block.constructor as Constructor)(ram),
    { repeats: false },
  ),
  ...(['ram', 'name', 'offset', 'size'] as const).map(name => read(`RamBlock.${name}`, ({ block }) => block[name])),
  row(
    'RamBlock.view',
    [
      arg('offset', optional(integer(0, 8 * PAGE)), () => 8),
      arg('length', optional(integer(0, 8 * PAGE - 8)), () => 16),
    ],
    ({ block }, offset, length) => block.view(offset, length),
  ),
  row(
    'new SparseRam',
    [
      object(
        'options',
        OPTIONS,
        [
          ...(ram('options').fields ?? []),
          arg(
            'memoryBytes',
            {
              number: value => (value > 0 && value <= 2 ** 32 && value % PAGE === 0 ? 'takes' : 'refuses'),
              undefined: 'takes',
            },
            () => PAGE,
          ),
        ],
        { closed: true, type: 'SparseRamOptions' },
      ),
    ],
    (_, options) => new SparseRam(options),
  ),
  row(
    'SparseRam.blocks',
    [arg('name', TEXT, () => 'sparse'), arg('bytes', integer(1, Number.MAX_SAFE_INTEGER), () => PAGE)],
    ({ sparse }, name, bytes) => sparse.blocks(name, bytes),
  ),
  row(
    'SparseRam.handleOf',
    [arg('block', {}, ({ sparseBlock }) => sparseBlock)],
    ({ sparse }, block) => sparse.handleOf(block),
    { repeats: false },
  ),
  read('SparseRam.allocatedBytes', ({ sparse }) => sparse.allocatedBytes),
]

export type Constructor = new (...args: unknown[]) => unknown
