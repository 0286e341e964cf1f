import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { expect, test } from 'vitest'

const folder = fileURLToPath(new URL('../../src/host/', import.meta.url))

test.each(readdirSync(folder))('%s leaves nothing in a bundle that does not use it', async file => {
  // `import *` keeps the file's statements unless each is known to be free of effects: package.json doesn't help here,
  // just as it doesn't help once the whole library is one file.
  const { outputFiles } = await build({
    stdin: { contents: `import * as unused from './${file}'`, resolveDir: folder },
    bundle: true,
    write: false,
    format: 'esm',
    legalComments: 'none',
    plugins: [
      {
        name: 'no-side-effects-field',
        setup({ onResolve, resolve }) {
          onResolve({ filter: /^\./ }, async ({ path, pluginData, ...rest }) => {
            if (pluginData === 'again') return undefined
            const { importer, namespace, resolveDir, kind } = rest
            const found = await resolve(path, { importer, namespace, resolveDir, kind, pluginData: 'again' })
            return { ...found, sideEffects: true }
          })
        },
      },
    ],
  })
  const code = outputFiles[0]?.text.replace(/^\/\/.*$/gm, '').trim()
  expect(code).toBe('')
})
