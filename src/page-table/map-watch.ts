import { AddressSpace, registerMemoryListener } from 'guestmem'

/** What is done when a space shows something else, or stores to what it shows have to be marked that had not to be. */
export interface MapFollower {
  /** Ahead of the return of what made the change, and of every listener's `commit`. Throws nothing. */
  store(): void
  /** After `store`, ahead of the return of what made the change. What it throws reaches whoever made the change. */
  tell(): void
}

/**
 * Has a follower follow what a space shows.
 *
 * A listener hears of changes of the map. A dirty log that is turned on within a transaction counts at once, though, and
 * listeners hear of it at the end only. Spaces do so at once: they are told to let go of what they hold of the map. So there is
 * a space beside the one that is followed, which passes that on.
 */
export class MapWatch {
  readonly #space: AddressSpace
  readonly #follower: MapFollower
  readonly #unregister: () => void
  readonly #beside: AddressSpace
  /** What `tell` has thrown where nothing may be thrown: the end of the transaction throws it. */
  readonly #errors: unknown[] = []
  /** What the space showed when the follower was told last. */
  #view: object
  /** What it showed when the follower stored last. */
  #stored: object
  #live = true

  constructor(space: AddressSpace, follower: MapFollower) {
    this.#space = space
    this.#follower = follower
    this.#view = space.view
    this.#stored = space.view
    // The lowest priority is told first.
    this.#unregister = registerMemoryListener(space, { commit: () => this.#commit() }, { priority: -(2 ** 31) })
    const letGo = () => this.#letGo()
    this.#beside = new (class extends AddressSpace {
      override forgetSections(): void {
        super.forgetSections()
        letGo()
      }
    })(space.name, space.root)
  }

  end(): void {
    if (!this.#live) return
    this.#live = false
    this.#unregister()
    this.#beside.destroy()
  }

  #commit(): void {
    if (!this.#live) return
    this.#view = this.#space.view
    if (this.#stored !== this.#view) this.#store()
    if (this.#space.destroyed) this.end()
    const errors = this.#errors.splice(0)
    try {
      this.#follower.tell()
    } catch (error) {
      errors.push(error)
    }
    if (errors.length > 0) throw errors[0]
  }

  #store(): void {
    this.#stored = this.#space.view
    this.#follower.store()
  }

  /** A log was turned on or off; or the map has changed, and `commit` is called soon, which tells. */
  #letGo(): void {
    if (!this.#live) return
    this.#store()
    if (this.#stored !== this.#view) return
    try {
      this.#follower.tell()
    } catch (error) {
      this.#errors.push(error)
    }
  }
}
