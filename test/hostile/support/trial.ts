import { BAD, type Bad, FORGED } from './bad-values.ts'
import { digest } from './digest.ts'
import { type Verdict, verdictOf } from './kinds.ts'
import { faultOf, nameOf } from './refusal.ts'
import type { Argument, Place, Row } from './row.ts'
import { watched } from './watchdog.ts'
import { World } from './world.ts'

/** Whether a row was called with good arguments before. */
export type Warmth = 'cold' | 'warm'

const WARM_CALLS = 5
const CHANGED = 'has changed something'

/** Stands for what a text has in it, which an error need not show. */
const UNSEEN: Bad = { name: 'a text', make: () => '', shown: /./ }

export interface Thrown {
  readonly error: unknown
}

/** Calls a row. @returns What was thrown, or rejected. */
export async function attempt(row: Row, world: World, args: readonly unknown[]): Promise<Thrown | undefined> {
  try {
    const made = row.call(world, ...(args as never[]))
    if (made instanceof Promise) await made
    return undefined
  } catch (error) {
    return { error }
  }
}

/** A world, and its state. What is refused changes nothing, so it serves until something is taken. */
interface Stage {
  readonly world: World
  readonly before: string
}

/** @returns What is wrong already. */
async function stageOf(row: Row, warmth: Warmth, untouched: string): Promise<Stage | string> {
  const world = new World()
  if (warmth === 'cold') return { world, before: untouched }
  for (let i = 0; i < WARM_CALLS; i++) {
    const args = row.args.map(each => each.good(world))
    const thrown = await attempt(row, world, args)
    if (thrown === undefined) continue
    world.close()
    return `${row.name} throws when nothing is wrong: ${nameOf(thrown.error)}`
  }
  return { world, before: digest(world) }
}

/**
 * Hands every bad value in, in every place of a row: to one that was never called, or was called with good arguments.
 *
 * @returns What is wrong with what came of it.
 */
export async function faultsOf(row: Row, places: readonly Place[], warmth: Warmth): Promise<string[]> {
  const faults: string[] = []
  // Of a world of its own: to look at one is to warm it.
  const first = new World()
  const untouched = digest(first)
  first.close()
  let stage: Stage | undefined
  for (const place of places) {
    for (const bad of BAD.filter(({ name }) => !place.argument.skip?.includes(name))) {
      const on: Stage | string = stage ?? (await stageOf(row, warmth, untouched))
      if (typeof on === 'string') return [on]
      const { world, before } = on
      const value = bad.make(world)
      const verdict = place.argument.unchecked ? 'either' : verdictOf(place.argument.kind, bad, value)
      const what = `${row.name}(${place.path} = ${bad.name}), ${warmth}`
      const thrown = await watched(what, () => attempt(row, world, place.put(world, value)))
      const same = digest(world) === before
      const fault = judge(row, verdict, thrown, [place], [bad], () => same)
      if (fault !== undefined) faults.push(`${what}: ${fault}`)
      stage = thrown !== undefined && same ? on : undefined
      if (stage === undefined) world.close()
    }
  }
  stage?.world.close()
  return faults
}

/** @param unchanged Whether the state is as it was. */
export function judge(
  row: Row,
  verdict: Verdict,
  thrown: Thrown | undefined,
  places: readonly Place[],
  bads: readonly Bad[],
  unchanged: () => boolean,
): string | undefined {
  if (thrown === undefined) return verdict === 'refuses' ? 'is taken' : undefined
  if (row.throws !== undefined && (thrown.error as Error).name === row.throws) return unchanged() ? undefined : CHANGED
  if (isAnyErrorRight(places, bads, thrown.error)) return unchanged() ? undefined : CHANGED
  if (verdict === 'takes') return `refuses what it takes: ${nameOf(thrown.error)}`
  const names = places.flatMap(({ argument }) => [argument.name, ...(argument.also ?? [])])
  const seen = places.some(({ argument }) => argument.file === true) ? [...bads, UNSEEN] : bads
  return faultOf(thrown.error, names, seen) ?? (unchanged() ? undefined : CHANGED)
}

export function isAnyErrorRight(places: readonly Place[], bads: readonly Bad[], error: unknown): boolean {
  const is = (argument: Argument) => argument.unchecked || (argument.register && error instanceof TypeError)
  return places.some(({ argument }) => is(argument)) || bads.some(({ name }) => FORGED.has(name))
}
