import type { Scenario } from '../scenario.ts'

const NEW = 0x1234_5678

/** A device's 32-bit register that latches on each access: what it holds then is what the device works with. */
export const latch: Scenario = {
  name: 'a 32-bit device register that latches on each write',
  length: 4,
  place: { dst: 0x1000, src: 0x200 },
  places: [0, 1, 2, 3].map(other => ({ dst: 0x1000, src: 0x200 + other })),
  fields: [{ name: 'register', at: 0, length: 4 }],
  prepare(bytes, { src }) {
    new DataView(bytes.buffer).setUint32(src, NEW, true)
  },
  guest(bytes, { dst }, say) {
    let latched = 0
    let wrong = 0
    return {
      steps: [],
      stored() {
        const value = new DataView(bytes.buffer).getUint32(dst, true)
        latched++
        if (value !== NEW) wrong++
        say(`device latches 0x${value.toString(16).padStart(8, '0')}`)
      },
      verdict: () =>
        latched === 1 && wrong === 0 ? undefined : `the device latched ${latched} values, ${wrong} of them torn`,
    }
  },
}
