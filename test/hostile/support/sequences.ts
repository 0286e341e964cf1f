import fc from 'fast-check'
import { BAD, TRAPPED } from './bad-values.ts'
import { digest } from './digest.ts'
import { verdictOf } from './kinds.ts'
import { ENGINES_OWN, faultOf, nameOf } from './refusal.ts'
import { type Place, placesOf, type Row } from './row.ts'
import { ROWS } from './rows.ts'
import { isAnyErrorRight } from './trial.ts'
import { World } from './world.ts'

/** A call, with bad values in some places and good ones in all others. */
export interface Step {
  readonly row: number
  readonly bad: readonly (readonly [place: number, value: number])[]
}

/** Asynchronous calls are tried one by one; those that take address space, which is given back late, too. */
const LEFT_OUT =
  /^(?:serveQtest|runLitmus|GuestRam\.(?:allocate|wrap)|vfioRegions|replayAccess|machineFrom\w+|startGlobalDirtyLog|restoreMachine|readSnapshot|migrate|receiveMachine)$/

const STEPS: readonly { readonly row: Row; readonly places: readonly Place[] }[] = ROWS.filter(
  ({ name }) => !LEFT_OUT.test(name),
).map(row => ({ row, places: placesOf(row) }))

export const step: fc.Arbitrary<Step> = fc.record({
  row: fc.nat(STEPS.length - 1),
  bad: fc.array(fc.tuple(fc.nat(99), fc.nat(BAD.length - 1)), { maxLength: 3 }),
})

/** How a failure shows a step. */
export function stepText({ row, bad }: Step): string {
  const { row: called, places } = STEPS[row] as (typeof STEPS)[number]
  const values = chosen(places, bad).map(([place, value]) => `${place.path} = ${value.name}`)
  return `${called.name}(${values.join(', ')})`
}

/** No two in one argument. */
function chosen(places: readonly Place[], bad: Step['bad']): [Place, (typeof BAD)[number]][] {
  const picked = new Map<number, [Place, (typeof BAD)[number]]>()
  if (places.length === 0) return []
  for (const [at, value] of bad) {
    const place = places[at % places.length] as Place
    const chosen = BAD[value] as (typeof BAD)[number]
    if (!place.argument.skip?.includes(chosen.name)) picked.set(place.index, [place, chosen])
  }
  return [...picked.values()]
}

/** Makes the calls on one world. @returns What is wrong with what came of one of them. */
export function sequenceFault(steps: readonly Step[]): string | undefined {
  const world = new World()
  try {
    for (const step of steps) {
      const fault = stepFault(world, step)
      if (fault !== undefined) return `${stepText(step)}: ${fault}`
    }
    return undefined
  } finally {
    world.close()
  }
}

function stepFault(world: World, { row, bad }: Step): string | undefined {
  const { row: called, places } = STEPS[row] as (typeof STEPS)[number]
  const picked = chosen(places, bad)
  const args = called.args.map(argument => argument.good(world))
  const refused = []
  for (const [place, each] of picked) {
    const value = each.make(world)
    if (!place.argument.unchecked && verdictOf(place.argument.kind, each, value) === 'refuses') refused.push(each)
    args[place.index] = place.put(world, value)[place.index]
  }
  called.before?.(world)
  const before = digest(world)
  try {
    called.call(world, ...(args as never[]))
  } catch (error) {
    if (digest(world) !== before) return `has changed something, and throws ${nameOf(error)}`
    if (called.throws !== undefined && (error as Error).name === called.throws) return undefined
    const [places, bads] = [picked.map(([place]) => place), picked.map(([, each]) => each)]
    if (isAnyErrorRight(places, bads, error)) return undefined
    // What is good by itself may be refused for what was done before.
    if (refused.length === 0)
      return ENGINES_OWN.test(nameOf(error)) && !bads.some(({ name }) => TRAPPED.has(name))
        ? `throws an engine's own ${nameOf(error)}`
        : undefined
    // A space that an earlier step destroyed is refused first, by a text of its own.
    if (/was destroyed/.test(nameOf(error))) return undefined
    const names = places.flatMap(({ argument }) => [argument.name, ...(argument.also ?? [])])
    return places.some(({ argument }) => argument.file) ? undefined : faultOf(error, names, bads)
  }
  return refused.length > 0 ? 'is taken' : undefined
}
