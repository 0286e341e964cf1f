/** Resolves after so many milliseconds. */
export function later(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
