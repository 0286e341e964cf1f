import type { Registration } from './registration.ts'

/** The errors of callbacks: of several, the first counts. */
interface Errors {
  thrown: boolean
  first: unknown
}

/** Those of the innermost `collectErrors` that is running. */
let errors: Errors | undefined

/**
 * Runs `body` with all its callbacks, whichever of them throw, and throws what was thrown first when it has ended. What a
 * callback itself starts has errors of its own: it hears of none that was thrown before it was called.
 */
export function collectErrors(body: () => void): void {
  const outer = errors
  const own: Errors = { thrown: false, first: undefined }
  errors = own
  try {
    attempt(body)
  } finally {
    errors = outer
  }
  if (own.thrown) throw own.first
}

/** Within `collectErrors`: runs `body`, and keeps what it throws. */
export function attempt(body: () => void): void {
  const mine = errors
  try {
    body()
  } catch (error) {
    // Only a part of `collectErrors` comes here, which has set them.
    keep(mine as Errors, error)
  }
}

function keep(to: Errors, error: unknown): void {
  if (!to.thrown) to.first = error
  to.thrown = true
}

/** Within `collectErrors`: calls each, in order, whichever of them throw. */
export function callForward(list: readonly Registration[], call: (registration: Registration) => void): void {
  for (const registration of list) attempt(() => call(registration))
}

export function callReverse(list: readonly Registration[], call: (registration: Registration) => void): void {
  for (let i = list.length - 1; i >= 0; i--) attempt(() => call(list[i] as Registration))
}
