let functions = 0

/**
 * A function of its own for each case, so that the JIT's feedback is not that of another.
 *
 * @param {string} body It has `i`, `at`, which is the next address, and `sum`, which is returned.
 * @param {ArrayLike<number>} addresses As many as a power of two.
 * @param {object} names What else the body names.
 * @returns {(reps: number) => unknown}
 */
export function loop(body, addresses, names) {
  // The engine would have the same text be the same function.
  const text = `/* ${functions++} */ return reps => { let sum = 0; for (let i = 0; i < reps; i++) { const at = where[i & ${addresses.length - 1}]; ${body} } return sum }`
  return new Function('where', ...Object.keys(names), text)(addresses, ...Object.values(names))
}
