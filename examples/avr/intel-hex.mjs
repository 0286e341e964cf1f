/**
 * Puts the data records of an Intel HEX file into `bytes`.
 *
 * @param {string} text
 * @param {Uint8Array} bytes
 * @returns {number} How many bytes were put.
 */
export function loadIntelHex(text, bytes) {
  let loaded = 0
  for (const line of text.split(/\r?\n/)) {
    if (line === '') continue
    if (!/^:([0-9a-f]{2}){5,}$/i.test(line)) throw new SyntaxError(`not a record of Intel HEX: ${line}`)
    const record = Uint8Array.from({ length: (line.length - 1) / 2 }, (_, i) =>
      Number.parseInt(line.substr(1 + i * 2, 2), 16),
    )
    const [length, high, low, type] = record
    if (record.length !== length + 5) throw new RangeError(`a record says it has ${length} bytes: ${line}`)
    // The last byte makes the sum of all a multiple of 256.
    if (record.reduce((sum, byte) => sum + byte, 0) % 256 !== 0)
      throw new RangeError(`a record's checksum is wrong: ${line}`)
    if (type === 1) return loaded
    if (type !== 0) throw new RangeError(`record type ${type} is for programs over 64 KiB: ${line}`)
    bytes.set(record.subarray(4, 4 + length), high * 256 + low)
    loaded += length
  }
  throw new SyntaxError('the end record is missing')
}
