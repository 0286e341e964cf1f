import type { Copier } from './copier.ts'
import type { Scenario } from './scenario.ts'

/** A copy that has the hazard, and a guest that it breaks. */
export interface Case {
  readonly bad: Copier
  readonly scenario: Scenario
  /** guestmem's ways to do the same; all ways of an ordered copy unless said. */
  readonly ours?: readonly Copier[]
}

/** Something that must be so, beyond the scenarios; gives what is wrong, or undefined. */
export interface Claim {
  readonly name: string
  check(): string | undefined
}

export interface Hazard {
  /** Its id in the requirements. */
  readonly id: string
  /** The picture's file name. */
  readonly slug: string
  readonly title: string
  /** The first one is in the picture. */
  readonly cases: readonly [Case, ...Case[]]
  readonly claims?: readonly Claim[]
  readonly picture: {
    /** The name of the picture's left half. */
    readonly bad: string
    readonly ours: string
    readonly caption: string
    /** Accesses shown; stores unless said. */
    readonly kind?: 'load' | 'store'
    /** What harms is drawn red: the access before the guest's latest act, the one after it, or the very last one. */
    readonly harm: 'before' | 'after' | 'last'
  }
}
