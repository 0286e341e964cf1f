import { MemTxResult } from 'guestmem'

/**
 * An address space as a guest's program uses it: where an access fails, a CPU raises an exception, and the program goes
 * no further. A device does otherwise: it looks at the result, and reports the error as its kind does.
 *
 * @param {import('guestmem').AddressSpace} space
 * @returns {import('guestmem').AddressSpace} The same, with accesses that throw.
 */
export function asCpu(space) {
  return new Proxy(space, {
    get(target, name) {
      const member = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      return (...values) => {
        const answer = member.apply(target, values)
        if (target.result !== MemTxResult.OK)
          throw new Error(`bus error: ${String(name)} at ${values[0]} ended with ${target.result}`)
        return answer
      }
    },
  })
}
