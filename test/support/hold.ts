import { expect } from 'vitest'

// `expect` takes longer than most of what is compared: where each random case compares hundreds of times, it is asked only
// where something is wrong, to say what.

/** `expect(actual).toBe(expected)`. */
export function toBe(actual: unknown, expected: unknown, message?: string): void {
  if (!Object.is(actual, expected)) expect(actual, message).toBe(expected)
}

/** `expect(actual).toEqual(expected)`, of arrays, plain objects and bytes. */
export function toEqual(actual: unknown, expected: unknown, message?: string): void {
  if (!isEqual(actual, expected)) expect(actual, message).toEqual(expected)
}

/** `expect(call).toThrow(kind)`. */
export function toThrow(call: () => unknown, kind: new (...args: never[]) => Error): void {
  try {
    call()
  } catch (error) {
    if (!(error instanceof kind)) throw error
    return
  }
  expect.fail(`it should have thrown a ${kind.name}`)
}

/** False also where there is more to compare than this does: `expect` decides then. */
function isEqual(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
  const prototype = Object.getPrototypeOf(one)
  if (prototype !== Object.getPrototypeOf(other)) return false
  if (prototype === Uint8Array.prototype) return Buffer.compare(one as Uint8Array, other as Uint8Array) === 0
  if (prototype !== Object.prototype && prototype !== Array.prototype) return false
  const keys = Object.keys(one)
  if (keys.length !== Object.keys(other).length) return false
  for (const key of keys) {
    const [mine, its] = [one[key as keyof typeof one], other[key as keyof typeof other]]
    if (!Object.is(mine, its) && !(Object.hasOwn(other, key) && isEqual(mine, its))) return false
  }
  return true
}
