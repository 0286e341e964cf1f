/** What one thread saw. */
export interface Seen {
  /** How often the guest looked at something new. */
  readonly rounds: number
  /** How often it saw what may not be. */
  readonly caught: number
}
