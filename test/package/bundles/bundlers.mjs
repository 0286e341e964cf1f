import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Pinned, so that a new failure has one cause. */
export const TOOLS = {
  vite: '8.3.8',
  'vite-6': 'npm:vite@6.4.6',
  webpack: '5.113.0',
  rollup: '4.68.8',
  '@rollup/plugin-node-resolve': '16.0.3',
  '@rollup/plugin-commonjs': '29.0.3',
  esbuild: '0.28.2',
}

const page = script => `<!doctype html><meta charset="utf-8"><title>guestmem</title>${script}`
const scriptTag = (file, module) => `<script ${module ? 'type="module" ' : 'defer '}src="./${file}"></script>`

/**
 * Every bundle: `{ name, runsIn, build }`. `build(from, to, load)` bundles the program `app.mjs` (or `app.cjs`) of the folder
 * `from` into the folder `to`; `load(name)` imports a tool. For a page it leaves an `index.html`, for Node it gives the
 * file to run.
 */
export const BUNDLES = [
  ...['vite', 'vite-6'].map(tool => ({
    name: tool,
    runsIn: 'page',
    async build(from, to, load) {
      const { build } = await load(tool)
      writeFileSync(join(from, 'index.html'), page(scriptTag('app.mjs', true)))
      await build({ root: from, base: './', logLevel: 'error', build: { outDir: to, emptyOutDir: false } })
    },
  })),
  {
    name: 'webpack',
    runsIn: 'page',
    async build(from, to, load) {
      await runWebpack(load, { entry: join(from, 'app.mjs'), output: { path: to, filename: 'app.js' } })
      writeFileSync(join(to, 'index.html'), page(scriptTag('app.js', false)))
    },
  },
  ...['mjs', 'cjs'].map(extension => ({
    name: `webpack, ${extension} for node`,
    runsIn: 'node',
    async build(from, to, load) {
      const output = { path: to, filename: 'app.cjs' }
      await runWebpack(load, { entry: join(from, `app.${extension}`), target: 'node20', output })
      return join(to, 'app.cjs')
    },
  })),
  ...['es', 'iife'].map(format => ({
    name: `rollup, ${format}`,
    runsIn: 'page',
    async build(from, to, load) {
      await runRollup(load, join(from, 'app.mjs'), { file: join(to, 'app.js'), format })
      writeFileSync(join(to, 'index.html'), page(scriptTag('app.js', format === 'es')))
    },
  })),
  ...['es', 'cjs'].map(format => ({
    name: `rollup, ${format} for node`,
    runsIn: 'node',
    async build(from, to, load) {
      const file = join(to, format === 'es' ? 'app.mjs' : 'app.cjs')
      await runRollup(load, join(from, 'app.mjs'), { file, format })
      return file
    },
  })),
  ...['esm', 'iife'].map(format => ({
    name: `esbuild, ${format}`,
    runsIn: 'page',
    async build(from, to, load) {
      await runEsbuild(load, join(from, 'app.mjs'), { outfile: join(to, 'app.js'), format, platform: 'browser' })
      writeFileSync(join(to, 'index.html'), page(scriptTag('app.js', format === 'esm')))
    },
  })),
  ...[
    ['mjs', 'esm'],
    ['mjs', 'cjs'],
    ['cjs', 'cjs'],
  ].map(([extension, format]) => ({
    name: `esbuild, ${extension} to ${format} for node`,
    runsIn: 'node',
    async build(from, to, load) {
      const outfile = join(to, format === 'esm' ? 'app.mjs' : 'app.cjs')
      await runEsbuild(load, join(from, `app.${extension}`), { outfile, format, platform: 'node' })
      return outfile
    },
  })),
]

function runWebpack(load, configuration) {
  return load('webpack').then(
    ({ default: webpack }) =>
      new Promise((resolve, reject) => {
        const compiler = webpack({
          mode: 'production',
          devtool: false,
          performance: { hints: false },
          ...configuration,
        })
        compiler.run((error, stats) => {
          if (error !== null) return reject(error)
          if (stats.hasErrors() || stats.hasWarnings())
            return reject(new Error(stats.toString({ preset: 'errors-warnings' })))
          compiler.close(() => resolve())
        })
      }),
  )
}

async function runRollup(load, input, output) {
  const { rollup } = await load('rollup')
  const { default: nodeResolve } = await load('@rollup/plugin-node-resolve')
  const { default: commonjs } = await load('@rollup/plugin-commonjs')
  const bundle = await rollup({
    input,
    plugins: [nodeResolve(), commonjs()],
    onwarn: warning => console.log(`  rollup: ${warning.message}`),
  })
  await bundle.write(output)
  await bundle.close()
}

async function runEsbuild(load, entry, options) {
  const { build } = await load('esbuild')
  // That `import.meta.url` is empty in a script is known.
  await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    logLevel: 'warning',
    logOverride: { 'empty-import-meta': 'silent' },
    ...options,
  })
}
