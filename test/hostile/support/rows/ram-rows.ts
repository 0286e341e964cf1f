import {
  GuestRam,
  type RamBlock,
  ramCopy,
  ramFill,
  ramMove,
  readb,
  readl,
  readq,
  readw,
  SparseRam,
  writeb,
  writel,
  writeq,
  writew,
} from 'guestmem'
import { BIGINT, BLOCK, BYTES, integer, type Kind, OFFSET, OPTIONS, oneOf, optional, RECORD, TEXT } from '../kinds.ts'
import { type Argument, arg, object, type Row, read, row } from '../row.ts'
import { PAGE } from '../world.ts'
import { profile } from './host-rows.ts'

const MODE = arg('cacheMode', optional(oneOf('normal', 'writecombine', 'noncached', 'device')), () => 'device')
const BLOCK_ARG = arg('block', BLOCK, ({ block }) => block)

/** A value of a register: a number of any size, taken modulo its width. */
export const STORED: Kind = {
  number: value => (Number.isSafeInteger(value) ? 'takes' : Number.isNaN(value) ? 'refuses' : 'either'),
}

/** Blocks on both sides of a copy; a Uint8Array is as good there, if it is long enough. */
const BLOCK_SIDE: Kind = {
  objects: {
    ...BLOCK.objects,
    'a Uint8Array': 'either',
    'a Uint8Array of another realm': 'either',
    'a Uint8Array whose length lies': 'either',
  },
}

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

const COPIES = { ramCopy, ramMove } as const

/** One side of a copy. A Uint8Array has 16 bytes. */
const side = (name: string, good: (blocks: { block: RamBlock }) => unknown): Argument => ({
  name,
  kind: {
    objects: {
      ...(name === 'src' ? BYTES.objects : {}),
      ...BLOCK.objects,
      'an empty Uint8Array': 'refuses',
    },
  },
  also: ['Offset', 'length'],
  file: true,
  good,
})

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
  ...(['ramCopy', 'ramMove'] as const).map(name =>
    row(
      name,
      [
        side('dst', ({ block }) => block),
        arg('dstOffset', integer(0, 8 * PAGE - 8), () => 64),
        side('src', () => new Uint8Array(16)),
        arg('srcOffset', integer(0, 8), () => 8),
        arg('length', integer(0, 8), () => 8),
      ],
      (_, ...args) => COPIES[name](...(args as unknown as Parameters<typeof ramCopy>)),
    ),
  ),
  ...(['ramCopy', 'ramMove'] as const).map(name =>
    row(
      `${name} of blocks`,
      [
        { ...arg('dst', BLOCK_SIDE, ({ block }) => block), also: ['Offset', 'length'], file: true },
        arg('dstOffset', integer(0, 8 * PAGE - 8), () => 64),
        { ...arg('src', BLOCK_SIDE, ({ freeBlock }) => freeBlock), also: ['Offset', 'length'], file: true },
        arg('srcOffset', integer(0, 4 * PAGE - 8), () => 8),
        arg('length', integer(0, 8), () => 8),
      ],
      (_, ...args) => COPIES[name](...(args as unknown as Parameters<typeof ramCopy>)),
    ),
  ),
  row(
    'ramFill',
    [
      arg('dst', BLOCK, ({ block }) => block),
      arg('offset', integer(0, 8 * PAGE), () => 8),
      arg('value', integer(0, 255), () => 7),
      arg('length', integer(0, 8 * PAGE - 8), () => 8),
    ],
    (_, dst, offset, value, length) => ramFill(dst, offset, value, length),
  ),
  ...Object.entries({ readb, readw, readl, readq }).map(([name, load]) =>
    row(name, [BLOCK_ARG, arg('offset', OFFSET, () => 16), MODE], (_, block, offset, mode) =>
      load(block, offset, mode),
    ),
  ),
  ...Object.entries({ writeb, writew, writel }).map(([name, store]) =>
    row(
      name,
      [BLOCK_ARG, arg('offset', OFFSET, () => 16), arg('value', STORED, () => 7), MODE],
      (_, block, offset, value, mode) => store(block, offset, value, mode),
    ),
  ),
  row(
    'writeq',
    [BLOCK_ARG, arg('offset', OFFSET, () => 16), arg('value', BIGINT, () => 7n), MODE],
    (_, block, offset, value, mode) => writeq(block, offset, value, mode),
  ),
]

export type Constructor = new (...args: unknown[]) => unknown
