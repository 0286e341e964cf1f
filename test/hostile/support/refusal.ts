import type { Bad } from './bad-values.ts'
import { TRAPPED, Trap } from './bad-values.ts'

/** What engines say themselves where nobody looked at an argument. */
export const ENGINES_OWN: RegExp =
  /Cannot (?:read|set|convert|mix|destructure|perform|delete|assign|access|redefine)|is not (?:a function|iterable|a constructor|defined|extensible|an? object$)|Do not know how|Invalid (?:typed )?array|Invalid (?:count|string|data ?view)|Maximum call stack|incompatible receiver|private (?:member|field|method)|did not declare it|Reduce of empty|BigInt .*(?:mixed|convert)|could not be cloned|Array buffer allocation|Offset is outside|out of bounds|out of memory|object is not|must be called|constructor .* requires 'new'|is not a valid|start offset of|multiple of \d+$|stack size/i

/**
 * What is wrong with an error that a bad value led to; undefined where it is as it should be: a TypeError or RangeError
 * that names the argument, shows the value, and is no engine's own.
 *
 * @param names One of which the text has to have.
 */
export function faultOf(error: unknown, names: readonly string[], bads: readonly Bad[]): string | undefined {
  const trapped = bads.some(({ name }) => TRAPPED.has(name))
  if (trapped && error instanceof Trap) return undefined
  if (!(error instanceof TypeError || error instanceof RangeError)) return `throws ${nameOf(error)}`
  const { message } = error
  // A revoked Proxy throws the engine's error whatever is done with it, as a getter of its own would.
  if (trapped && /proxy that has been revoked/.test(message)) return undefined
  if (ENGINES_OWN.test(message)) return `throws an engine's own "${message}"`
  if (!names.some(name => message.includes(name))) return `names none of ${names.join(', ')}: "${message}"`
  if (!bads.some(({ shown }) => shown.test(message)))
    return `does not show ${bads.map(({ name }) => name).join(', ')}: "${message}"`
  return undefined
}

export function nameOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}
