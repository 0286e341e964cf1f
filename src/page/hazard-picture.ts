/** Bytes in a row. */
export interface Span {
  readonly at: number
  readonly width: number
}

/** One access of a copy, or something that the guest did between two. */
export type Row =
  | { readonly at: number; readonly width: number; readonly harms: boolean; readonly again: readonly Span[] }
  | { readonly text: string }

/** A copy: its accesses in their order, and how it ends. */
export interface Panel {
  readonly title: string
  readonly rows: readonly Row[]
  readonly end: string
  readonly broken: boolean
}

/** A copy that has a hazard and the guest that it breaks, and ours beside it, as the stepper of the tests has run them. */
export interface HazardPicture {
  readonly title: string
  readonly caption: string
  readonly legend: string
  /** Parts of the destination that have a name. */
  readonly fields: readonly { readonly name: string; readonly at: number; readonly length: number }[]
  readonly panels: readonly [Panel, Panel]
}
