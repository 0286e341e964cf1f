import { type Import, importsOf } from './imports.ts'
import { DOORS, FACE, FLOORS, GROUND, PACKAGE } from './plan.ts'
import { isScript, type Tree } from './tree.ts'

const folderOf = (path: string): string => path.slice(0, Math.max(0, path.indexOf('/')))

/** The number of the floor; -1 for the ground, undefined for a file that stands nowhere. */
function floorOf(path: string): number | undefined {
  if (GROUND.includes(path)) return -1
  const floor = FLOORS.findIndex(folders => folders.includes(folderOf(path)))
  return floor === -1 ? undefined : floor
}

/** Why an import is refused, or undefined. */
function refusal({ from, to, specifier }: Import): string | undefined {
  if (specifier.startsWith('(')) return 'an import whose name is not a literal'
  if (to === undefined) {
    if (specifier.startsWith('node:')) return undefined
    if (specifier === PACKAGE && DOORS.includes(folderOf(from))) return undefined
    if (specifier.startsWith('.')) return 'is not there, or lies outside src'
    // tsup would bundle a dev dependency without a word. Build scripts (.mjs) don't ship.
    return from.endsWith('.ts') ? 'a package, and the library depends on none' : undefined
  }
  if (to === FACE) return 'is the face, which nobody in src imports'
  if (from === FACE || folderOf(from) === folderOf(to)) return undefined
  const [above, below] = [floorOf(from), floorOf(to)]
  if (above === undefined || below === undefined) return undefined
  if (below === above) return `a neighbour on floor ${above}`
  // The ground holds no class and no state: a door may have a copy of what it takes of it.
  if (below >= 0 && below < above && DOORS.includes(folderOf(from)))
    return 'lies behind the face, and a door sees the face alone'
  return below > above ? `goes up from ${above === -1 ? 'the ground' : `floor ${above}`} to floor ${below}` : undefined
}

/** One way round for each import that closes a circle, found depth first. */
function cyclesOf(imports: readonly Import[]): string[][] {
  const next = new Map<string, string[]>()
  for (const { from, to } of imports) if (to !== undefined) next.set(from, [...(next.get(from) ?? []), to])
  const cycles: string[][] = []
  const state = new Map<string, 'open' | 'done'>()
  const path: string[] = []
  const walk = (file: string): void => {
    state.set(file, 'open')
    path.push(file)
    for (const target of next.get(file) ?? []) {
      if (state.get(target) === 'open') cycles.push([...path.slice(path.indexOf(target)), target])
      else if (!state.has(target)) walk(target)
    }
    path.pop()
    state.set(file, 'done')
  }
  for (const file of next.keys()) if (!state.has(file)) walk(file)
  return cycles
}

/** Every way in which the tree breaks the order of the floors; empty when it keeps it. */
export function checkOrder(tree: Tree): string[] {
  const problems: string[] = []
  for (const path of tree.keys()) {
    if (isScript(path) && path !== FACE && floorOf(path) === undefined) problems.push(`${path}: stands on no floor`)
  }
  const imports = importsOf(tree)
  for (const one of imports) {
    const why = refusal(one)
    if (why !== undefined) problems.push(`${one.from}:${one.line}: imports ${one.specifier}: ${why}`)
  }
  for (const cycle of cyclesOf(imports)) problems.push(`cycle: ${cycle.join(' -> ')}`)
  return problems
}
