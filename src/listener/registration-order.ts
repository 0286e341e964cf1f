import { compareRegistrations, type Registration } from './registration.ts'

/**
 * Registrations in the order of RULES C8, none of which is kept alive by being here. Those that are no longer live, or
 * were collected with their spaces, are passed over. To add and to delete one costs the same however many there are, and
 * they are put in order when somebody asks: n of them cost n log n in all.
 */
export class RegistrationOrder {
  #refs: WeakRef<Registration>[] = []
  #ordered = true
  #highest = Number.NEGATIVE_INFINITY
  /** How many are live, apart from those that were collected since somebody asked. */
  #live = 0
  #most = 64

  get empty(): boolean {
    return this.#live === 0
  }

  add({ ref, priority }: Registration): void {
    if (this.#refs.length >= this.#most) {
      this.list()
      this.#most = 2 * this.#live + 64
    }
    if (priority < this.#highest) this.#ordered = false
    else this.#highest = priority
    this.#refs.push(ref)
    this.#live++
  }

  /** Of one that is no longer live. */
  delete(): void {
    this.#live--
    if (2 * this.#live < this.#refs.length) this.list()
  }

  /** An array of the caller's own. */
  list(): Registration[] {
    const found: Registration[] = []
    for (const ref of this.#refs) {
      const registration = ref.deref()
      if (registration?.live) found.push(registration)
    }
    if (!this.#ordered) found.sort(compareRegistrations)
    if (!this.#ordered || found.length < this.#refs.length) this.#refs = found.map(({ ref }) => ref)
    this.#ordered = true
    this.#live = found.length
    this.#highest = found[found.length - 1]?.priority ?? Number.NEGATIVE_INFINITY
    return found
  }
}
