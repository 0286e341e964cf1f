import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build, type Plugin } from 'esbuild'
import type { Campaign } from '../../support/campaign.ts'
import type { Mutant } from './mutants.ts'

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

export function removeMutants(): void {
  rmSync(OUT, { recursive: true, force: true })
}

function changing({ file, from, to, append = '' }: Mutant): Plugin {
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
