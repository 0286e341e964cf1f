import { type AddressSpace, MemTxAttrs, stop, type TapAccess, TapStop, tap } from 'guestmem'
import {
  type AccessStatistics,
  accessTraceOf,
  compareTraces,
  countAccesses,
  formatStatistics,
  formatTrace,
  formatTraceLine,
  formatTraceStatistics,
  gdbMemory,
  mapToJson,
  measureMapChanges,
  parseTraceLines,
  streamTrace,
  TraceRing,
  traceStatistics,
  traceTo,
  traceToSvg,
} from 'guestmem/trace'
import { BOOLEAN, FUNCTION, integer, type Kind, OPTIONS, oneOf, optional, SPACE } from '../kinds.ts'
import { type Argument, arg, object, type Row, read, row } from '../row.ts'
import type { World } from '../world.ts'
import { SPACE_ARG } from './access-rows.ts'

const LINE = "memory_region_ops_write cpu 0 mr 0x1000 addr 0x3f8 value 0x41 size 1 name 'serial'"
const eventsNow = () => parseTraceLines(LINE)
const accessOf = (space: AddressSpace): TapAccess => ({
  kind: 'read',
  dma: false,
  atomic: false,
  address: 0,
  offset: 0,
  size: 4,
  value: 0,
  big: false,
  bytes: undefined,
  result: space.result,
  before: true,
  attrs: MemTxAttrs.UNSPECIFIED,
  space,
  region: undefined,
})

/** Events, of which there may be none. */
const EVENTS: Kind = {
  objects: {
    'an array': 'takes',
    'an empty Uint8Array': 'takes',
    'a detached Uint8Array': 'either',
    'a Uint8Array out of its bounds': 'either',
    'a revoked Proxy': 'refuses',
  },
}
const EVENTS_ARG: Argument = arg('events', EVENTS, eventsNow)
const TEXT_OR_EVENTS: Kind = { ...EVENTS, string: () => 'takes' }
const COUNT = optional(integer(0, Number.MAX_SAFE_INTEGER))

const TARGET: Argument = arg(
  'target',
  {
    objects: {
      'an AddressSpace': 'takes',
      'a destroyed AddressSpace': 'takes',
      'a MemoryRegion': 'takes',
      // They are in no private field, and so are not found out.
      'a Proxy of an AddressSpace': 'either',
      'a Proxy of a MemoryRegion': 'either',
    },
  },
  ({ space }) => space,
)
const RANGE: Argument = object(
  'range',
  { undefined: 'takes' },
  [
    arg('start', integer(0, Number.MAX_SAFE_INTEGER), () => 0),
    // What begins at 0 may be as long as there is.
    arg('length', integer(1, Number.MAX_SAFE_INTEGER), () => 16),
  ],
  { closed: true, type: 'TapRange' },
)
const CHOICE: readonly Argument[] = [
  ...['reads', 'writes', 'fetches', 'dma'].map(name => arg(name, optional(BOOLEAN), () => true)),
  arg('condition', optional(FUNCTION), () => () => true),
  arg('ignore', COUNT, () => 1),
  arg('limit', optional(integer(1, Number.MAX_SAFE_INTEGER)), () => 2),
]
const TAP_OPTIONS: Argument = object(
  'options',
  OPTIONS,
  [...CHOICE, arg('when', optional(oneOf('before', 'after')), () => 'after')],
  {
    closed: true,
    type: 'TapOptions',
  },
)

/** A tap would be told of what other rows do. */
function briefly(set: { remove(): void }): void {
  set.remove()
}

/** Spaces, of which there may be none. */
const SPACES: Kind = { objects: { ...SPACE.objects, 'an array': 'takes' } }
const MAP: Argument = arg('map', { ...SPACES, string: () => 'takes' }, ({ space }) => space)
const DEAF = optional(FUNCTION)
const STREAM_TARGET: Argument = object(
  'target',
  { undefined: 'takes' },
  [
    arg('postMessage', DEAF, () => () => {}),
    arg('send', DEAF, () => () => {}),
    arg('bufferedAmount', optional({ number: () => 'takes' }), () => 0),
    arg('readyState', optional({ number: () => 'takes' }), () => 1),
    arg('addEventListener', DEAF, () => () => {}),
    arg('removeEventListener', DEAF, () => () => {}),
    arg('start', DEAF, () => () => {}),
  ],
  { type: 'TraceTarget' },
)

const ring = (): TraceRing => TraceRing.allocate({ events: 64, nameBytes: 64 })
const stopped = ({ space }: World) => new TapStop(accessOf(space))

function counted({ space }: World): AccessStatistics {
  const counter = countAccesses(space)
  space.load8(0)
  counter.remove()
  return counter.statistics()
}

