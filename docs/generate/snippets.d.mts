export interface Snippet {
  /** Path in the project. */
  readonly page: string
  /** Of its section. */
  readonly title: string
  readonly anchor: string
  readonly code: string
  /** Files that stand beside the program. */
  readonly files: readonly string[]
}

export declare const FILE: RegExp
export declare const PAGES: readonly string[]
/** As GitHub names the anchor of a heading. */
export declare function anchorOf(heading: string): string
export declare function snippetsOf(page: string): Snippet[]
