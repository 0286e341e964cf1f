import { MessageChannel, Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { afterAll, beforeAll, test } from 'vitest'
import { pursue } from '../support/campaign.ts'
import { nested, plans, world } from '../transfer/support/request-arbitraries.ts'
import { compare, masks, repeated, requests } from '../transfer/support/request-campaigns.ts'
import type { Action, Plan, WorldSpec } from '../transfer/support/request-spec.ts'
import { bundle, type Program } from './support/bundle.ts'
import { type Remote, remoteSpace } from './support/remote-space.ts'

// The campaigns of random requests, made by a member in another thread, against the same reference.

let program: Program
let worker: Worker
let remote: Remote
beforeAll(async () => {
  program = await bundle('random-member.ts')
  const { port1, port2 } = new MessageChannel()
  const words = new Int32Array(new SharedArrayBuffer(128))
  worker = new Worker(program.path, { workerData: { words, port: port2 }, transferList: [port2] })
  remote = { words, port: port1 }
})
afterAll(async () => {
  await worker.terminate()
  remote.port.close()
  program.remove()
})

function compareRemotely(
  spec: WorldSpec,
  steps: readonly Action[],
  planned: readonly Plan[] = [],
  clients: readonly number[] = [],
): void {
  let close = (): void => {}
  const fits = withoutPartialFaults(spec)
  try {
    compare(spec, steps.map(fits), planned, clients, space => {
      const made = remoteSpace(space, remote)
      close = () => made.close()
      return made
    })
  } finally {
    close()
  }
}

/** Requests for memory alone are refused where memory is the owner's (docs/THREADS.md). */
const UNSPECIFIED = 0
const STEP = 64
const stepped = (offset: number): number => STEP * (offset % 4)
/** A change of the map keeps the places' borders; `enabled` and its like look at the lowest bit alone. */
function forAll<T extends Action>(action: T): T {
  if ('attrs' in action && action.attrs > 4) return { ...action, attrs: UNSPECIFIED }
  if (action.kind === 'move' || action.kind === 'targetOffset') return { ...action, value: stepped(action.value) }
  return action
}
/** Of a load of 8 bytes a part of which fails, more than 53 bits are lost on the way (docs/THREADS.md). */
function withoutPartialFaults({ places }: WorldSpec): (action: Action) => Action {
  const areFaulty = places.some(({ device }) => device.faulty)
  return action =>
    areFaulty && action.kind === 'load' && action.form.startsWith('64') ? { ...action, form: '32' } : action
}
/** What a member asks for is in an array of its own thread, which no handler of the owner's can have. */
function withBuffer<T extends Action>(action: T, of: 'own' | 'shared'): T {
  return 'buffer' in action ? { ...action, buffer: { ...action.buffer, of } } : action
}
const anyones = requests.map(each => each.map(forAll))
/**
 * Memory begins and ends where no piece of a request to a device reaches over: there a member's request is cut
 * (docs/THREADS.md). Guest RAM is as an attached one is unless its thread says otherwise.
 */
const shared = world.map(spec => ({
  ...spec,
  rams: spec.rams.map(ram => ({ ...ram, unaligned: 'split' as const, host: 'x86-64' as const })),
  places: spec.places.map(place => ({
    ...place,
    offset: stepped(place.offset),
    size: STEP * (1 + (place.size % 2)),
    targetOffset: stepped(place.targetOffset),
    device: { ...place.device, impl: { ...place.device.impl, unaligned: false } },
  })),
}))

test.each([
  {
    name: 'D3, D4, E1-E8, E10, E11, G1-G6, I1-I3 random requests of a member give what the rules say',
    count: 400,
    property: fc.property(shared, anyones, (spec, steps) => compareRemotely(spec, steps)),
  },
  {
    name: 'C7, E1, I1 the same few addresses over and over, while the map changes',
    count: 250,
    property: fc.property(shared, repeated, (spec, steps) =>
      compareRemotely(
        spec,
        steps.map(step => forAll(step)),
      ),
    ),
  },
  {
    name: 'G7 handlers that a member has called make requests',
    count: 250,
    property: fc.property(shared, anyones, plans(nested), (spec, steps, planned) =>
      compareRemotely(
        spec,
        steps.map(step => withBuffer(step, 'own')),
        planned.map(({ call, action }) => ({ call, action: withBuffer(action, 'shared') })),
      ),
    ),
  },
  {
    name: 'F1, F2, F5 what a member stores to logged memory is dirty',
    count: 100,
    property: fc.property(shared, anyones, masks, (spec, steps, clients) => compareRemotely(spec, steps, [], clients)),
  },
])('$name', pursue)
