import ts from 'typescript'
import { BYTES_FOLDER, FLOORS, OWN_BYTES_FILES, RACING_FOLDER, UNORDERED_FILES } from './plan.ts'
import { everyNode, isScript, lineOf, parse, type Tree } from './tree.ts'

const TYPED_ARRAY = /^(?:Big)?(?:Ui|I)nt(?:8|16|32|64)(?:Clamped)?Array$|^Float(?:16|32|64)Array$/
const UNORDERED_WASM = /\bmemory\.(?:copy|fill|init)\b/

// Lower floors know of no guest memory: what they look at through two views is their own (a probe of the byte order).
const BELOW = FLOORS.slice(
  0,
  FLOORS.findIndex(folders => folders.includes(BYTES_FOLDER)),
).flat()

const nameOf = (node: ts.Node): string | undefined =>
  ts.isIdentifier(node) || ts.isPrivateIdentifier(node)
    ? node.text
    : ts.isPropertyAccessExpression(node)
      ? node.name.text
      : undefined

/** Names that the file declares as maps or sets: their `.set` stores no guest byte. */
function mapNames(source: ts.SourceFile): Set<string> {
  const names = new Set<string>()
  everyNode(source, node => {
    if (!(ts.isVariableDeclaration(node) || ts.isPropertyDeclaration(node) || ts.isParameter(node))) return
    const made = node.initializer
    const byValue =
      made !== undefined && ts.isNewExpression(made) && /^(?:Weak)?Map$/.test(nameOf(made.expression) ?? '')
    const byType = node.type !== undefined && /^(?:Weak|Readonly)?Map\b/.test(node.type.getText(source))
    const name = nameOf(node.name)
    if ((byValue || byType) && name !== undefined) names.add(name)
  })
  return names
}

/** A call whose stores tear, repeat or come in any order; undefined for every other node. */
function unordered(node: ts.Node, maps: ReadonlySet<string>): string | undefined {
  if (ts.isNewExpression(node) && nameOf(node.expression) === 'DataView') return 'new DataView'
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return undefined
  const { name, expression: receiver } = node.expression
  if (name.text === 'copyWithin') return '.copyWithin('
  if (name.text === 'set' && !maps.has(nameOf(receiver) ?? '')) return '.set('
  return undefined
}

/** A typed array made over a buffer: outside the bytes folder, that is a second way to guest memory. */
function overBuffer(node: ts.Node, source: ts.SourceFile): string | undefined {
  if (!ts.isNewExpression(node) || !TYPED_ARRAY.test(nameOf(node.expression) ?? '')) return undefined
  const argument = node.arguments?.[0]
  return argument !== undefined && /buffer\b/i.test(argument.getText(source)) ? node.getText(source) : undefined
}

/** Every place where bytes are touched by someone who may not, or in a way that may not be; empty when there is none. */
export function checkBytes(tree: Tree, allowed: readonly string[] = UNORDERED_FILES): string[] {
  const problems: string[] = []
  for (const [path, text] of tree) {
    const inside = path.startsWith(`${BYTES_FOLDER}/`)
    if (!isScript(path)) {
      if (!inside && UNORDERED_WASM.test(text)) problems.push(`${path}: memory.copy outside ${BYTES_FOLDER}`)
      continue
    }
    if ((inside && allowed.includes(path)) || path.startsWith(`${RACING_FOLDER}/`)) continue
    const source = parse(path, text)
    const maps = mapNames(source)
    everyNode(source, node => {
      const what = unordered(node, maps)
      const at = `${path}:${lineOf(source, node)}`
      if (inside) {
        if (what !== undefined) problems.push(`${at}: ${what} in a file that is not on the list`)
        return
      }
      if (what !== undefined && what !== '.set(') problems.push(`${at}: ${what} outside ${BYTES_FOLDER}`)
      const own = OWN_BYTES_FILES.includes(path) || BELOW.some(folder => path.startsWith(`${folder}/`))
      const view = own ? undefined : overBuffer(node, source)
      if (view !== undefined) problems.push(`${at}: ${view} outside ${BYTES_FOLDER}`)
      if (ts.isStringLiteralLike(node) && UNORDERED_WASM.test(node.text))
        problems.push(`${at}: memory.copy outside ${BYTES_FOLDER}`)
    })
  }
  for (const path of allowed) {
    if (!path.startsWith(`${BYTES_FOLDER}/`)) problems.push(`${path}: on the list, but outside ${BYTES_FOLDER}`)
  }
  return problems
}
