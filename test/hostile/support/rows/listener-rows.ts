import {
  codeWrites,
  DirtyClient,
  isDirty,
  markDirty,
  registerMemoryListener,
  snapshotAndClearDirty,
  startGlobalDirtyLog,
  stopGlobalDirtyLog,
  testAndClearDirty,
} from 'guestmem'
import { EVENTS } from '../../../listener/support/listener-log.ts'
import { BLOCK, FUNCTION, instance, integer, OPTIONS, oneOf, optional, RECORD } from '../kinds.ts'
import { type Argument, arg, object, type Row, read, row } from '../row.ts'
import { PAGE } from '../world.ts'

const LISTENER = (): Argument => {
  const note = () => () => {}
  return object(
    'listener',
    RECORD,
    [...EVENTS, 'regionNop', 'coalescedIoFlush']
      .map(name => arg(name, optional(FUNCTION), note))
      .concat(
        // The one or the other.
        [{ ...arg('logSyncGlobal', { undefined: 'takes' }, () => undefined), also: ['logSync'], file: true }],
      ),
    { type: 'MemoryListener' },
  )
}

const DIRTY: readonly Argument[] = [
  arg('memory', BLOCK, world => world.region('ram')),
  arg('offset', integer(0, 8 * PAGE - 8), () => 8),
  arg('length', integer(0, 8 * PAGE - 8), () => 16),
]
const CLIENT = arg('client', oneOf(1, 2, 4), () => DirtyClient.VGA)

export const LISTENER_ROWS: readonly Row[] = [
  row(
    'registerMemoryListener',
    [
      arg('space', instance('an AddressSpace'), ({ bus }) => bus),
      LISTENER(),
      object('options', OPTIONS, [arg('priority', optional(integer(-(2 ** 31), 2 ** 31 - 1)), () => 3)], {
        closed: true,
        type: 'MemoryListenerOptions',
      }),
    ],
    (world, space, listener, options) => world.later(registerMemoryListener(space, listener, options)),
    { repeats: false },
  ),
  row('startGlobalDirtyLog', [], world => {
    startGlobalDirtyLog()
    world.later(stopGlobalDirtyLog)
  }),
  row('stopGlobalDirtyLog', [], () => stopGlobalDirtyLog()),
  row('markDirty', [...DIRTY, arg('clients', integer(1, 7), () => 3)], (_, memory, offset, length, clients) =>
    markDirty(memory, offset, length, clients),
  ),
  row('isDirty', [...DIRTY, CLIENT], (_, memory, offset, length, client) => isDirty(memory, offset, length, client)),
  row('snapshotAndClearDirty', [...DIRTY, CLIENT], (_, memory, offset, length, client) =>
    snapshotAndClearDirty(memory, offset, length, client),
  ),
  row('testAndClearDirty', [...DIRTY, CLIENT], (_, memory, offset, length, client) =>
    testAndClearDirty(memory, offset, length, client),
  ),
  row('codeWrites', [arg('block', BLOCK, ({ block }) => block)], (_, block) => codeWrites(block)),
  ...(['offset', 'length'] as const).map(name => read(`DirtySnapshot.${name}`, ({ snapshot }) => snapshot[name])),
  row(
    'DirtySnapshot.isDirty',
    [arg('offset', integer(0, 8 * PAGE - 8), () => 8), arg('length', integer(0, 8 * PAGE - 8), () => 8)],
    ({ snapshot }, offset, length) => snapshot.isDirty(offset, length),
  ),
  row('DirtySnapshot.ranges', [], ({ snapshot }) => [...snapshot.ranges()]),
]
