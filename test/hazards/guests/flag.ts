import type { Scenario } from '../scenario.ts'

/**
 * A word that the device sets and the guest takes: it sees that it is not zero, handles the event and sets it to zero.
 * One event is one word.
 */
export function flag(length: 1 | 2 | 4 | 8): Scenario {
  return {
    name: `an event of ${length} ${length === 1 ? 'byte' : 'bytes'} that the guest takes by clearing it`,
    length,
    place: { dst: 0x1000, src: 0x200 },
    places: [0, 3].map(other => ({ dst: 0x1000, src: 0x200 + other })),
    fields: [{ name: length < 4 ? 'ev' : 'event', at: 0, length }],
    prepare(bytes, { src }) {
      bytes.fill(0xff, src, src + length)
    },
    guest(bytes, { dst }, say) {
      let handled = 0
      let seen = false
      const poll = (): void => {
        seen = bytes.subarray(dst, dst + length).some(byte => byte !== 0)
        if (seen) say('guest sees the event')
      }
      const take = (): void => {
        if (!seen) return
        handled++
        bytes.fill(0, dst, dst + length)
        say('handles it: clears it')
      }
      return {
        steps: [poll, take],
        verdict() {
          for (let round = 0; round < 2; round++) for (const step of [poll, take]) step()
          if (handled === 0) return 'the event was lost'
          return handled === 1 ? undefined : 'one event was handled twice'
        },
      }
    },
  }
}
