import { GuestRam } from 'guestmem'
import { Attention, abandonBoard, Board, type BoardHandle, Member } from 'guestmem/threads'
import { hash } from '../digest.ts'
import { FUNCTION, integer, type Kind, OPTIONS, oneOf, optional, RECORD } from '../kinds.ts'
import { type Argument, arg, object, type Row, read, row } from '../row.ts'
import { PAGE, type World } from '../world.ts'

/** A board and a member of a world, both in this thread. */
interface Pair {
  readonly ram: GuestRam
  readonly board: Board
  readonly handle: BoardHandle
  readonly member: Member
}

const RAM_BYTES = 256 * PAGE
const pairs = new WeakMap<World, Pair>()
const small = { members: 8, ranges: 16, notifiers: 1 }

/** Guest RAM that goes with its buffer: what is cut from it is cut for good. */
function ownRam(): GuestRam {
  return GuestRam.wrap(new SharedArrayBuffer(RAM_BYTES))
}

/** Ends with its world. */
function made(world: World, board: Board): Board {
  world.later(() => board.close())
  return board
}

function pairOf(world: World): Pair {
  let pair = pairs.get(world)
  if (pair === undefined) {
    const ram = ownRam()
    const board = made(world, new Board(world.space, ram, small))
    const handle = board.handle()
    const member = new Member(handle)
    world.later(() => member.space.destroy())
    pair = { ram, board, handle, member }
    pairs.set(world, pair)
  }
  return pair
}

class Changed extends Error {}

/** What is refused has changed none of the words that the threads share, nor what the member sees. */
function unchanged(world: World, act: (pair: Pair) => unknown): unknown {
  const pair = pairOf(world)
  const state = (): string =>
    `${hash(pair.ram.buffer)} ${pair.member.space.result} ${pair.member.space.view.ranges.length}`
  const before = state()
  try {
    return act(pair)
  } catch (error) {
    if (state() !== before) throw new Changed(`has changed the board: ${error}`)
    throw error
  }
}

const between = (min: number, max: number): Kind => ({
  number: value => (value >= min && value <= max ? 'takes' : 'refuses'),
})

const SHAPE: readonly Argument[] = [
  // A board of many more needs more guest RAM than there is.
  { ...arg('members', optional({ number: many(1, 64) }), () => 2), also: ['ram'] },
  { ...arg('ranges', optional({ number: many(1, 65_536) }), () => 16), also: ['ram'] },
  { ...arg('notifiers', optional({ number: many(0, 65_536) }), () => 1), also: ['ram'] },
]

function many(min: number, max: number): NonNullable<Kind['number']> {
  return value => (Number.isInteger(value) && value >= min && value <= max ? 'either' : 'refuses')
}

/** Of a handle: each is that of its board, and no other. */
const only = (value: number): Kind => ({ number: each => (each === value ? 'takes' : 'refuses') })

const HANDLE = object(
  'handle',
  RECORD,
  [
    arg('id', integer(0, 7), () => 0),
    arg('endian', oneOf('little', 'big'), () => 'little'),
    { ...arg('rams', {}, world => pairOf(world).handle.rams), also: ['handle'] },
    {
      ...object('control', {}, [
        {
          ...arg(
            'offset',
            { number: value => (value === 0 ? 'takes' : 'refuses') },
            world => pairOf(world).handle.control.offset,
          ),
          also: ['handle.blocks'],
        },
        arg('size', {}, world => pairOf(world).handle.control.size),
      ]),
    },
    object(
      'shape',
      {},
      [
        { ...arg('members', only(8), () => 8), also: ['size'], file: true },
        { ...arg('ranges', only(16), () => 16), also: ['size'], file: true },
        { ...arg('notifiers', only(1), () => 1), also: ['size'], file: true },
      ],
      { type: 'BoardShape' },
    ),
  ],
  { type: 'BoardHandle' },
)

const ID = { ...arg('id', integer(0, 0), () => 0) }