export const TRACE_ROWS: readonly Row[] = [
  row(
    'tap',
    [TARGET, RANGE, TAP_OPTIONS, arg('callback', FUNCTION, () => () => {})],
    (_, target, range, options, callback) => briefly(tap(target, range, options, callback)),
  ),
  row('stop', [], ({ space }) => {
    try {
      stop(accessOf(space))
    } catch (error) {
      if (!(error instanceof TapStop)) throw error
    }
  }),
  row('new TapStop', [], stopped),
  ...(['access', 'cause', 'message', 'name', 'stack'] as const).map(name =>
    read(`TapStop.${name}`, world => stopped(world)[name]),
  ),
  ...(['captureStackTrace', 'prepareStackTrace', 'stackTraceLimit'] as const).map(name =>
    read(`TapStop.${name}`, () => TapStop[name]),
  ),
  row(
    'traceTo',
    [
      TARGET,
      object('sink', {}, [arg('record', FUNCTION, () => () => {})], { type: 'TraceSink' }),
      RANGE,
      object('options', OPTIONS, CHOICE, { closed: true }),
    ],
    (_, target, sink, range, options) => briefly(traceTo(target, sink, range, options)),
  ),
  row(
    'countAccesses',
    [
      SPACE_ARG,
      object('options', OPTIONS, [arg('ram', optional(BOOLEAN), () => true)], { closed: true, type: 'CountOptions' }),
    ],
    (_, space, options) => {
      const counter = countAccesses(space, options)
      counter.statistics()
      counter.reset()
      counter.remove()
    },
  ),
  row('formatStatistics', [arg('statistics', {}, counted)], (_, statistics) => formatStatistics(statistics)),
  row('measureMapChanges', [SPACE_ARG], (_, space) => briefly(measureMapChanges(space))),
  row(
    'TraceRing.allocate',
    [
      object(
        'options',
        OPTIONS,
        [
          arg('events', optional(integer(1, 2 ** 24)), () => 64),
          arg('whenFull', optional(oneOf('drop', 'overwrite')), () => 'drop'),
          arg('nameBytes', optional(integer(0, 2 ** 28)), () => 64),
          arg('clock', optional(FUNCTION), () => () => 0),
        ],
        { closed: true, type: 'TraceRingOptions' },
      ),
    ],
    (_, options) => {
      TraceRing.allocate(options)
    },
  ),
  row('TraceRing.open', [arg('buffer', {}, () => ring().buffer)], (_, buffer) => {
    TraceRing.open(buffer)
  }),
  // Of what is recorded nothing is checked: it is a tap's.
  row('TraceRing.record', [], ({ space }) => ring().record(accessOf(space))),
  row('TraceRing.drain', [arg('most', COUNT, () => 3)], (_, most) => ring().drain(most)),
  row(
    'TraceRing.follow',
    [
      object(
        'options',
        OPTIONS,
        [
          arg('signal', { undefined: 'either' }, () => AbortSignal.abort()),
          arg('interval', optional(integer(0, 2 ** 31 - 1)), () => 1),
        ],
        { closed: true, type: 'FollowOptions' },
      ),
    ],
    // Without a signal it would never end.
    (_, options) => ring().follow(options),
  ),
  row('TraceRing.bytes', [], () => ring().bytes()),
  ...(['buffer', 'capacity', 'dropped', 'length', 'whenFull'] as const).map(name =>
    read(`TraceRing.${name}`, () => ring()[name]),
  ),
  row('formatTrace', [EVENTS_ARG, lineOptions()], (_, events, options) => formatTrace(events, options)),
  row('formatTraceLine', [arg('event', {}, () => eventsNow()[0]), lineOptions()], (_, event, options) =>
    formatTraceLine(event, options),
  ),
  row('parseTraceLines', [{ ...arg('text', { string: () => 'takes' }, () => LINE) }], (_, text) =>
    parseTraceLines(text),
  ),
  row(
    'compareTraces',
    [arg('expected', TEXT_OR_EVENTS, () => LINE), arg('got', TEXT_OR_EVENTS, eventsNow)],
    (_, expected, got) => compareTraces(expected, got),
  ),
  row('traceStatistics', [EVENTS_ARG], (_, events) => traceStatistics(events)),
  row('formatTraceStatistics', [arg('statistics', {}, () => traceStatistics(eventsNow()))], (_, statistics) =>
    formatTraceStatistics(statistics),
  ),
  row('traceToSvg', [EVENTS_ARG], (_, events) => traceToSvg(events)),
  row(
    'accessTraceOf',
    [EVENTS_ARG, SPACE_ARG, arg('ports', optional(SPACE), ({ bus }) => bus)],
    (_, events, space, ports) => accessTraceOf(events, space, ports),
  ),
  row('mapToJson', [arg('spaces', SPACES, ({ space }) => space)], (_, spaces) => mapToJson(spaces)),
  row(
    'streamTrace',
    [
      arg('ring', {}, ring),
      MAP,
      STREAM_TARGET,
      object(
        'options',
        OPTIONS,
        [
          arg('interval', optional(integer(1, 60_000)), () => 1000),
          arg('events', optional(integer(1, 65_536)), () => 10),
        ],
        { closed: true, type: 'StreamTraceOptions' },
      ),
    ],
    (_, from, map, target, options) => streamTrace(from, map, target, options).stop(),
  ),
  row(
    'gdbMemory',
    [
      SPACE_ARG,
      object(
        'options',
        OPTIONS,
        [
          arg('watch', optional(oneOf('before', 'after')), () => 'before'),
          arg('breakpoint', optional(FUNCTION), () => () => true),
        ],
        { closed: true, type: 'GdbMemoryOptions' },
      ),
    ],
    (_, space, options) => {
      gdbMemory(space, options)
    },
  ),
]

function lineOptions(): Argument {
  return object('options', OPTIONS, [arg('all', optional(BOOLEAN), () => true)], {
    closed: true,
    type: 'TraceLineOptions',
  })
}
