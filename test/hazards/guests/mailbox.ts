import type { Place, Scenario } from '../scenario.ts'

const DONE = 0xdd

/**
 * A message whose last byte says that it is all there: PCI makes a write visible in address order, so a driver may poll
 * the last byte and read the rest as soon as it changes.
 *
 * @param places Where source and destination may overlap.
 */
export function mailbox(name: string, length: number, place: Place, places: readonly Place[] = [place]): Scenario {
  return {
    name,
    length,
    place,
    places,
    fields: [
      { name: 'message', at: 0, length: length - 1 },
      { name: 'st', at: length - 1, length: 1 },
    ],
    prepare(bytes, { src }) {
      for (let i = 0; i < length; i++) bytes[src + i] = message(i, length)
    },
    guest(bytes, { dst }, say) {
      let seen = false
      let stale = -1
      const wrong = (): number => {
        for (let i = 0; i < length; i++) if (bytes[dst + i] !== message(i, length)) return i
        return -1
      }
      return {
        steps: [
          () => {
            seen = bytes[dst + length - 1] === DONE
            if (seen) say('driver sees the status')
          },
          () => {
            if (!seen) return
            stale = wrong()
            say(stale < 0 ? 'reads the message' : `reads the message: byte ${stale} is not there yet`)
          },
        ],
        verdict() {
          if (stale >= 0) return `byte ${stale} was read before it was written`
          return wrong() < 0 ? undefined : `byte ${wrong()} came out wrong`
        },
      }
    },
  }
}

function message(i: number, length: number): number {
  return i === length - 1 ? DONE : 1 + i
}