const OF_A_PAIR: readonly Row[] = [
  row(
    'new Board',
    [
      arg(
        'space',
        { objects: { 'an AddressSpace': 'takes', 'a destroyed AddressSpace': 'either' } },
        ({ space }) => space,
      ),
      // One without room for a board says so.
      { ...arg('ram', { objects: { 'a GuestRam': 'either' } }, ownRam) },
      object(
        'options',
        OPTIONS,
        [
          ...SHAPE,
          arg('rams', optional({ objects: { 'an array': 'takes', 'an array of another realm': 'either' } }), () => []),
          arg('spinMs', optional(between(0, 1000)), () => 0),
          arg('stallMs', optional(integer(1, 60_000)), () => 10),
          arg('onStall', optional(FUNCTION), () => () => {}),
          arg('onError', optional(FUNCTION), () => () => {}),
        ],
        { closed: true, type: 'BoardOptions' },
      ),
    ],
    (world, space, ram, options) => made(world, new Board(space, ram, options)),
  ),
  read('Board.space', world => pairOf(world).board.space),
  row('Board.handle', [], world => pairOf(world).board.handle(), { repeats: false }),
  row('Board.listen', [], world => pairOf(world).board.listen()()),
  // Nobody would end one that is served for ever.
  row('Board.serve', [arg('done', optional(FUNCTION), () => () => true)], (world, done) =>
    unchanged(world, ({ board }) =>
      board.serve(done === undefined || typeof done === 'function' ? ((() => true) as never) : done),
    ),
  ),
  row('Board.raise', [ID, arg('bits', integer(-(2 ** 31), 2 ** 32 - 1), () => 1)], (world, id, bits) =>
    unchanged(world, ({ board }) => board.raise(id, bits)),
  ),
  row('Board.stop', [{ ...ID, kind: optional(ID.kind) }], (world, id) =>
    unchanged(world, ({ board }) => board.stop(id)),
  ),
  row('Board.remove', [ID], (world, id) => unchanged(world, ({ board }) => board.remove(id)), { repeats: false }),
  read('Board.settled', world => pairOf(world).board.settled),
  row('Board.afterSettled', [arg('callback', FUNCTION, () => () => {})], (world, callback) =>
    unchanged(world, ({ board }) => board.afterSettled(callback)),
  ),
  row('Board.close', [], world => pairOf(world).board.close()),
  row(
    'new Member',
    [
      HANDLE,
      object(
        'options',
        OPTIONS,
        [
          arg('spinMs', optional(between(0, 1000)), () => 0),
          arg('onMap', optional(FUNCTION), () => () => {}),
          object('space', OPTIONS, []),
        ],
        { closed: true, type: 'MemberOptions' },
      ),
    ],
    (world, handle, options) =>
      unchanged(world, () => {
        const { space } = new Member(handle, options)
        world.later(() => space.destroy())
      }),
  ),
  ...(['id', 'space', 'root', 'ram', 'attentionAddress'] as const).map(name =>
    read(`Member.${name}`, world => pairOf(world).member[name]),
  ),
  row('Member.run', [arg('body', FUNCTION, () => () => 1)], (world, body) =>
    unchanged(world, ({ member }) => member.run(body)),
  ),
  row('Member.poll', [], world => pairOf(world).member.poll()),
  row(
    'Member.halt',
    [arg('milliseconds', optional({ number: value => (value >= 0 ? 'takes' : 'refuses') }), () => 0)],
    (world, milliseconds) =>
      // Nobody would end a halt of any length that is taken.
      unchanged(world, ({ member }) => {
        const isTaken = milliseconds === undefined || (typeof milliseconds === 'number' && milliseconds > 0)
        return member.halt(isTaken ? 0 : milliseconds)
      }),
  ),
  row('Member.takeInterrupts', [], world => pairOf(world).member.takeInterrupts()),
  row('Member.flush', [], world => pairOf(world).member.flush()),
  row('Member.fence', [], world => pairOf(world).member.fence()),
  row('abandonBoard', [HANDLE], (world, handle) => unchanged(world, () => abandonBoard(handle))),
  read('Attention', () => Attention),
]

export const THREADS_ROWS: readonly Row[] = OF_A_PAIR.map(each => ({ ...each, before: pairOf }))
