import type { PublicName } from './reflect.mjs'

export interface Example {
  readonly title: string
  /** Path in the project, and the anchor of a page. */
  readonly target: string
  /** The name that it shows, where that is another. */
  readonly by?: string
}

export declare function examplesOf(names: readonly PublicName[]): Map<string, Example>
