import type { Command } from './command.ts'
import { diffCommand } from './diff-command.ts'
import { findCommand } from './find-command.ts'
import { litmusCommand } from './litmus-command.ts'
import { mapCommand } from './map-command.ts'
import { pageCommand } from './page-command.ts'
import { replayCommand } from './replay-command.ts'
import { snapshotCommand } from './snapshot-command.ts'
import { traceCommand } from './trace-command.ts'

/** Every command but `help`, in the order of the list that it prints. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  map: mapCommand,
  diff: diffCommand,
  find: findCommand,
  replay: replayCommand,
  snapshot: snapshotCommand,
  trace: traceCommand,
  litmus: litmusCommand,
  page: pageCommand,
}
