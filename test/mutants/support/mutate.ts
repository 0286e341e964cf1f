import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build, type Plugin } from 'esbuild'
import type { Campaign } from '../../support/campaign.ts'
import type { CollectedTest } from './collected-tests.ts'
import type { Change, Mutant } from './mutants.ts'

const SRC = fileURLToPath(new URL('../../../src/', import.meta.url))
const CAMPAIGNS = fileURLToPath(new URL('./mutant-campaigns.ts', import.meta.url))
/** Where `fast-check` is found from. */
const OUT = fileURLToPath(new URL(`../../../.cache/mutants/${process.pid}/`, import.meta.url))

/** What mutant-campaigns.ts has. */
export type Campaigns = Readonly<
  Record<
    'ACCESSES' | 'TREES' | 'LISTENERS' | 'REQUESTS' | 'IOMMUS' | 'NOTIFIERS' | 'DIRTY' | 'WINDOWS' | 'ATOMICS',
    readonly Campaign[]
  >
>

/** The campaigns as they run against a library that has been changed; or not, where no mutant is given. */
export async function campaignsAgainst(mutant: Mutant | undefined, index: number): Promise<Campaigns> {
  const outfile = `${OUT}${index}.mjs`
  mkdirSync(OUT, { recursive: true })
  await build({
    entryPoints: [CAMPAIGNS],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'es2022',
    external: ['fast-check', 'vitest'],
    alias: { guestmem: `${SRC}index.ts` },
    plugins: mutant === undefined ? [] : [changing(mutant)],
    logLevel: 'silent',
  })
  return (await import(/* @vite-ignore */ pathToFileURL(outfile).href)) as Campaigns
}

const TESTS = fileURLToPath(new URL('../../', import.meta.url))
const COLLECTED = fileURLToPath(new URL('./collected-tests.ts', import.meta.url))

/** The tests of a file as they run against a library that has been changed; or not. @param file Below test. */
export async function testsAgainst(file: string, change: Change | undefined, index: number): Promise<CollectedTest[]> {
  const outfile = `${OUT}tests-${index}.mjs`
  mkdirSync(OUT, { recursive: true })
  await build({
    stdin: {
      contents: `import ${JSON.stringify(TESTS + file)}\nexport { collected } from ${JSON.stringify(COLLECTED)}`,
      resolveDir: TESTS,
    },
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'es2022',
    external: ['fast-check', 'esbuild'],
    // package.json says that nothing has side effects: to add tests is one.
    ignoreAnnotations: true,
    alias: { guestmem: `${SRC}index.ts`, 'guestmem/snapshot': `${SRC}snapshot/snapshot.ts` },
    plugins: [collecting, ...(change === undefined ? [] : [changing(change)])],
    logLevel: 'silent',
  })
  return ((await import(/* @vite-ignore */ pathToFileURL(outfile).href)) as { collected: CollectedTest[] }).collected
}

/** Has the tests be collected in place of run; `expect` is the real one. */
const collecting: Plugin = {
  name: 'collecting',
  setup({ onResolve }) {
    onResolve({ filter: /^vitest$/ }, ({ importer }) =>
      importer === COLLECTED ? { path: 'vitest', external: true } : { path: COLLECTED },
    )
  },
}

export function removeMutants(): void {
  rmSync(OUT, { recursive: true, force: true })
}

function changing({ file, from, to, append = '' }: Change): Plugin {
  return {
    name: 'mutant',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        if (path !== SRC + file) return undefined
        const [before, after, more] = readFileSync(path, 'utf8').split(from)
        if (before === undefined || after === undefined || more !== undefined)
          throw new Error(`${file} must have the text once: ${from}`)
        return { contents: before + to + after + append, loader: 'ts' }
      })
    },
  }
}
