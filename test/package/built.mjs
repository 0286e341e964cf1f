// Builds the package where it is not built, or what it is made of is newer. `--done` notes that it was just built.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const PROJECT = fileURLToPath(new URL('../..', import.meta.url))
const SOURCES = ['src', 'docs/pictures', 'package.json', 'tsconfig.json', 'tsup.config.ts']
/** Its time is that of the latest build. */
const NOTE = `${PROJECT}.cache/built`

const timeOf = path => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0

function newestIn(path) {
  const files = statSync(path).isDirectory()
    ? readdirSync(path, { recursive: true, withFileTypes: true }).map(({ parentPath, name }) => `${parentPath}/${name}`)
    : []
  return Math.max(timeOf(path), ...files.map(timeOf))
}

if (process.argv.includes('--done')) {
  mkdirSync(`${PROJECT}.cache`, { recursive: true })
  writeFileSync(NOTE, '')
} else {
  const isBuilt = timeOf(`${PROJECT}dist/index.js`) > 0
  if (!isBuilt || SOURCES.some(path => newestIn(PROJECT + path) > timeOf(NOTE)))
    execFileSync('npm', ['run', 'build', '--silent'], {
      cwd: PROJECT,
      stdio: 'inherit',
      shell: process.platform === 'win32',
    })
}
