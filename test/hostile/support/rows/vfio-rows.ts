import { GuestRam } from 'guestmem'
import {
  ARM64_LINUX_MAIR,
  cacheModeOfArm64Attribute,
  cacheModeOfArm64Page,
  cacheModeOfX86Page,
  cacheModeOfX86Pat,
  cacheModesFromSmaps,
  guestMode,
  parseRegionInfo,
  regionInfoFromObject,
  regionInfoSize,
  VFIO_REGION_INFO_FLAG_CAPS,
  VFIO_REGION_INFO_FLAG_MMAP,
  VFIO_REGION_INFO_FLAG_READ,
  VFIO_REGION_INFO_FLAG_WRITE,
  vfioRegions,
  X86_LINUX_PAT,
} from 'guestmem/vfio'
import { CACHE_MODE_ID, write } from '../../../vfio/writer.ts'
import { BOOLEAN, FUNCTION, integer, type Kind, OPTIONS, oneOf, optional, RECORD, TEXT } from '../kinds.ts'
import { type Argument, arg, object, type Row, read, row } from '../row.ts'
import { PAGE } from '../world.ts'

const REGION_INFO = write({ size: 0x10000n, capabilities: [{ msix: true }] })
const INFO = parseRegionInfo(REGION_INFO).info
const U32 = integer(0, 2 ** 32 - 1)
const MODE = oneOf('normal', 'writecombine', 'noncached', 'device')

/** 64 bits: a number where that holds it. */
const U64: Kind = {
  number: value => (Number.isSafeInteger(value) && value >= 0 ? 'takes' : 'refuses'),
  bigint: value => (value >= 0n && value < 2n ** 64n ? 'takes' : 'refuses'),
}

/** Of 32 bytes at least: there is none among the bad values. */
const INFO_BYTES = arg('bytes', {}, () => REGION_INFO)

const AREA: Argument = object(
  '0',
  RECORD,
  [arg('offset', U64, () => 0), arg('size', U64, () => 4096), arg('cacheMode', optional(MODE), () => 'noncached')],
  {
    closed: true,
    type: 'VfioAreaObject',
  },
)

const FILE = object(
  'file',
  RECORD,
  [
    arg('read', FUNCTION, () => () => 1),
    arg('write', FUNCTION, () => () => 1),
    // The function among the bad values maps no blocks.
    {
      ...arg('mmap', optional(FUNCTION), () => () => GuestRam.allocate(16 * PAGE).block('bar', 16 * PAGE)),
      skip: ['a function'],
    },
  ],
  { type: 'VfioDeviceFile' },
)

/** What has methods of these names may be a file. */
const FILE_KIND: Kind = {
  objects: {
    'an AddressSpace': 'either',
    'a destroyed AddressSpace': 'either',
    'a Proxy of an AddressSpace': 'either',
    'what has only the prototype of an AddressSpace': 'either',
  },
}

const ANY_OWNER: Kind = { undefined: 'takes', function: 'takes', objects: new Proxy({}, { get: () => 'takes' }) }

const WORDS = { mair: { ...U64, undefined: 'takes' }, pat: { ...U64, undefined: 'takes' } } as const

