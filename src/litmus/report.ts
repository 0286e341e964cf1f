/** A copy in a race: how often the guest looked, and how often it saw what may not be. */
export interface LitmusRow {
  readonly race: string
  /** The id of the hazard that the race is about, such as H10; docs/hazards has a page of them. */
  readonly hazard: string
  readonly copy: string
  /** guestmem promises that this one is never caught. */
  readonly ours: boolean
  /** How often the guest found something that it had not seen before. */
  readonly rounds: number
  /** How often it found what is forbidden. */
  readonly caught: number
  /** What the guest may observe. */
  readonly allowed: string
  /** What it may not. */
  readonly forbidden: string
}

/**
 * `as promised`: none of guestmem's copies was caught, and in each race a bad copy was. `not shown`: in some race no bad
 * copy was caught, so that this run proves nothing of it. `WRONG`: one of guestmem's was caught.
 */
export type LitmusVerdict = 'as promised' | 'not shown' | 'WRONG'

/** What the races have shown. */
export interface LitmusReport {
  /** The CPU as detected. */
  readonly host: string
  /** The tier of order that guestmem takes there. */
  readonly order: 'host' | 'language'
  readonly rows: readonly LitmusRow[]
  readonly verdict: LitmusVerdict
  /** Races in which no bad copy was caught. */
  readonly notShown: readonly string[]
}

/** What the rows show. */
export function verdictOf(rows: readonly LitmusRow[]): Pick<LitmusReport, 'verdict' | 'notShown'> {
  const shown = new Set(rows.filter(({ ours, caught }) => !ours && caught > 0).map(({ race }) => race))
  const notShown = [...new Set(rows.map(({ race }) => race))].filter(race => !shown.has(race))
  const wrong = rows.some(({ ours, caught }) => ours && caught > 0)
  // A guest that never found anything new can't have seen a fault either.
  const unseen = rows.some(({ ours, rounds }) => ours && rounds === 0)
  return { verdict: wrong ? 'WRONG' : notShown.length > 0 || unseen ? 'not shown' : 'as promised', notShown }
}
