import type { Registration } from './registrations.ts'

let failed = false
let error: unknown

/** Calls each, in order; what is thrown waits for `rethrow`. */
export function callForward(list: readonly Registration[], call: (registration: Registration) => void): void {
  for (const registration of list) attempt(() => call(registration))
}

export function callReverse(list: readonly Registration[], call: (registration: Registration) => void): void {
  for (let i = list.length - 1; i >= 0; i--) attempt(() => call(list[i] as Registration))
}

/** Throws what was thrown first since the last time. */
export function rethrow(): void {
  if (!failed) return
  const first = error
  failed = false
  error = undefined
  throw first
}

export function attempt(body: () => void): void {
  try {
    body()
  } catch (thrown) {
    if (!failed) error = thrown
    failed = true
  }
}
