import { posix } from 'node:path'
import ts from 'typescript'
import { everyNode, isScript, lineOf, parse, type Tree } from './tree.ts'

export interface Import {
  readonly from: string
  readonly line: number
  readonly specifier: string
  /** The file of the tree that it names; undefined for a package, for node:, and for what is not there. */
  readonly to: string | undefined
}

/** The expression that names the module, for every form an import can take, types included. */
function moduleName(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node)) return node.moduleSpecifier
  if (ts.isExportDeclaration(node)) return node.moduleSpecifier
  if (ts.isExternalModuleReference(node)) return node.expression
  if (ts.isImportTypeNode(node)) return ts.isLiteralTypeNode(node.argument) ? node.argument.literal : node.argument
  if (!ts.isCallExpression(node)) return undefined
  const { expression } = node
  const isRequire = ts.isIdentifier(expression) && expression.text === 'require'
  return expression.kind === ts.SyntaxKind.ImportKeyword || isRequire ? node.arguments[0] : undefined
}

function resolve(from: string, specifier: string, tree: Tree): string | undefined {
  if (!specifier.startsWith('.')) return undefined
  const path = posix.join(posix.dirname(from), specifier)
  if (tree.has(path)) return path
  const typescript = path.replace(/\.([cm]?)js$/, '.$1ts')
  return tree.has(typescript) ? typescript : undefined
}

export function importsOf(tree: Tree): Import[] {
  const found: Import[] = []
  for (const [from, text] of tree) {
    if (!isScript(from)) continue
    const source = parse(from, text)
    everyNode(source, node => {
      const name = moduleName(node)
      if (name === undefined) return
      const specifier = ts.isStringLiteralLike(name) ? name.text : `(${name.getText(source)})`
      found.push({ from, line: lineOf(source, node), specifier, to: resolve(from, specifier, tree) })
    })
  }
  return found
}
