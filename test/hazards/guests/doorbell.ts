import type { Scenario } from '../scenario.ts'

/** A register whose every write starts the device: an MMIO side effect. One write is meant. */
export function doorbell(length: 1 | 4): Scenario {
  return {
    name: `a doorbell register of ${8 * length} bits`,
    length,
    place: { dst: 0x1000, src: 0x200 },
    places: [0, 3].map(other => ({ dst: 0x1000, src: 0x200 + other })),
    fields: [{ name: length === 1 ? 'bell' : 'doorbell', at: 0, length }],
    prepare(bytes, { src }) {
      bytes[src] = 7
    },
    guest(_bytes, _place, say) {
      let rung = 0
      return {
        steps: [],
        stored() {
          rung++
          say(`device starts (${rung})`)
        },
        verdict: () => (rung === 1 ? undefined : `one write rang the doorbell ${rung} times`),
      }
    },
  }
}
