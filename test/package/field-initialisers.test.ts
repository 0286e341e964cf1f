import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import ts from 'typescript'
import { expect, test } from 'vitest'

/**
 * With `useDefineForClassFields: false` a bundler moves *all* initialisers of a class into its constructor as soon as one
 * public field has one. Private fields then begin as `undefined`, and the JIT no longer keeps them as small integers:
 * a load through an AddressSpace took 40 % longer. So a class with private fields assigns its public ones in the
 * constructor (ARCHITECTURE.md, "Rules of the hot paths").
 */
async function builtClasses(
  source: { entry: string } | { text: string },
): Promise<Map<string, ts.ClassLikeDeclaration>> {
  const { outputFiles } = await build({
    ...('entry' in source
      ? { entryPoints: [fileURLToPath(new URL(source.entry, import.meta.url))] }
      : { stdin: { contents: source.text, loader: 'ts' } }),
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
  })
  const file = ts.createSourceFile('built.js', outputFiles[0]?.text ?? '', ts.ScriptTarget.ESNext, true)
  const classes = new Map<string, ts.ClassLikeDeclaration>()
  const visit = (node: ts.Node): void => {
    if (ts.isClassLike(node)) {
      const name = node.name?.text ?? (ts.isVariableDeclaration(node.parent) ? node.parent.name.getText() : '')
      classes.set(name.replace(/^_/, ''), node)
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return classes
}

/** Private fields that begin without a value, although the constructor gives them a constant: they were moved there. */
function movedFields(node: ts.ClassLikeDeclaration): string[] {
  const bare = new Set<string>()
  for (const member of node.members)
    if (ts.isPropertyDeclaration(member) && ts.isPrivateIdentifier(member.name) && member.initializer === undefined)
      bare.add(member.name.text)
  const body = node.members.find(ts.isConstructorDeclaration)?.body
  return (body?.statements ?? ([] as readonly ts.Statement[])).flatMap(statement => {
    if (!ts.isExpressionStatement(statement) || !ts.isBinaryExpression(statement.expression)) return []
    const { left, right } = statement.expression
    if (!ts.isPropertyAccessExpression(left) || !ts.isPrivateIdentifier(left.name)) return []
    const isConstant = ts.isLiteralExpression(right) || /^(?:true|false)$/.test(right.getText())
    return isConstant && bare.has(left.name.text) ? [left.name.text] : []
  })
}

/** What a guest's single access, or a short request, runs through. */
const HOT = [
  'AddressSpace',
  'Accesses',
  'Tlb',
  'TlbTable',
  'Section',
  'SectionMap',
  'Cells',
  'OpsCompleter',
  'RegisterCompleter',
  'WasmLane',
]

test.each(HOT)('%s does not begin with its private fields undefined', async name => {
  const built = (await builtClasses({ entry: '../../src/index.ts' })).get(name)
  expect(built).toBeDefined()
  expect(movedFields(built as ts.ClassLikeDeclaration)).toEqual([])
})

test('one that gives a public field a value at its declaration is found', async () => {
  const bad = await builtClasses({ text: 'export class Bad { high = 0; #low = 0; get low() { return this.#low } }' })
  expect(movedFields(bad.get('Bad') as ts.ClassLikeDeclaration)).toEqual(['#low'])
  const good = await builtClasses({
    text: 'export class Good { high: number; #low = 0; constructor() { this.high = 0 } get low() { return this.#low } }',
  })
  expect(movedFields(good.get('Good') as ts.ClassLikeDeclaration)).toEqual([])
})
