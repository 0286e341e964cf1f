/**
 * Sorts rows of numbers by one of their columns.
 *
 * Most regions of a map are added in the order of their addresses, and come here from the latest to the first: a merge
 * sort takes what is in order already as one run.
 *
 * @param count How many rows there are, of `width` numbers each.
 * @returns The indices of the rows, in ascending order of the numbers in `column`.
 */
export function sortedIndices(rows: Float64Array, count: number, width: number, column: number): Uint32Array {
  const at = (index: number | undefined): number => rows[width * (index as number) + column] as number
  let from = new Uint32Array(count)
  let to = new Uint32Array(count)
  let runs: number[] = []
  for (let i = 0; i < count; i++) {
    from[i] = count - 1 - i
    if (i === 0 || at(from[i]) < at(from[i - 1])) runs.push(i)
  }
  while (runs.length > 1) {
    const merged: number[] = []
    for (let run = 0; run < runs.length; run += 2) {
      let left = runs[run] as number
      const middle = runs[run + 1] ?? count
      const end = runs[run + 2] ?? count
      merged.push(left)
      for (let next = left, right = middle; next < end; next++) {
        const takesLeft = right === end || (left < middle && at(from[left]) <= at(from[right]))
        to[next] = from[takesLeft ? left++ : right++] as number
      }
    }
    ;[from, to] = [to, from]
    runs = merged
  }
  return from
}
