// A script as U-Boot takes it from a disk: its "legacy image", of one text.

import { crc32 } from 'node:zlib'

const HEADER_BYTES = 64
const MAGIC = 0x2705_1956
// Linux, RISC-V, a script, not compressed: of what U-Boot numbers so.
const KIND = [5, 26, 6, 0]

/** @param {string} text Commands, by lines. */
export function bootScript(text) {
  const script = Buffer.from(text)
  // Lengths of the texts, up to a zero; then the texts.
  const lengths = Buffer.alloc(8)
  lengths.writeUInt32BE(script.length)
  const data = Buffer.concat([lengths, script])
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt32BE(MAGIC, 0)
  header.writeUInt32BE(data.length, 12)
  header.writeUInt32BE(crc32(data), 24)
  header.set(KIND, 28)
  header.write('guestmem', 32, 'latin1')
  // Of the header without its own sum.
  header.writeUInt32BE(crc32(header), 4)
  return Buffer.concat([header, data])
}
