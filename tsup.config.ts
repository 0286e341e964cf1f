import { defineConfig, type Options } from 'tsup'

const common: Options = {
  // tsup's declaration build passes `baseUrl`, which TypeScript 6 reports as deprecated.
  dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
  sourcemap: true,
  target: 'es2022',
  platform: 'neutral',
  splitting: false,
  treeshake: true,
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
      build.onResolve({ filter: /^\.\.\/litmus\/litmus\.ts$/ }, () => ({ path: './litmus.js', external: true }))
    },
  },
]

const esm: Options = { ...common, format: ['esm'], esbuildPlugins: doors('js') }
const cjs: Options = { ...common, format: ['cjs'], esbuildPlugins: doors('cjs') }

export default defineConfig([
  { ...common, entry: { index: 'src/index.ts' }, format: ['esm', 'cjs'] },
  { ...esm, entry: { qemu: 'src/qemu/qemu.ts', vfio: 'src/vfio/vfio.ts' }, dts: false },
  { ...cjs, entry: { qemu: 'src/qemu/qemu.ts', vfio: 'src/vfio/vfio.ts' }, dts: false },
  // Their declarations take the face's classes by name: a second declaration of a class would be another type.
  {
    ...common,
    entry: { qemu: 'src/qemu/qemu.ts', vfio: 'src/vfio/vfio.ts' },
    format: ['esm', 'cjs'],
    dts: { ...(common.dts as object), only: true },
    external: ['guestmem'],
  },
  // In CommonJS `import.meta.url` is a shim.
  { ...esm, entry: { litmus: 'src/litmus/litmus.ts' }, shims: true },
  { ...cjs, entry: { litmus: 'src/litmus/litmus.ts' }, shims: true },
  { ...esm, entry: { 'litmus-worker': 'src/litmus/worker.ts' }, dts: false },
  { ...esm, entry: { cli: 'src/cli/main.ts' }, dts: false, platform: 'node' },
])
