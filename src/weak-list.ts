/**
 * Objects in the order in which they were added, none of which is kept alive by being in the list. The entries of those
 * that were collected are dropped when the list has grown to twice what was left the last time, so that to add one costs
 * the same however many there are.
 */
export class WeakList<T extends object> implements Iterable<T> {
  readonly #refs = new Set<WeakRef<T>>()
  #most = 64

  /** @returns What `delete` takes. */
  add(one: T): WeakRef<T> {
    const refs = this.#refs
    if (refs.size >= this.#most) {
      for (const ref of refs) if (ref.deref() === undefined) refs.delete(ref)
      this.#most = 2 * refs.size + 64
    }
    const ref = new WeakRef(one)
    refs.add(ref)
    return ref
  }

  delete(ref: WeakRef<T>): void {
    this.#refs.delete(ref)
  }

  *[Symbol.iterator](): Generator<T, void, undefined> {
    for (const ref of this.#refs) {
      const one = ref.deref()
      if (one !== undefined) yield one
    }
  }
}
