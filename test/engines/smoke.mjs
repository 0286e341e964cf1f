import { board } from './smoke/board.mjs'
import { Checks } from './smoke/checks.mjs'
import { copies } from './smoke/copies.mjs'
import { growth } from './smoke/growth.mjs'
import { hostCalls } from './smoke/host-calls.mjs'
import { moves } from './smoke/moves.mjs'
import { allCells, refusals } from './smoke/ram.mjs'
import { saves } from './smoke/saves.mjs'
import { bigDispatch, dispatch, unassigned } from './smoke/space.mjs'
import { threads } from './smoke/threads.mjs'

const GROUPS = {
  allCells,
  refusals,
  dispatch,
  bigDispatch,
  unassigned,
  copies,
  moves,
  growth,
  hostCalls,
  threads,
  board,
  saves,
}

/**
 * What the package promises, in short, for any engine: no import of any host's modules here or below.
 * `env.spawn(handle)` answers with what `smoke/answer.mjs` says in another thread, `env.member(handle)` with what
 * `smoke/member.mjs` has seen there, `env.door` is guestmem/threads, and `env.snapshot` guestmem/snapshot; without them those
 * groups are left out.
 */
export async function smoke(guestmem, env) {
  const checks = new Checks()
  for (const [name, act] of Object.entries(GROUPS)) {
    const needs = { threads: env.spawn, board: env.member, saves: env.snapshot }
    if (name in needs && needs[name] === undefined) continue
    await checks.group(name, () => act(checks, guestmem, env))
  }
  return { checks: checks.count, failures: checks.failures }
}

/** What the package makes of the engine's host, for the table. */
export function aboutHost({ GuestRam }) {
  const { host, order } = GuestRam.allocate(65_536)
  const bytes = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 'little' : 'big'
  return { cpu: host.name, bytes, order }
}
