import ts from 'typescript'

/**
 * A program that gives `undefined` for each optional property of each interface that the doors export, which is to say
 * the same as to leave it out: under exactOptionalPropertyTypes a declaration has to allow it.
 *
 * @param {Record<string, string>} doors The declarations' files, by the names under which they are imported.
 */
export function explicitUndefined(doors) {
  const program = ts.createProgram(Object.values(doors), {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    strict: true,
    types: [],
  })
  const checker = program.getTypeChecker()
  const lines = []
  for (const [door, file] of Object.entries(doors)) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(file))
    for (const exported of checker.getExportsOfModule(module)) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported
      if (!(symbol.flags & ts.SymbolFlags.Interface)) continue
      for (const property of checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol))) {
        // A method that is left out is no option.
        if (!(property.flags & ts.SymbolFlags.Optional) || property.flags & ts.SymbolFlags.Method) continue
        const type = `import('${door}').${exported.name}`
        lines.push(`export const _${lines.length}: Pick<${type}, '${property.name}'> = { ${property.name}: undefined }`)
      }
    }
  }
  return `${lines.join('\n')}\n`
}
