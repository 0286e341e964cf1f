const hex = (value: bigint | number): string => BigInt.asUintN(64, BigInt(value)).toString(16).padStart(16, '0')

/** The last address of 64 bits. */
export const LAST: bigint = 2n ** 64n - 1n

export const range = (first: bigint | number, last: bigint | number): string => `${hex(first)}-${hex(last)}`

export interface LineOptions {
  readonly type?: string
  readonly priority?: number
}

/** A line of `info mtree`. @param depth 0 for a root. */
export function line(
  depth: number,
  first: bigint | number,
  last: bigint | number,
  name: string,
  { type = 'i/o', priority = 0 }: LineOptions = {},
): string {
  return `${'  '.repeat(depth + 1)}${range(first, last)} (prio ${priority}, ${type}): ${name}`
}

/** A space of this name whose root is `system`, with lines in it. */
export function spaceOf(lines: readonly string[], name = 'memory'): string {
  return [`address-space: ${name}`, line(0, 0, LAST, 'system'), ...lines, ''].join('\n')
}

/** What an alias shows, behind its name. */
export const alias = (name: string, target: string, first: bigint | number, last: bigint | number): string =>
  `alias ${name} @${target} ${range(first, last)}`

/** A `memory-region:` of one line. */
export const target = (name: string, last: bigint | number, type = 'ram'): string =>
  `\nmemory-region: ${name}\n${line(0, 0, last, name, { type })}\n`

export const many = (count: number, make: (index: number) => string): string[] =>
  Array.from({ length: count }, (_, index) => make(index))
