import { copyFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { defineConfig, type Options } from 'tsup'
import { packedWorker } from './src/litmus/pack-worker.mjs'

const common: Options = {
  // There are no source maps: the sources are not in the package, so that a map would hide this code from debuggers and
  // show nothing in its place, and bundlers warn of it. What is built keeps its names, and says what file each part is of.
  sourcemap: false,
  target: 'es2022',
  platform: 'neutral',
  splitting: false,
  treeshake: true,
  // Who debugs reads the ES modules; their twins for `require` would be a quarter of the package.
  esbuildOptions(options, { format }) {
    options.minifyWhitespace = format === 'cjs'
    options.minifySyntax = format === 'cjs'
  },
}

/**
 * The doors (`guestmem/litmus` and so on) and the command line import what is built beside them and carry no second copy
 * of it: a class of the face is the same class in each, and what is raced is what ships. The extension is given: with
 * `treeshake`, tsup has esbuild build ES modules for CommonJS too, so that a plugin can't tell.
 */
const doors = (extension: 'js' | 'cjs'): NonNullable<Options['esbuildPlugins']> => [
  {
    name: 'doors',
    setup(build) {
      build.onResolve({ filter: /^guestmem$/ }, () => ({ path: `./index.${extension}`, external: true }))
      build.onResolve(
        { filter: /^\.\.\/(litmus\/litmus|qemu\/qemu|snapshot\/snapshot|trace\/trace)\.ts$/ },
        ({ path }) => ({
          path: `./${basename(path, '.ts')}.js`,
          external: true,
        }),
      )
    },
  },
]

/** Of doors the twins have short names, too. What the face's classes are called is seen in errors and printed objects. */
const shortNames: Options['esbuildOptions'] = (options, context) => {
  common.esbuildOptions?.(options, context)
  options.minifyIdentifiers = true
}

const esm: Options = { ...common, format: ['esm'], esbuildPlugins: doors('js') }
const cjs: Options = { ...common, format: ['cjs'], esbuildPlugins: doors('cjs'), esbuildOptions: shortNames }

const DOORS = {
  'page-table': 'src/page-table/page-table.ts',
  qemu: 'src/qemu/qemu.ts',
  threads: 'src/threads/threads.ts',
  snapshot: 'src/snapshot/snapshot.ts',
  trace: 'src/trace/trace.ts',
  vfio: 'src/vfio/vfio.ts',
}

const PUBLIC = { index: 'src/index.ts', litmus: 'src/litmus/litmus.ts', ...DOORS }

/** Of CommonJS. The doors take the face's classes by name: a second declaration of a class would be another type. */
const declarations: Options = {
  ...common,
  entry: PUBLIC,
  external: ['guestmem'],
  format: ['cjs'],
  dts: {
    only: true,
    compilerOptions: {
      // tsup's declaration build passes `baseUrl`, which TypeScript 6 reports as deprecated.
      ignoreDeprecations: '6.0',
      // What is marked `@internal` is for the house alone.
      stripInternal: true,
    },
  },
}

/**
 * Those of ES modules are the same by another name: the package holds them once, and what a program imports has the type
 * of what another one requires.
 */
async function declareModules(): Promise<void> {
  for (const name of Object.keys(PUBLIC)) writeFileSync(`dist/${name}.d.ts`, `export * from './${name}.cjs'\n`)
}

/**
 * The address of a CommonJS module, for `import.meta.url`. A page has no `__filename`, or a bundler's imitation of one:
 * then there is none, or a wrong one, and both are met by trying the next way to start a thread.
 */
const COMMONJS_ADDRESS =
  "const moduleAddress = typeof __filename === 'string' ? " +
  "new URL('file:' + __filename.replace(/[%?#]/g, encodeURIComponent)).href : ''"

/**
 * The page is a folder of its own, which any server can give, or a browser open as a file: a script that holds all of the
 * library that it needs, and is no module, as a file can't import one.
 */
const page: Options = {
  ...common,
  entry: { page: 'src/page/page.ts' },
  outDir: 'dist/page',
  format: ['iife'],
  platform: 'browser',
  minify: true,
  outExtension: () => ({ js: '.js' }),
  esbuildPlugins: [packedWorker],
  esbuildOptions(options) {
    options.alias = { guestmem: './src/index.ts' }
  },
  // It has no file of the races' threads beside it: they are started from the packed one.
  define: { 'import.meta.url': '""' },
  async onSuccess() {
    for (const file of ['index.html', 'style.css']) copyFileSync(`src/page/${file}`, `dist/page/${file}`)
  },
}

export default defineConfig([
  { ...common, entry: { index: 'src/index.ts' }, format: ['esm', 'cjs'], onSuccess: declareModules },
  { ...esm, entry: DOORS },
  { ...cjs, entry: DOORS },
  { ...esm, entry: { litmus: 'src/litmus/litmus.ts' }, esbuildPlugins: [...doors('js'), packedWorker] },
  {
    ...cjs,
    entry: { litmus: 'src/litmus/litmus.ts' },
    esbuildPlugins: [...doors('cjs'), packedWorker],
    define: { 'import.meta.url': 'moduleAddress' },
    banner: { js: COMMONJS_ADDRESS },
  },
  // A worker's file is read by an engine, and by bundlers.
  { ...esm, entry: { 'litmus-worker': 'src/litmus/worker.ts' }, minify: true },
  { ...esm, entry: { cli: 'src/cli/main.ts' }, platform: 'node' },
  page,
  declarations,
])
