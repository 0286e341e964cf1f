import { TIMEBASE } from './layout.mjs'

const NS = 1_000_000_000n / BigInt(TIMEBASE)

/**
 * What mtime is. The clock is that of the process, and the same in all of its threads.
 *
 * @param {bigint} start Of process.hrtime.bigint().
 * @returns {() => bigint}
 */
export const ticksSince = start => () => (process.hrtime.bigint() - start) / NS
