import type { PageRuns } from './page-runs.ts'

/** The entries of a table, in linear memory. */
export interface Entries {
  /**
   * The entry of a page, which a look at the table finds from now on.
   *
   * @param entry What the map says.
   */
  show(page: number, entry: number): void
  /** These pages have another entry. @param end Exclusive. @param after What the map says of all pages. */
  change(first: number, end: number, entry: number, after: PageRuns): void
}
