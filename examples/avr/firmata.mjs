// Firmata, the protocol that the firmware speaks on its serial port: MIDI messages, so only the first byte of each
// message has its top bit set.
const REPORT_VERSION = 0xf9
const START_SYSEX = 0xf0
const END_SYSEX = 0xf7
const REPORT_FIRMWARE = 0x79

/**
 * What a board says when it starts: its protocol version, then the name and version of its firmware.
 *
 * @param {readonly number[]} bytes
 * @returns {{ protocol: string, firmware: string, name: string } | undefined} Undefined as long as it is incomplete.
 */
export function decodeGreeting(bytes) {
  const end = bytes.indexOf(END_SYSEX)
  if (end < 0) return undefined
  const [version, major, minor, sysex, command, firmwareMajor, firmwareMinor] = bytes
  if (version !== REPORT_VERSION || sysex !== START_SYSEX || command !== REPORT_FIRMWARE || (end - 7) % 2 !== 0)
    throw new Error(`not a Firmata greeting: ${hex(bytes)}`)
  let name = ''
  // Each character is sent as two bytes of 7 bits.
  for (let at = 7; at < end; at += 2) name += String.fromCharCode(bytes[at] | (bytes[at + 1] << 7))
  return { protocol: `${major}.${minor}`, firmware: `${firmwareMajor}.${firmwareMinor}`, name }
}

/** @param {readonly number[]} bytes */
export function hex(bytes) {
  return bytes.map(byte => byte.toString(16).padStart(2, '0')).join(' ')
}
