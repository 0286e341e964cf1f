import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'
import {
  type Checkpoint,
  checkpoint,
  type DirtyHarvest,
  harvestDirty,
  MigrationError,
  migrate,
  readSnapshot,
  receiveMachine,
  restoreMachine,
  SnapshotChain,
  SnapshotError,
  saveMachine,
} from 'guestmem/snapshot'
import { connectionPair } from '../../../snapshot/support/streams.ts'
import { FUNCTION, instance, integer, type Kind, OPTIONS, oneOf, optional, RECORD } from '../kinds.ts'
import { type Argument, arg, object, type Row, read, row, unchecked } from '../row.ts'
import { PAGE, type World } from '../world.ts'

/** A file that is none, and one that has devices which are not given, are no mistakes in an argument. */
const REFUSED = { throws: 'SnapshotError', repeats: false }

const LIST: Kind = optional({ objects: { 'an array': 'takes' } })
const SPACES = arg('spaces', instance('an AddressSpace'), ({ bus }) => bus)
const DEVICE = object('uart', RECORD, [arg('save', FUNCTION, () => () => 5), arg('load', FUNCTION, () => () => {})], {
  type: 'SavedDevice',
})

const machine = (...devices: readonly Argument[]): readonly Argument[] => [
  object('devices', optional(OPTIONS), devices),
  arg('regions', LIST, () => []),
  arg('blocks', LIST, () => []),
]

const MACHINE = object('options', OPTIONS, machine(DEVICE), { closed: true, type: 'MachineOptions' })

const BYTES: Kind = {
  objects: {
    'a Uint8Array': 'takes',
    'an empty Uint8Array': 'takes',
    'a Uint8Array whose length lies': 'takes',
    'a Uint8Array of another realm': 'takes',
  },
}
const source = (world: World) => () => saveMachine(world.bus, { devices: { uart: { save: () => 5, load: () => {} } } })

/** A machine of its own, so that a move changes nothing of the world, with which it ends. */
function small(world: World): AddressSpace {
  const ram = GuestRam.wrap(new SharedArrayBuffer(PAGE))
  const space = new AddressSpace('small', MemoryRegion.ram('ram', ram.block('ram', PAGE)))
  // Each space that is left makes whatever concerns all spaces of the thread take longer.
  world.later(() => space.destroy())
  return space
}

/** The one end of a connection, at whose other end somebody is who does not fail. */
function ended(act: (end: ReturnType<typeof connectionPair>['far']) => Promise<unknown>): object {
  const { near, far } = connectionPair()
  const getReader = () => {
    // Not before somebody is here: a migration begins a log, which can be seen.
    void act(far).catch(() => {})
    return near.readable.getReader()
  }
  return { readable: { getReader }, writable: near.writable }
}

const DUPLEX: Kind = {}
/** The world's are of another machine than the one at the other end: what comes of it is no matter of the argument. */
const SMALL: Partial<Argument> = { skip: ['an AddressSpace', 'a Proxy of an AddressSpace'] }

/** Ends with its world. */
function kept<T extends { dispose(): void } | { end(): void }>(world: World, made: T): T {
  world.later(() => ('dispose' in made ? made.dispose() : made.end()))
  return made
}

const harvests = new WeakMap<World, DirtyHarvest>()
const points = new WeakMap<World, Checkpoint>()
const chains = new WeakMap<World, SnapshotChain>()

/** The world's own. */
function of<T>(known: WeakMap<World, T>, world: World, make: () => T): T {
  const made = known.get(world) ?? make()
  known.set(world, made)
  return made
}

const harvest = (world: World) => of(harvests, world, () => harvestDirty(world.block, 1))
const point = (world: World) => of(points, world, () => kept(world, checkpoint(world.block)))
const chain = (world: World) => of(chains, world, () => kept(world, new SnapshotChain(world.bus)))

