import {
  type RamBlock,
  ramCopy,
  ramFill,
  ramMove,
  readb,
  readl,
  readq,
  readw,
  writeb,
  writel,
  writeq,
  writew,
} from 'guestmem'
import { BIGINT, BLOCK, BYTES, integer, type Kind, OFFSET, oneOf, optional } from '../kinds.ts'
import { type Argument, arg, type Row, row } from '../row.ts'
import { PAGE } from '../world.ts'

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

export const BYTES_ROWS: readonly Row[] = [
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
