import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
/** The face and the doors: what a program can import. */
const ENTRIES = [
  'src/index.ts',
  'src/page-table/page-table.ts',
  'src/qemu/qemu.ts',
  'src/threads/threads.ts',
  'src/snapshot/snapshot.ts',
  'src/trace/trace.ts',
  'src/vfio/vfio.ts',
  'src/litmus/litmus.ts',
]

export interface PublicNames {
  /** Values, and the members of classes: `ramCopy`, `new SparseRam`, `AddressSpace.read`, `MemTxAttrs.of`. */
  readonly values: readonly string[]
  /** Interfaces, with their properties. */
  readonly interfaces: ReadonlyMap<string, readonly string[]>
}

/** What the types offer, without what is marked as the library's own. */
export function publicNames(): PublicNames {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT)
  const program = ts.createProgram(
    ENTRIES.map(entry => join(ROOT, entry)),
    { ...options, noEmit: true },
  )
  const checker = program.getTypeChecker()
  const modules = ENTRIES.map(entry => moduleOf(program, entry))
  const classes = new Set(
    modules.flatMap(module => checker.getExportsOfModule(module)).map(each => resolve(each, checker)),
  )
  const values = new Set<string>()
  const interfaces = new Map<string, string[]>()
  for (const module of modules) {
    for (const exported of checker.getExportsOfModule(module)) {
      const symbol = resolve(exported, checker)
      const { name } = exported
      if (symbol.flags & ts.SymbolFlags.Class) {
        if (!isTypeOnly(exported) && isMadeByUsers(symbol)) values.add(`new ${name}`)
        const shared = inheritedNames(symbol, classes, checker)
        const own = (each: ts.Symbol) => !shared.has(each.name)
        for (const member of membersOf(symbol, checker, own)) values.add(member)
      } else if (symbol.flags & (ts.SymbolFlags.Function | ts.SymbolFlags.Variable)) values.add(name)
      if (symbol.flags & ts.SymbolFlags.Interface)
        interfaces.set(
          name,
          propertiesOf(checker.getDeclaredTypeOfSymbol(symbol)).map(each => each.name),
        )
    }
  }
  return { values: [...values].sort(), interfaces }
}

function moduleOf(program: ts.Program, entry: string): ts.Symbol {
  const file = program.getSourceFile(join(ROOT, entry))
  const module = file && program.getTypeChecker().getSymbolAtLocation(file)
  if (module === undefined) throw new Error(`${entry} is no module`)
  return module
}

function resolve(exported: ts.Symbol, checker: ts.TypeChecker): ts.Symbol {
  return exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported
}

function isTypeOnly({ declarations = [] }: ts.Symbol): boolean {
  return declarations.some(each => ts.isExportSpecifier(each) && (each.isTypeOnly || each.parent.parent.isTypeOnly))
}

/** Its constructor is public, or there is none. */
function isMadeByUsers(symbol: ts.Symbol): boolean {
  const { members } = symbol.valueDeclaration as ts.ClassDeclaration
  return members.filter(ts.isConstructorDeclaration).every(each => {
    const modifiers = ts.getCombinedModifierFlags(each)
    return !(modifiers & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected))
  })
}

/** Names of members that a class has from another one that is public itself. */
function inheritedNames(symbol: ts.Symbol, classes: ReadonlySet<ts.Symbol>, checker: ts.TypeChecker): Set<string> {
  const names = new Set<string>()
  const bases = [checker.getDeclaredTypeOfSymbol(symbol)]
  for (const type of bases) {
    bases.push(...(type.getBaseTypes() ?? []))
    if (type.symbol === symbol || !classes.has(type.symbol)) continue
    for (const { name } of type.getProperties()) names.add(name)
    const { valueDeclaration } = type.symbol
    if (valueDeclaration !== undefined)
      for (const { name } of checker.getTypeOfSymbolAtLocation(type.symbol, valueDeclaration).getProperties())
        names.add(name)
  }
  return names
}

function propertiesOf(type: ts.Type): ts.Symbol[] {
  return type.getProperties().filter(isPublic)
}

/** Methods, getters and fields of a class, and of those that it extends and that have no name of their own. */
function membersOf(symbol: ts.Symbol, checker: ts.TypeChecker, own: (member: ts.Symbol) => boolean): string[] {
  const declaration = symbol.valueDeclaration as ts.ClassDeclaration
  const instance = propertiesOf(checker.getDeclaredTypeOfSymbol(symbol)).filter(own)
  const statics = propertiesOf(checker.getTypeOfSymbolAtLocation(symbol, declaration))
  return [...instance, ...statics.filter(each => each.name !== 'prototype' && own(each))].map(
    ({ name }) => `${symbol.name}.${name}`,
  )
}

function isPublic(symbol: ts.Symbol): boolean {
  const declaration = symbol.declarations?.[0]
  if (declaration === undefined || symbol.name.startsWith('__') || symbol.name.includes('#')) return false
  // What a class of errors has from the engine's is the engine's.
  if (declaration.getSourceFile().fileName.includes('/node_modules/')) return false
  const modifiers = ts.getCombinedModifierFlags(declaration as ts.Declaration)
  if (modifiers & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) return false
  return !isInternal(declaration)
}

/** Of the house, and stripped from the types that are published. */
function isInternal(declaration: ts.Declaration): boolean {
  const text = declaration.getSourceFile().text
  const comments = ts.getLeadingCommentRanges(text, declaration.getFullStart()) ?? []
  return comments.some(({ pos, end }) =>
    /@internal\b|For (?:this|the) floors?|[Ff]or floors? above/.test(text.slice(pos, end)),
  )
}
