import { type BusRules, faultOf } from '../bus-rules.ts'
import type { Place, Scenario } from '../scenario.ts'

/** Where a passed-through device's BAR begins; what lies below is RAM. */
export const BAR = 0x1000

/**
 * Bytes to a BAR, or from one, that is mapped so that the CPU refuses some accesses.
 *
 * @param skews Where they begin in it; all alignments are worth a try.
 */
export function bar(
  rules: BusRules,
  length: number,
  skews: readonly number[] = [0],
  way: 'to' | 'from' = 'to',
): Scenario {
  const places = skews.map(
    (skew): Place => (way === 'to' ? { dst: BAR + skew, src: 0x200 } : { dst: 0x200, src: BAR + skew }),
  )
  return {
    name: `${length} bytes ${way} a BAR, mapped as ${rules.name}`,
    length,
    place: places[0] as Place,
    places,
    fields: [{ name: 'BAR', at: 0, length }],
    prepare(bytes, { src }) {
      for (let i = 0; i < length; i++) bytes[src + i] = 1 + i
    },
    fault: access => (access.address < BAR ? undefined : faultOf(rules, access)),
    guest: (bytes, { dst, src }) => ({
      steps: [],
      verdict: () =>
        bytes.subarray(dst, dst + length).every((byte, i) => byte === bytes[src + i])
          ? undefined
          : 'the wrong bytes came out',
    }),
  }
}
