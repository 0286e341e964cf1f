import type { Example } from './examples.mjs'
import type { PublicName } from './reflect.mjs'

export declare function pageOf(name: PublicName): string
export declare function pagesOf(
  names: readonly PublicName[],
  examples: ReadonlyMap<string, Example>,
): Map<string, string>
