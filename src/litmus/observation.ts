/** What the guest's thread observed in one race. */
export interface Observation {
  /** How often the guest found something that it had not seen before. */
  readonly rounds: number
  /** How often it found what the race forbids. */
  readonly caught: number
}
