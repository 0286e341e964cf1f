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
      arg('shared', { ...optional(oneOf('auto')), boolean: 'either' }, () => 'auto'),
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

/** What has bytes, each of some. */
const MEMORY: Kind = {
  objects: {
    'a SharedArrayBuffer': 'takes',
    'an ArrayBuffer': 'takes',
    'a DataView': 'takes',
    'a Uint8Array': 'takes',
    'a Uint8Array whose length lies': 'either',
    'a Uint8ClampedArray': 'takes',
    'a Uint16Array': 'takes',
    'a Float64Array': 'takes',
    'a BigUint64Array': 'takes',
    'a Uint8Array of another realm': 'takes',
  },
}

/** The engine reads what somebody put on Object.prototype as well. */
const GROWING = Object.assign(Object.create(null), { initial: 1, maximum: 2 })

/** Where a block may go depends on what is free. */
const PLACE: Kind = {
  number: value => (Number.isInteger(value) && value >= 0 ? 'either' : 'refuses'),
  undefined: 'takes',
}

const WRAP = ram('options')
const WRAP_OPTIONS: Argument = {
  ...WRAP,
  ...object(
    'options',
    OPTIONS,
    [
      ...(WRAP.fields ?? []),
      arg('offset', optional(integer(0, 16)), () => 4),
      arg('bytes', optional(integer(1, PAGE - 4)), () => 4),
      { ...arg('memory', { undefined: 'takes' }, () => undefined), also: ['options.memory'] },
    ],
    { closed: true, type: 'WrapOptions' },
  ),
}

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
    arg('offset', optional(integer(0, 0)), () => 0),
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
    [
      {
        name: 'buffer',
        kind: MEMORY,
        good: () => new SharedArrayBuffer(PAGE),
        also: ['options.offset', 'options.bytes'],
      },
      WRAP_OPTIONS,
    ],
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
    [
      arg('name', TEXT, () => 'block'),
      arg('bytes', integer(1, 2 ** 26), () => 1),
      object('options', OPTIONS, [arg('offset', PLACE, () => undefined)], {
        closed: true,
        type: 'BlockOptions',
      }),
    ],
    ({ spare }, name, bytes, options) => spare.block(name, bytes, options),
  ),
  row(
    'GuestRam.discard',
    [arg('offset', integer(0, 24 * PAGE), () => 0), arg('bytes', integer(0, 24 * PAGE), () => 0)],
    ({ ram }, offset, bytes) => ram.discard(offset, bytes),
  ),
  row('GuestRam.grow', [arg('bytes', integer(65_536, 131_072), () => 65_536)], (_, bytes) =>
    GuestRam.wrap(new WebAssembly.Memory(GROWING)).grow(bytes),
  ),
  row('GuestRam.release', [], () => GuestRam.allocate(PAGE).release(), { repeats: false }),
  row('RamBlock.free', [], ({ spare }) => spare.block('freed', 1).free(), { repeats: false }),
  ...(['bytes', 'offset', 'shared', 'buffer', 'host', 'order', 'blocks', 'handle'] as const).map(name =>
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
