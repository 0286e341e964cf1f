// Stands in for vitest where a file of tests is bundled with a changed library: the tests are kept, and run by who has asked.
import type { afterEach as realAfterEach } from 'vitest'

export { expect, vi } from 'vitest'

export interface CollectedTest {
  /** With those of what it is in: `one > two > three`. */
  readonly name: string
  run(): unknown
}

type Body = (...args: never[]) => unknown

export const collected: CollectedTest[] = []
let within: readonly string[] = []

/** As vitest has it: each `%s` and its like is the next argument. */
function titleOf(title: string, args: readonly unknown[]): string {
  let next = 0
  return title.replace(/%[sidj]/g, () => `${args[next++]}`)
}

interface Adds {
  (title: string, body: () => unknown): void
  readonly each: (rows: readonly unknown[]) => (title: string, body: Body) => void
}

function withEach(add: (title: string, body: () => unknown) => void): Adds {
  const each: Adds['each'] = rows => (title, body) => {
    for (const row of rows) {
      const args = Array.isArray(row) ? row : [row]
      add(titleOf(title, args), () => body(...(args as never[])))
    }
  }
  return Object.assign(add, { each })
}

export const describe: Adds = withEach((title, body) => {
  const outside = within
  within = [...outside, title]
  body()
  within = outside
})

export const test: Adds = withEach((title, run) => void collected.push({ name: [...within, title].join(' > '), run }))

export const beforeAll = (): void => {}
export const afterAll = (): void => {}
/** What is stubbed is given back behind the test that runs these. */
export const afterEach: typeof realAfterEach = () => {}
