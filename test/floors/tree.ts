import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import ts from 'typescript'

/** Paths relative to the source folder, with forward slashes, and what stands in each file. */
export type Tree = ReadonlyMap<string, string>

export function readTree(folder: string): Tree {
  const tree = new Map<string, string>()
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    tree.set(relative(folder, path).split(sep).join('/'), readFileSync(path, 'utf8'))
  }
  return tree
}

export const isScript = (path: string): boolean => /\.[cm]?[jt]s$/.test(path)

export function parse(path: string, text: string): ts.SourceFile {
  return ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true)
}

export function lineOf(source: ts.SourceFile, node: ts.Node): number {
  return source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1
}

export function everyNode(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node)
  ts.forEachChild(node, child => everyNode(child, visit))
}