export const SNAPSHOT_ROWS: readonly Row[] = [
  row('saveMachine', [SPACES, MACHINE], (_, spaces, options) => saveMachine(spaces, options)),
  row(
    'restoreMachine',
    [SPACES, arg('source', BYTES, source), MACHINE],
    (_, spaces, from, options) => restoreMachine(spaces, from, options),
    REFUSED,
  ),
  row('readSnapshot', [arg('source', BYTES, source)], (_, from) => readSnapshot(from), REFUSED),
  row(
    'harvestDirty',
    [
      arg(
        'memory',
        { objects: { 'a RamBlock': 'takes', 'a MemoryRegion': 'refuses', 'an array': 'takes' } },
        ({ block }) => block,
      ),
      arg('client', optional(oneOf(1, 2, 4)), () => 4),
    ],
    (_, memory, client) => harvestDirty(memory, client),
  ),
  ...(['client', 'state', 'bytes'] as const).map(name => read(`DirtyHarvest.${name}`, world => harvest(world)[name])),
  row('DirtyHarvest.ranges', [], world => [...harvest(world).ranges()]),
  row('DirtyHarvest.commit', [], ({ block }) => harvestDirty(block, 1).commit()),
  row('DirtyHarvest.abort', [], ({ block }) => harvestDirty(block, 1).abort()),
  row(
    'checkpoint',
    [
      arg('what', { objects: { 'a RamBlock': 'takes', 'an AddressSpace': 'takes' } }, ({ block }) => block),
      object('options', OPTIONS, machine(), { closed: true, type: 'MachineOptions' }),
    ],
    (world, what, options) => kept(world, checkpoint(what, options)),
  ),
  read('Checkpoint.disposed', world => point(world).disposed),
  row('Checkpoint.rollback', [], world => point(world).rollback()),
  row('Checkpoint.dispose', [], world => point(world).dispose()),
  row('new SnapshotChain', [SPACES, MACHINE], (world, spaces, options) =>
    kept(world, new SnapshotChain(spaces, options)),
  ),
  ...(['id', 'generation', 'dirtyBytes'] as const).map(name =>
    read(`SnapshotChain.${name}`, world => chain(world)[name]),
  ),
  row('SnapshotChain.save', [], world => chain(world).save().abort()),
  row('SnapshotChain.end', [], world => chain(world).end()),
  row(
    'migrate',
    [
      { ...arg('source', instance('an AddressSpace'), small), ...SMALL },
      arg('stream', DUPLEX, world => ended(end => receiveMachine(small(world), end))),
      object(
        'options',
        RECORD,
        [
          ...machine(),
          arg('maxDowntime', optional(integer(1, 3_600_000)), () => 300),
          arg('maxRounds', optional(integer(1, 1000)), () => 30),
          // What it gives is waited for, and what it is is of no matter.
          arg('synchronize', optional(FUNCTION), () => () => {}),
          arg('stop', FUNCTION, () => () => {}),
          arg('resume', FUNCTION, () => () => {}),
        ],
        { closed: true, type: 'MigrationOptions' },
      ),
    ],
    (_, from, stream, options) => migrate(from, stream, options),
    { repeats: false },
  ),
  row(
    'receiveMachine',
    [
      { ...arg('spaces', instance('an AddressSpace'), small), ...SMALL },
      arg('stream', DUPLEX, world => ended(end => migrate(small(world), end, { stop: () => {}, resume: () => {} }))),
      object('options', OPTIONS, machine(), { closed: true, type: 'MachineOptions' }),
    ],
    (_, spaces, stream, options) => receiveMachine(spaces, stream, options),
    { repeats: false },
  ),
  row(
    'new SnapshotError',
    [unchecked('message', {}, () => 'text'), unchecked('where', {}, () => undefined)],
    (_, message, where) => new SnapshotError(message, where),
  ),
  ...(['offset', 'file', 'changed'] as const).map(name =>
    read(`SnapshotError.${name}`, () => new SnapshotError('')[name]),
  ),
  row(
    'new MigrationError',
    [
      unchecked('reason', {}, () => 'failed'),
      unchecked('message', {}, () => 'text'),
      unchecked('options', {}, () => undefined),
    ],
    (_, reason, message, options) => new MigrationError(reason, message, options),
  ),
  read('MigrationError.reason', () => new MigrationError('failed', '').reason),
]
