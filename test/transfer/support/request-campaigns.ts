import fc from 'fast-check'
import { type AddressSpace, DirtyClient, testAndClearDirty } from 'guestmem'
import { expect } from 'vitest'
import type { Campaign } from '../../support/campaign.ts'
import { again, bug, change, nested, plans, request, world } from './request-arbitraries.ts'
import { dirtyPage, Reference } from './request-reference.ts'
import { type Requests, SpaceUnderTest } from './request-space.ts'
import type { Action, Plan, Request, WorldSpec } from './request-spec.ts'

/**
 * After each step both have seen and done the same, and every byte of RAM is the same; so are the dirty pages at the end.
 *
 * @param by Who makes the requests of the space; itself unless said.
 */
export function compare(
  spec: WorldSpec,
  steps: readonly Action[],
  planned: readonly Plan[] = [],
  masks: readonly number[] = [],
  by?: (space: AddressSpace) => Requests,
): void {
  const space = new SpaceUnderTest(spec, planned, masks, by)
  const reference = new Reference(spec, planned, masks)
  try {
    for (const step of steps) compareStep(space, reference, step)
    if (masks.length > 0) expect(takeDirty(space)).toEqual([...reference.dirty].sort())
  } finally {
    space.unlog()
    takeDirty(space)
  }
}

function compareStep(space: SpaceUnderTest, reference: Reference, step: Action): void {
  reference.step(step)
  space.step(step)
  if (space.log.join() !== reference.log.join()) expect(space.log).toEqual(reference.log)
  for (const [i, bytes] of reference.rams.entries()) {
    const real = space.rams[i] as Buffer
    const at = real.equals(bytes) ? -1 : bytes.findIndex((byte, address) => real[address] !== byte)
    if (at !== -1) expect(`byte ${at}: ${real[at]}`, space.log.join('\n')).toBe(`byte ${at}: ${bytes[at]}`)
  }
  space.log = []
  reference.log = []
}

/** Also of blocks that nothing logs, and of clients that log nothing: those have no dirty pages. */
function takeDirty({ blocks }: SpaceUnderTest): string[] {
  const dirty: string[] = []
  for (const [ram, some] of blocks.entries())
    for (const [page, block] of some.entries())
      for (const client of Object.values(DirtyClient))
        if (testAndClearDirty(block, 0, block.size, client)) dirty.push(dirtyPage(ram, client, page))
  return dirty.sort()
}

const run = (spec: WorldSpec, steps: readonly Action[], planned: readonly Plan[]): void => compare(spec, steps, planned)
export const requests: fc.Arbitrary<Request[]> = fc.array(request, { minLength: 1, maxLength: 16, size: 'max' })
const steps = fc.array(fc.oneof({ weight: 3, arbitrary: nested }, { weight: 1, arbitrary: change }), {
  minLength: 1,
  maxLength: 12,
  size: 'max',
})
export const repeated: fc.Arbitrary<Action[]> = fc.array(
  fc.oneof({ weight: 6, arbitrary: again }, { weight: 1, arbitrary: change }),
  {
    minLength: 4,
    maxLength: 40,
    size: 'max',
  },
)
export const masks: fc.Arbitrary<number[]> = fc.array(fc.nat(7), { minLength: 9, maxLength: 9 })

/** Streams of requests, each against a reference that is written from RULES D, E, F, G and I alone. */
export const REQUESTS: readonly Campaign[] = [
  {
    name: 'D3, D4, E1-E8, E10, E11, G1-G6, I1-I3, S6 random requests give what the rules say, byte for byte and call for call',
    count: 6000,
    property: fc.property(world, requests, (spec, steps) => compare(spec, steps)),
  },
  {
    name: 'E1 a handler changes the map: the running access keeps its view, the next one sees the new',
    count: 2000,
    property: fc.property(world, steps, plans(change), run),
  },
  {
    name: 'G7 a handler makes requests: those to a device that is inside one are refused, others, and of ROM devices and readonly regions, are carried out',
    count: 2000,
    property: fc.property(world, steps, plans(fc.oneof(nested, nested, change)), run),
  },
  {
    name: 'a handler throws, also out of requests that others make: what was done stays, and all stays usable',
    count: 2000,
    property: fc.property(world, steps, plans(fc.oneof(bug, bug, nested, change)), run),
  },
  {
    name: 'C7, E1, I1 the same few addresses over and over, while the map changes',
    count: 1500,
    property: fc.property(world, repeated, (spec, steps) => compare(spec, steps)),
  },
  {
    name: 'F1, F2, F5, I4 random requests to logged memory: what they do is the same, and the pages that they stored to are dirty',
    count: 1500,
    property: fc.property(world, requests, masks, (spec, steps, clients) => compare(spec, steps, [], clients)),
  },
  {
    name: 'F2 the same with handlers that make requests and change the map',
    count: 400,
    property: fc.property(world, steps, plans(fc.oneof(nested, nested, change)), masks, (...each) => compare(...each)),
  },
]
