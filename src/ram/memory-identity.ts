/**
 * Which memory a SharedArrayBuffer is of. One memory may have many such objects: a clone that came back through
 * postMessage, a WebAssembly.Memory's buffer before and after it grew. All of them begin at its first byte, so an
 * offset is the same in each; what can't be seen is whether two objects are of one memory. Each memory that this
 * library makes therefore gets a random number, which travels in the tables beside it (memory-tables.ts) and is noted
 * here for the objects that a thread gets to know. A memory that someone else made has none.
 */
const identities = /* @__PURE__ */ new WeakMap<ArrayBufferLike, number>()

/** Not 0. Two memories get the same once in 4 thousand million times, and are then taken for one. */
export function newIdentity(): number {
  return (Math.random() * 2 ** 32) | 0 || 1
}

/** @param identity 0 where it is not known. */
export function noteIdentity(buffer: ArrayBufferLike, identity: number): void {
  if (identity !== 0) identities.set(buffer, identity)
}

/** 0 where it is not known. */
export function identityOf(buffer: ArrayBufferLike | undefined): number {
  return identities.get(buffer as ArrayBufferLike) ?? 0
}

/** True if the two numbers are known, and are two memories'. */
export function areTwo(identity: number, other: number): boolean {
  return identity !== other && identity !== 0 && other !== 0
}

/**
 * False if it shows that the two are different memories. Nothing is stored to find out: a wait on one memory is ended
 * by who notifies that place of it, whichever object they do so by. Where an engine can't wait without blocking, and
 * where another thread was faster to notify, the answer is true.
 */
export function mayBeOne(a: SharedArrayBuffer, b: SharedArrayBuffer): boolean {
  if (a === b || !Atomics.waitAsync) return true
  const words = Math.floor(Math.min(a.byteLength, b.byteLength) / 4)
  // The last word: of all the one that others wait on least.
  const last = words - 1
  const [x, y] = [new Int32Array(a, 0, words), new Int32Array(b, 0, words)]
  if (last < 0) return false
  Atomics.waitAsync(x, last, Atomics.load(x, last), 1000)
  return Atomics.notify(y, last, 1) > 0 || Atomics.notify(x, last, 1) === 0
}
