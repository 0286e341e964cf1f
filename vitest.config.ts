import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: {
    alias: {
      'guestmem/page-table': fileURLToPath(new URL('./src/page-table/page-table.ts', import.meta.url)),
      'guestmem/qemu': fileURLToPath(new URL('./src/qemu/qemu.ts', import.meta.url)),
      'guestmem/threads': fileURLToPath(new URL('./src/threads/threads.ts', import.meta.url)),
      'guestmem/snapshot': fileURLToPath(new URL('./src/snapshot/snapshot.ts', import.meta.url)),
      'guestmem/trace': fileURLToPath(new URL('./src/trace/trace.ts', import.meta.url)),
      'guestmem/vfio': fileURLToPath(new URL('./src/vfio/vfio.ts', import.meta.url)),
      guestmem: fileURLToPath(new URL('./src/index.ts', import.meta.url)),
    },
  },
  // As many files at a time as there are cores: one less, as vitest has it unless told, is half of them on small machines.
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
    pool: 'forks',
    maxWorkers: '100%',
    // What tests build while they run is imported as it is: vitest would parse all of it again.
    server: { deps: { external: [/\/\.cache\/|\/guestmem-readme-/] } },
  },
})
