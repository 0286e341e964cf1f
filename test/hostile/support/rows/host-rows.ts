import {
  CACHE_MODES,
  DIRECT_ACCESS,
  detectHost,
  HOST_PROFILES,
  hostProfile,
  hostSources,
  MemTxAttrs,
  MemTxFault,
  MemTxResult,
  memTxFault,
  memTxResult,
  route,
} from 'guestmem'
import { BOOLEAN, integer, type Kind, OPTIONS, oneOf, optional, RECORD } from '../kinds.ts'
import { type Argument, arg, object, type Row, read, row } from '../row.ts'

const HOSTS = ['x86-64', 'aarch64', 'ppc64', 'riscv64', 's390x', 'sparc64', 'mips64', 'unknown'] as const
const MODES: Kind = oneOf(...CACHE_MODES)
const WIDEST: Kind = oneOf(1, 2, 4, 8, 16, 32, 64)

/** One cell of a profile's access. */
function access(mode: string, kind: (kind: Kind) => Kind): Argument {
  return object(
    mode,
    kind === optional ? OPTIONS : RECORD,
    [
      arg('widest', kind(WIDEST), () => 8),
      arg('unaligned', kind(BOOLEAN), () => true),
      arg('vectors', kind(BOOLEAN), () => false),
    ],
    { closed: kind === optional },
  )
}

const asIs = (kind: Kind) => kind

/** What takes a profile that a user wrote out. */
export function profile(name: string, kind: (kind: Kind) => Kind): Argument {
  return {
    ...object(
      name,
      kind(RECORD),
      [
        arg('name', oneOf(...HOSTS), () => 'aarch64'),
        arg('keepsStoreOrder', BOOLEAN, () => false),
        object(
          'access',
          RECORD,
          CACHE_MODES.map(mode => access(mode, asIs)),
        ),
      ],
      { type: 'HostProfile' },
    ),
  }
}

/** What a read gives that fails. */
const VALUE = arg('value', optional(integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)), () => -1)

export const HOST_ROWS: readonly Row[] = [
  read('CACHE_MODES', () => CACHE_MODES),
  read('DIRECT_ACCESS', () => DIRECT_ACCESS),
  read('HOST_PROFILES', () => HOST_PROFILES),
  read('MemTxResult', () => MemTxResult),
  row('detectHost', [], () => detectHost()),
  row(
    'hostProfile',
    [
      object(
        'overrides',
        RECORD,
        [
          arg('base', oneOf(...HOSTS), () => 'x86-64'),
          arg('keepsStoreOrder', optional(BOOLEAN), () => true),
          object(
            'access',
            OPTIONS,
            CACHE_MODES.map(mode => access(mode, optional)),
            { closed: true },
          ),
        ],
        { closed: true, type: 'HostProfileOverrides' },
      ),
    ],
    (_, overrides) => hostProfile(overrides),
  ),
  row('hostSources', [arg('name', oneOf(...HOSTS), () => 'aarch64')], (_, name) => hostSources(name)),
  row(
    'route',
    [
      object(
        'query',
        RECORD,
        [
          arg(
            'kind',
            oneOf('container', 'ram', 'rom', 'romDevice', 'ramDevice', 'io', 'alias', 'reservation', 'iommu'),
            () => 'ram',
          ),
          arg('cacheMode', optional(MODES), () => 'normal'),
          arg('write', BOOLEAN, () => false),
          arg('strict', BOOLEAN, () => true),
          profile('host', asIs),
          arg('policy', oneOf(...DIRECT_ACCESS), () => 'by-mapping'),
        ],
        { closed: true, type: 'RouteQuery' },
      ),
    ],
    (_, query) => route(query),
  ),
  row(
    'MemTxAttrs.of',
    [
      object(
        'init',
        // A set of attributes is asked for: without one, there is UNSPECIFIED.
        { ...OPTIONS, undefined: 'either', objects: { ...OPTIONS.objects, 'a lookalike of MemTxAttrs': 'takes' } },
        [
          arg('secure', optional(BOOLEAN), () => true),
          arg('user', optional(BOOLEAN), () => false),
          arg('requesterId', optional(integer(0, 0xffff)), () => 8),
          arg('strict', optional(BOOLEAN), () => true),
          arg('memory', optional(BOOLEAN), () => false),
          arg('fetch', optional(BOOLEAN), () => true),
          arg('debug', optional(BOOLEAN), () => false),
        ],
        { closed: true, type: 'MemTxAttrsInit' },
      ),
    ],
    (_, init) => MemTxAttrs.of(init),
  ),
  ...(['UNSPECIFIED', 'RELAXED', 'SECURE', 'USER', 'DEBUG'] as const).map(name =>
    read(`MemTxAttrs.${name}`, () => MemTxAttrs[name]),
  ),
  ...(['secure', 'user', 'requesterId', 'strict', 'memory', 'fetch', 'debug'] as const).map(name =>
    read(`MemTxAttrs.${name}`, ({ attrs }) => attrs[name]),
  ),
  row('memTxResult', [arg('bits', integer(0, 7), () => 2)], (_, bits) => memTxResult(bits)),
  row('memTxFault', [arg('result', integer(1, 7), () => 2), VALUE], (_, result, value) => memTxFault(result, value)),
  row(
    'new MemTxFault',
    [arg('result', integer(1, 7), () => 2), VALUE],
    (_, result, value) => new MemTxFault(result, value),
  ),
  read('MemTxFault.value', () => memTxFault(1).value),
  read('MemTxFault.result', () => memTxFault(1).result),
]
