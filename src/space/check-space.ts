import { show } from '../check.ts'
import { AddressSpace } from './address-space.ts'

/** An AddressSpace: not a Proxy of one, nor what has only its prototype, which would fail at some later call. */
export function checkSpace(value: unknown, argument: string): AddressSpace {
  const space = value as AddressSpace
  if (value instanceof AddressSpace && value.tree?.space === value) return value
  const near = typeof space?.load32 === 'function'
  const got = near ? 'one of another copy of guestmem (ES module beside CommonJS), or a Proxy of one' : show(value)
  throw new TypeError(`${argument} must be an AddressSpace, got ${got}`)
}
