import {
  compareMaps,
  explainAddress,
  flatViewToSvg,
  formatExplanation,
  formatFlatView,
  formatMapChanges,
  formatMtree,
  machineFromJson,
  machineFromMtree,
  parseMtree,
  rangeTypeWord,
  replayAccess,
  serveQtest,
} from 'guestmem/qemu'
import { BOOLEAN, FUNCTION, type Kind, OPTIONS, oneOf, optional, RECORD, SPACE } from '../kinds.ts'
import { type Argument, arg, object, type Row, row } from '../row.ts'

const MTREE = `address-space: memory
  0000000000000000-ffffffffffffffff (prio 0, i/o): system
    0000000000000000-0000000000000fff (prio 0, ram): ram
`
const CORPUS = {
  format: 'qemu-mtree-corpus/1',
  regions: [{ id: 1, name: 'ram', type: 'ram', addr: '0x0', size: '0x1000', priority: 0, terminates: true }],
  address_spaces: [{ name: 'memory', root: 1 }],
}
const TRACE = {
  format: 'qemu-access-trace/1',
  target_big_endian: false,
  regions: { 1: { name: 'ram', type: 'ram', abs: '0x0' } },
  flat: { m: [['0x0', '0xfff', '1', '0x0']] },
  cases: [['m', 'w', '0x10', 2, '0102', [], 'r']],
}

/** A text with nothing in it is refused. */
const NO_TEXT: Kind = { string: () => 'refuses' }
const text: Argument = { ...arg('text', NO_TEXT, () => MTREE), file: true }

/** Without any, no text is what comes of it. */
const NO_CHANGES: Kind = { objects: { 'an array': 'either', 'an array of another realm': 'either' } }

const isAddress = (value: number | bigint): boolean => value >= 0 && value < 2n ** 64n
const WIDE_ADDRESS: Kind = {
  number: value => (Number.isSafeInteger(value) && isAddress(value) ? 'takes' : 'refuses'),
  bigint: value => (isAddress(value) ? 'takes' : 'refuses'),
}

const OPTIONS_ARG = object(
  'options',
  OPTIONS,
  [arg('endian', optional(oneOf('little', 'big')), () => 'big'), arg('ops', optional(FUNCTION), () => () => undefined)],
  { closed: true, type: 'MachineOptions' },
)

/** A file as JSON.parse made it. What is not in it is missed elsewhere. */
function file(fields: readonly Argument[]): Argument {
  return { ...object('json', RECORD, fields), file: true }
}

const SPACE_ARG = arg('space', SPACE, ({ space }) => space)

function duplex() {
  return {
    async *[Symbol.asyncIterator]() {},
    write() {},
  }
}

export const QEMU_ROWS: readonly Row[] = [
  row(
    'machineFromJson',
    [
      file([
        arg('format', oneOf('qemu-mtree-corpus/1'), () => CORPUS.format),
        { ...arg('regions', {}, () => CORPUS.regions), also: ['root'] },
        arg(
          'address_spaces',
          { objects: { 'an array': 'takes', 'an array of another realm': 'refuses' } },
          () => CORPUS.address_spaces,
        ),
      ]),
      OPTIONS_ARG,
    ],
    (_, json, options) => machineFromJson(json, options),
    { repeats: false, throws: 'SyntaxError' },
  ),
  row('machineFromMtree', [text, OPTIONS_ARG], (_, mtree, options) => machineFromMtree(mtree, options), {
    repeats: false,
  }),
  row('parseMtree', [text], (_, mtree) => parseMtree(mtree)),
  row(
    'replayAccess',
    [
      file([
        arg('format', oneOf('qemu-access-trace/1'), () => TRACE.format),
        arg('target_big_endian', BOOLEAN, () => false),
        { ...arg('regions', {}, () => TRACE.regions), also: ['flat'] },
        arg('flat', {}, () => TRACE.flat),
        arg('cases', { objects: { 'an array': 'takes' } }, () => TRACE.cases),
      ]),
    ],
    (_, json) => replayAccess(json),
    { repeats: false, throws: 'SyntaxError' },
  ),
  row(
    'formatMtree',
    [
      {
        ...SPACE_ARG,
        name: 'spaces',
        kind: { objects: { ...SPACE.objects, 'an array': 'either' } },
        also: ['space'],
      },
      object('options', OPTIONS, [arg('disabled', optional(BOOLEAN), () => true)], {
        closed: true,
        type: 'FormatMtreeOptions',
      }),
    ],
    (_, spaces, options) => formatMtree(spaces, options),
  ),
  row('formatFlatView', [SPACE_ARG], (_, space) => formatFlatView(space)),
  row('flatViewToSvg', [SPACE_ARG], (_, space) => flatViewToSvg(space)),
  row('explainAddress', [SPACE_ARG, arg('address', WIDE_ADDRESS, () => 0)], (_, space, address) =>
    explainAddress(space, address),
  ),
  row('formatExplanation', [arg('explanation', {}, ({ space }) => explainAddress(space, 0))], (_, explanation) =>
    formatExplanation(explanation),
  ),
  row(
    'compareMaps',
    [
      { ...SPACE_ARG, name: 'before' },
      { ...SPACE_ARG, name: 'after' },
    ],
    (_, before, after) => compareMaps(before, after),
  ),
  row('formatMapChanges', [arg('changes', NO_CHANGES, ({ space, bus }) => compareMaps(space, bus))], (_, changes) =>
    formatMapChanges(changes),
  ),
  row('rangeTypeWord', [arg('range', {}, ({ space }) => space.view.ranges[0])], (_, range) => rangeTypeWord(range)),
  row(
    'serveQtest',
    [
      arg('stream', {}, duplex),
      object(
        'machine',
        RECORD,
        [arg('memory', SPACE, ({ space }) => space), arg('io', { ...SPACE, undefined: 'takes' }, ({ bus }) => bus)],
        { type: 'QtestMachine' },
      ),
    ],
    (_, stream, machine) => serveQtest(stream, machine),
  ),
]
