// Paired timings: ours and the rival run in turn, many short samples each, and the medians are compared. The machine's
// speed drifts; a pair drifts together.

/**
 * @typedef {{ case: string, bytes: number, align: string, rival: string, ours: (reps: number) => unknown,
 *   theirs: ((reps: number) => unknown) | number, prepare?: () => unknown }} Pair `theirs` is a rival, or a limit in
 *   nanoseconds. What gives a promise is waited for. `prepare` is called ahead of each sample of ours, and not counted.
 * @typedef {{ case: string, bytes: number, align: string, ns: number, rival: string, rivalNs: number, ratio: number }} Row
 */

/** Nanoseconds that one call takes, in one sample of `reps`. */
async function sample(run, reps, prepare) {
  await prepare?.()
  const start = performance.now()
  const promise = run(reps)
  // Not of what is no promise: that would be counted, too.
  if (promise instanceof Promise) await promise
  return ((performance.now() - start) * 1e6) / reps
}

/** Runs until the JIT has had its time, then gives as many calls as fill about `sampleNs`. */
async function warmUp(run, { sampleNs, warmNs }, prepare) {
  let spent = 0
  for (let reps = 1; ; reps = Math.min(reps * 4, 1e6)) {
    const ns = await sample(run, reps, prepare)
    spent += ns * reps
    if (spent >= warmNs) return Math.max(1, Math.min(1e6, Math.round(sampleNs / ns)))
  }
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[sorted.length >> 1]
}

export function geometricMean(values) {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length)
}

/**
 * @param {Pair} pair
 * @param {{ rounds: number, sampleNs: number, warmNs: number }} effort
 * @returns {Promise<Row>}
 */
export async function measure(pair, effort) {
  const { prepare } = pair
  const ourReps = await warmUp(pair.ours, effort, prepare)
  const limit = typeof pair.theirs === 'number' ? pair.theirs : undefined
  const theirReps = limit === undefined ? await warmUp(pair.theirs, effort) : 0
  const ours = []
  const theirs = []
  for (let round = 0; round < effort.rounds; round++) {
    // Who goes first changes, so that neither always runs on the other's warm cache.
    if (round % 2 === 0) ours.push(await sample(pair.ours, ourReps, prepare))
    theirs.push(limit ?? (await sample(pair.theirs, theirReps)))
    if (round % 2 === 1) ours.push(await sample(pair.ours, ourReps, prepare))
  }
  const ns = median(ours)
  const rivalNs = median(theirs)
  const { case: name, bytes, align, rival } = pair
  return { case: name, bytes, align, ns, rival, rivalNs, ratio: rivalNs / ns }
}
