import fc from 'fast-check'
import { expect, test } from 'vitest'
import { runs } from './campaign.ts'
import { bug, change, nested, plans, request, world } from './request-arbitraries.ts'
import { Reference } from './request-reference.ts'
import { SpaceUnderTest } from './request-space.ts'
import type { Action, Plan, WorldSpec } from './request-spec.ts'

/** After each step both have seen and done the same, and every byte of RAM is the same. */
function compare(spec: WorldSpec, steps: readonly Action[], planned: readonly Plan[] = []): void {
  const space = new SpaceUnderTest(spec, planned)
  const reference = new Reference(spec, planned)
  for (const step of steps) {
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
}

const requests = fc.array(request, { minLength: 1, maxLength: 16, size: 'max' })

test('D3, D4, E1-E8, E11, G1-G6, I1-I3, S6 random requests give what the rules say, byte for byte and call for call', () => {
  fc.assert(
    fc.property(world, requests, (spec, steps) => compare(spec, steps)),
    runs(6000),
  )
})

const steps = fc.array(fc.oneof({ weight: 3, arbitrary: nested }, { weight: 1, arbitrary: change }), {
  minLength: 1,
  maxLength: 12,
  size: 'max',
})

test('E1 a handler changes the map: the running access keeps its view, the next one sees the new', () => {
  fc.assert(fc.property(world, steps, plans(change), compare), runs(2000))
})

test('G7 a handler makes requests: those to a device that is inside one are refused, others, and of readonly regions, are carried out', () => {
  fc.assert(fc.property(world, steps, plans(fc.oneof(nested, nested, change)), compare), runs(2000))
})

test('a handler throws, also out of requests that others make: what was done stays, and all stays usable', () => {
  fc.assert(fc.property(world, steps, plans(fc.oneof(bug, bug, nested, change)), compare), runs(2000))
})
