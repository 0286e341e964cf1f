import { fileURLToPath } from 'node:url'
import type { ViteUserConfig } from 'vitest/config'

/** The tests of what is mutated, with few of their cases: each is run for every mutant that it reaches. */
const config: ViteUserConfig = {
  resolve: { alias: { guestmem: fileURLToPath(new URL('../../src/index.ts', import.meta.url)) } },
  test: {
    include: [
      'test/ram/**/*.test.ts',
      'test/contract/**/*.test.ts',
      'test/order/lanes.test.ts',
      'test/order/campaign.test.ts',
      'test/request/route.test.ts',
      'test/dirty-log/**/*.test.ts',
      'test/transfer/random-requests.test.ts',
      'test/transfer/shared-user-buffer.test.ts',
    ],
    env: { EVIDENCE: 'small', CAMPAIGN: '0.1' },
    testTimeout: 120_000,
    pool: 'forks',
  },
}

export default config
