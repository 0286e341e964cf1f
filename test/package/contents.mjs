// `node test/package/contents.mjs`, a part of `npm run package-check`: what the package holds, once it is built.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PROJECT, packageContents } from './install.mjs'

/** Bytes, unpacked. */
export const LIMIT = 2_589_999

/**
 * What the face's declarations may name and not export: the bases of its classes, and what their constructors take. Of what
 * is the house's own no type is to get in, as one brings all that is behind it.
 */
const UNEXPORTED = ['Backing', 'Bits', 'DirtyPart', 'EndianForms', 'MAKER', 'PlacedBlock', 'RegionNode', 'RegionTree']

/** Names that are declared and not exported, of declarations that end with one list of all that is. */
function hiddenNames(text) {
  const [, list] = /^export \{([^}]*)\}/m.exec(text) ?? []
  if (list === undefined) return []
  const exported = new Set([...list.matchAll(/(?:type )?(\w+)/g)].map(([, name]) => name))
  const declared = text.matchAll(/^(?:declare (?:abstract )?(?:class|function|const)|interface|type) (\w+)/gm)
  return [...new Set([...declared].map(([, name]) => name))].filter(name => !exported.has(name))
}

/** The documentation that the package has to hold: its pages and their pictures. */
function documentation(project) {
  const folder = path => readdirSync(join(project, path), { withFileTypes: true }).filter(entry => entry.isFile())
  return [
    ...['README.md', 'CHANGELOG.md', 'LICENSE'],
    ...['docs', 'docs/api', 'docs/guides', 'docs/hazards', 'docs/pictures']
      .filter(path => existsSync(join(project, path)))
      .flatMap(path => folder(path).map(({ name }) => `${path}/${name}`)),
  ]
}

/** Every file that package.json names. */
function namedFiles(manifest) {
  const names = []
  const collect = value => {
    if (typeof value === 'string') names.push(value.replace(/^\.\//, ''))
    else for (const inner of Object.values(value ?? {})) collect(inner)
  }
  for (const field of ['main', 'module', 'types', 'bin', 'exports', 'typesVersions']) collect(manifest[field])
  return [...new Set(names)]
}

function problemsOfFile(path, text, paths) {
  const problems = []
  if (path.endsWith('.map') && JSON.parse(text).sourcesContent !== undefined) problems.push('holds the sources')
  const [, map] = /^\/\/# sourceMappingURL=(.*)$/m.exec(text) ?? []
  if (map !== undefined && !paths.has(join(path, '..', map))) problems.push(`names ${map}, which is not there`)
  if (/\.d\.c?ts$/.test(path)) {
    if (/@internal\b/.test(text)) problems.push('shows what is marked @internal')
    if (path === 'dist/index.d.cts')
      for (const name of hiddenNames(text))
        if (!UNEXPORTED.includes(name)) problems.push(`declares ${name}, which is not exported`)
    // From 5.7 on: an earlier TypeScript takes no argument there.
    const code = text.replace(/\/\*[\s\S]*?\*\//g, '')
    if (/\b(?:(?:Big)?(?:Ui|I)nt\d+(?:Clamped)?|Float\d+)Array</.test(code)) problems.push('needs TypeScript 5.7')
  }
  return problems.map(problem => `${path} ${problem}`)
}

/**
 * What is wrong with a package: nothing, if it is empty.
 *
 * @param contents Of `npm pack --json`.
 * @param project The folder that it is packed from.
 */
export function problemsOfPackage({ files, unpackedSize }, project) {
  const read = path => readFileSync(join(project, path), 'utf8')
  const paths = new Set(files.map(({ path }) => path))
  const problems = []
  if (unpackedSize > LIMIT) problems.push(`${unpackedSize} bytes unpacked, of at most ${LIMIT}`)
  for (const path of documentation(project)) if (!paths.has(path)) problems.push(`${path} is not in the package`)
  for (const path of namedFiles(JSON.parse(read('package.json')))) {
    if (!paths.has(path)) problems.push(`${path}, which package.json names, is not in the package`)
  }
  const isText = path => /\.(?:c?js|map|ts|cts)$/.test(path) && existsSync(join(project, path))
  for (const path of [...paths].filter(isText)) problems.push(...problemsOfFile(path, read(path), paths))
  return problems
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const contents = packageContents()
  const problems = problemsOfPackage(contents, PROJECT)
  for (const problem of problems) console.log(problem)
  console.log(`the package: ${contents.unpackedSize} bytes unpacked (limit ${LIMIT}), ${contents.files.length} files`)
  process.exit(problems.length > 0 ? 1 : 0)
}
