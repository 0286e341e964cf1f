import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type BuildContext, type BuildOptions, context, type OutputFile, type Plugin } from 'esbuild'
import type { Campaign } from '../../support/campaign.ts'
import type { CollectedTest } from './collected-tests.ts'
import { type Change, MUTANTS, type Mutant } from './mutants.ts'
import { SNAPSHOT_MUTANTS } from './snapshot-mutants.ts'

const SRC = fileURLToPath(new URL('../../../src/', import.meta.url))
const CAMPAIGNS = fileURLToPath(new URL('./mutant-campaigns.ts', import.meta.url))
/** Where `fast-check` is found from. */
const OUT = fileURLToPath(new URL(`../../../.cache/mutants/${process.pid}/`, import.meta.url))

const COMMON: BuildOptions = {
  bundle: true,
  write: false,
  format: 'esm',
  platform: 'node',
  target: 'es2022',
  alias: { guestmem: `${SRC}index.ts`, 'guestmem/snapshot': `${SRC}snapshot/snapshot.ts` },
  logLevel: 'silent',
}

/** Of the files that some mutant changes: to ask about all others takes longer than to read them. */
const FILES = [...new Set([...MUTANTS, ...SNAPSHOT_MUTANTS].map(({ file }) => file))]
const CHANGED = new RegExp(`/src/(?:${FILES.map(file => file.replaceAll('.', '\\.')).join('|')})$`)

/** What mutant-campaigns.ts has. */
export type Campaigns = Readonly<
  Record<
    'ACCESSES' | 'TREES' | 'LISTENERS' | 'REQUESTS' | 'IOMMUS' | 'NOTIFIERS' | 'DIRTY' | 'WINDOWS' | 'ATOMICS',
    readonly Campaign[]
  >
>

/** The campaigns as they run against a library that has been changed; or not, where no mutant is given. */
export async function campaignsAgainst(mutant: Mutant | undefined, index: number): Promise<Campaigns> {
  return (await against(
    'campaigns',
    { entryPoints: [CAMPAIGNS], external: ['fast-check', 'vitest'] },
    mutant,
    index,
  )) as Campaigns
}

const TESTS = fileURLToPath(new URL('../../', import.meta.url))
const COLLECTED = fileURLToPath(new URL('./collected-tests.ts', import.meta.url))

/** The tests of a file as they run against a library that has been changed; or not. @param file Below test. */
export async function testsAgainst(file: string, change: Change | undefined, index: number): Promise<CollectedTest[]> {
  const options: BuildOptions = {
    stdin: {
      contents: `import ${JSON.stringify(TESTS + file)}\nexport { collected } from ${JSON.stringify(COLLECTED)}`,
      resolveDir: TESTS,
    },
    external: ['fast-check', 'esbuild'],
    // package.json says that nothing has side effects: to add tests is one.
    ignoreAnnotations: true,
    plugins: [collecting],
  }
  return ((await against(file, options, change, index)) as { collected: CollectedTest[] }).collected
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

interface Built {
  readonly context: BuildContext
  /** What the next build has. */
  change: Change | undefined
}

const builds = new Map<string, Promise<Built>>()

/** Only a file that changed, or changes back, is parsed again. */
async function built(options: BuildOptions): Promise<Built> {
  const plugins = [...(options.plugins ?? []), changing(() => of.change)]
  const of: Built = { context: await context({ ...COMMON, ...options, plugins }), change: undefined }
  return of
}

/** @param name Of what is built, which is the same each time. @param index Of the module: no two may have the same. */
async function against(
  name: string,
  options: BuildOptions,
  change: Change | undefined,
  index: number,
): Promise<unknown> {
  const before = builds.get(name) ?? built(options)
  builds.set(name, before)
  const of = await before
  of.change = change
  const { outputFiles } = await of.context.rebuild()
  const outfile = `${OUT}${name.replaceAll('/', '-')}-${index}.mjs`
  mkdirSync(OUT, { recursive: true })
  writeFileSync(outfile, (outputFiles as [OutputFile])[0].contents)
  // vitest.config.ts has it imported as it is: vitest would parse all of it again.
  return await import(/* @vite-ignore */ pathToFileURL(outfile).href)
}

export async function removeMutants(): Promise<void> {
  for (const of of builds.values()) await (await of).context.dispose()
  rmSync(OUT, { recursive: true, force: true })
}

function changing(change: () => Change | undefined): Plugin {
  return {
    name: 'mutant',
    setup({ onLoad }) {
      onLoad({ filter: CHANGED }, ({ path }) => {
        const now = change()
        if (now === undefined || path !== SRC + now.file) return undefined
        const { file, from, to, append = '' } = now
        const [before, after, more] = readFileSync(path, 'utf8').split(from)
        if (before === undefined || after === undefined || more !== undefined)
          throw new Error(`${file} must have the text once: ${from}`)
        return { contents: before + to + after + append, loader: 'ts' }
      })
    },
  }
}
