// Paired timings: ours and the rival run in turn, many short samples each, and the medians are compared. The machine's
// speed drifts; a pair drifts together.

/**
 * @typedef {{ case: string, bytes: number, align: string, rival: string, ours: (reps: number) => unknown,
 *   theirs: ((reps: number) => unknown) | number }} Pair `theirs` is a rival, or a limit in nanoseconds.
 * @typedef {{ case: string, bytes: number, align: string, ns: number, rival: string, rivalNs: number, ratio: number }} Row
 */

/** Nanoseconds that one call takes, in one sample of `reps`. */
function sample(run, reps) {
  const start = performance.now()
  run(reps)
  return ((performance.now() - start) * 1e6) / reps
}

/** Runs until the JIT has had its time, then gives as many calls as fill about `sampleNs`. */
function warmUp(run, { sampleNs, warmNs }) {
  let spent = 0
  for (let reps = 1; ; reps = Math.min(reps * 4, 1e6)) {
    const ns = sample(run, reps)
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
 * @returns {Row}
 */
export function measure(pair, effort) {
  const ourReps = warmUp(pair.ours, effort)
  const limit = typeof pair.theirs === 'number' ? pair.theirs : undefined
  const theirReps = limit === undefined ? warmUp(pair.theirs, effort) : 0
  const ours = []
  const theirs = []
  for (let round = 0; round < effort.rounds; round++) {
    // Who goes first changes, so that neither always runs on the other's warm cache.
    if (round % 2 === 0) ours.push(sample(pair.ours, ourReps))
    theirs.push(limit ?? sample(pair.theirs, theirReps))
    if (round % 2 === 1) ours.push(sample(pair.ours, ourReps))
  }
  const ns = median(ours)
  const rivalNs = median(theirs)
  const { case: name, bytes, align, rival } = pair
  return { case: name, bytes, align, ns, rival, rivalNs, ratio: rivalNs / ns }
}
