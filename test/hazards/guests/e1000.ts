import type { Field, Scenario } from '../scenario.ts'

const STATUS = 12
const DONE = 1
const OLD = 0x11
const NEW = 0x22

const FIELDS: readonly Field[] = [
  { name: 'buffer address', at: 0, length: 8 },
  { name: 'len', at: 8, length: 2 },
  { name: 'csum', at: 10, length: 2 },
  { name: 'st', at: STATUS, length: 1 },
  { name: 'err', at: 13, length: 1 },
  { name: 'spec', at: 14, length: 2 },
]

/**
 * An e1000 receive descriptor (Intel 8254x software developer's manual, "Receive Descriptor"; QEMU commit
 * 034d00d4858). The driver polls the status, not the last byte; sees it done, takes the packet, and hands the descriptor
 * back by clearing the status. It looks again when it comes round.
 *
 * @param length 16, or 20 for one with a word behind it.
 */
export function e1000(length: 16 | 20): Scenario {
  return {
    name: `an e1000 receive descriptor of ${length} bytes`,
    length,
    place: { dst: 0x1000, src: 0x200 },
    places: [0, 4, 8, 1].flatMap(skew => [0, 3].map(other => ({ dst: 0x1000 + skew, src: 0x200 + other }))),
    fields: length === 16 ? FIELDS : [...FIELDS, { name: 'hash', at: 16, length: 4 }],
    prepare(bytes, { dst, src }) {
      bytes.fill(OLD, dst, dst + 8)
      bytes.fill(NEW, src, src + 8)
      bytes[src + STATUS] = DONE
    },
    guest(bytes, { dst }, say) {
      const taken: number[] = []
      let seen = false
      const poll = (): void => {
        seen = bytes[dst + STATUS] === DONE
        if (seen) say('driver sees done')
      }
      const take = (): void => {
        if (!seen) return
        const wrong = bytes.subarray(dst, dst + 8).some(byte => byte !== NEW)
        taken.push(wrong ? OLD : NEW)
        say(wrong ? 'takes the packet, at an old address' : 'takes the packet')
      }
      const handBack = (): void => {
        if (!seen) return
        bytes[dst + STATUS] = 0
        say('hands back: clears the status')
      }
      return {
        steps: [poll, take, handBack],
        verdict() {
          for (let round = 0; round < 2; round++) for (const step of [poll, take, handBack]) step()
          if (taken.includes(OLD)) return 'a packet was taken from an old address'
          if (taken.length === 0) return 'the packet was never taken'
          return taken.length === 1 ? undefined : 'one packet was taken twice'
        },
      }
    },
  }
}
