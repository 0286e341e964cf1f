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
 * of it: a class of the face is the same class in each, and what is raced is what ships.
 */
const doors: NonNullable<Options['esbuildPlugins']> = [
  {
    name: 'doors',
    setup(build) {
      const extension = build.initialOptions.format === 'cjs' ? 'cjs' : 'js'
      build.onResolve({ filter: /^guestmem$/ }, () => ({ path: `./index.${extension}`, external: true }))
      build.onResolve({ filter: /^\.\.\/litmus\/litmus\.ts$/ }, () => ({ path: './litmus.js', external: true }))
    },
  },
]

export default defineConfig([
  { ...common, entry: { index: 'src/index.ts' }, format: ['esm', 'cjs'] },
  // In CommonJS `import.meta.url` is a shim.
  { ...common, entry: { litmus: 'src/litmus/litmus.ts' }, format: ['esm', 'cjs'], shims: true, esbuildPlugins: doors },
  { ...common, entry: { 'litmus-worker': 'src/litmus/worker.ts' }, format: ['esm'], dts: false, esbuildPlugins: doors },
  { ...common, entry: { qemu: 'src/qemu/qemu.ts' }, format: ['esm', 'cjs'], dts: false, esbuildPlugins: doors },
  // Its types are the face's own: a space of a machine is the AddressSpace that the rest of a program knows.
  {
    ...common,
    entry: { qemu: 'src/qemu/qemu.ts' },
    format: ['esm', 'cjs'],
    dts: { ...(common.dts as object), only: true },
    external: ['guestmem'],
  },
  {
    ...common,
    entry: { cli: 'src/cli/main.ts' },
    format: ['esm'],
    dts: false,
    platform: 'node',
    esbuildPlugins: doors,
  },
])