export const VFIO_ROWS: readonly Row[] = [
  row(
    'parseRegionInfo',
    [
      INFO_BYTES,
      object(
        'options',
        OPTIONS,
        [
          arg('endian', optional(oneOf('little')), () => 'little'),
          arg('pageSize', optional({ number: () => 'refuses' }), () => 65536),
          arg('cacheModeCapability', optional({ number: () => 'refuses' }), () => CACHE_MODE_ID),
        ],
        { closed: true, type: 'RegionInfoOptions' },
      ),
    ],
    (_, bytes, options) => parseRegionInfo(bytes, options),
  ),
  row(
    'regionInfoSize',
    [INFO_BYTES, arg('endian', optional(oneOf('little', 'big')), () => 'big')],
    (_, bytes, endian) => regionInfoSize(bytes, endian),
  ),
  row(
    'regionInfoFromObject',
    [
      object(
        'object',
        RECORD,
        [
          arg('index', U32, () => 4),
          arg('flags', U32, () => 7),
          // The area lies within it, or does not: then it is named.
          {
            ...arg('size', { number: () => 'refuses', bigint: () => 'refuses' }, () => 0x10000),
            also: ['sparse'],
            file: true,
          },
          arg('offset', U64, () => 0),
          arg('pageSize', { undefined: 'takes' }, () => 4096),
          {
            ...object('sparse', { undefined: 'takes', objects: { 'an array': 'takes' } }, [AREA]),
            good: () => [{ offset: 0, size: 4096 }],
          },
          object('type', { undefined: 'takes' }, [arg('type', U32, () => 1), arg('subtype', U32, () => 2)], {
            closed: true,
          }),
          arg('msixMappable', optional(BOOLEAN), () => true),
          arg('cacheMode', optional(MODE), () => 'noncached'),
        ],
        { closed: true, type: 'VfioRegionObject' },
      ),
    ],
    (_, given) => regionInfoFromObject(given),
  ),
  row(
    'vfioRegions',
    [
      arg('info', {}, () => INFO),
      { ...FILE, kind: FILE_KIND },
      object(
        'options',
        OPTIONS,
        [
          arg('name', optional(TEXT), () => 'bar'),
          object(
            'msixTable',
            { undefined: 'takes' },
            [arg('offset', integer(0, 0xffff), () => 0), arg('size', integer(1, 0x10000), () => 16)],
            {
              closed: true,
              type: 'MsixTable',
            },
          ),
          arg('owner', ANY_OWNER, ({ ops }) => ops),
        ],
        { closed: true, type: 'VfioRegionsOptions' },
      ),
    ],
    (_, info, file, options) => vfioRegions(info, file, options),
    { repeats: false },
  ),
  row(
    'cacheModesFromSmaps',
    [
      { ...arg('text', { string: value => (value === '' ? 'takes' : 'refuses') }, () => ''), file: true },
      object(
        'options',
        RECORD,
        [
          arg('host', oneOf('aarch64', 'x86-64'), () => 'aarch64'),
          arg('mair', WORDS.mair, () => 0n),
          arg('pat', WORDS.pat, () => 0n),
        ],
        { closed: true, type: 'SmapsOptions' },
      ),
    ],
    (_, text, options) => cacheModesFromSmaps(text, options),
  ),
  row(
    'guestMode',
    [
      object('host', RECORD, [arg('name', oneOf('aarch64', 'x86-64'), () => 'aarch64')]),
      arg('mode', MODE, () => 'normal'),
      arg('kvmAnyUncached', BOOLEAN, () => true),
    ],
    (_, host, mode, any) => guestMode(host, mode, any),
  ),
  row(
    'cacheModeOfArm64Attribute',
    [arg('index', integer(0, 7), () => 1), arg('mair', WORDS.mair, () => 0n)],
    (_, index, mair) => cacheModeOfArm64Attribute(index, mair),
  ),
  row('cacheModeOfArm64Page', [arg('bits', U64, () => 1n), arg('mair', WORDS.mair, () => 0n)], (_, bits, mair) =>
    cacheModeOfArm64Page(bits, mair),
  ),
  row('cacheModeOfX86Pat', [arg('index', integer(0, 7), () => 1), arg('pat', WORDS.pat, () => 0n)], (_, index, pat) =>
    cacheModeOfX86Pat(index, pat),
  ),
  row('cacheModeOfX86Page', [arg('bits', U64, () => 1n), arg('pat', WORDS.pat, () => 0n)], (_, bits, pat) =>
    cacheModeOfX86Page(bits, pat),
  ),
  read('ARM64_LINUX_MAIR', () => ARM64_LINUX_MAIR),
  read('X86_LINUX_PAT', () => X86_LINUX_PAT),
  read('VFIO_REGION_INFO_FLAG_CAPS', () => VFIO_REGION_INFO_FLAG_CAPS),
  read('VFIO_REGION_INFO_FLAG_MMAP', () => VFIO_REGION_INFO_FLAG_MMAP),
  read('VFIO_REGION_INFO_FLAG_READ', () => VFIO_REGION_INFO_FLAG_READ),
  read('VFIO_REGION_INFO_FLAG_WRITE', () => VFIO_REGION_INFO_FLAG_WRITE),
]
