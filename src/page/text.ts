const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

/** A size in the largest unit that leaves no long fraction. */
export function bytesText(size: number | bigint): string {
  const bytes = Number(size)
  const unit = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log2(bytes) / 10)))
  const value = bytes / 1024 ** unit
  return `${Number.isInteger(value) ? value : value.toFixed(1)} ${UNITS[unit]}`
}

/** An address: at least eight digits, in groups of four. */
export function hexText(value: number | bigint): string {
  const digits = value.toString(16)
  const padded = digits.padStart(4 * Math.max(2, Math.ceil(digits.length / 4)), '0')
  return `0x${(padded.match(/.{4}/g) as string[]).join('_')}`
}

/** What a user has typed as an address; undefined where it is none. */
export function addressOf(text: string): bigint | undefined {
  const plain = text.trim().replaceAll('_', '')
  if (plain.length > 40 || !/^(?:0x[0-9a-f]+|\d+)$/i.test(plain)) return undefined
  const address = BigInt(plain)
  return address < 2n ** 64n ? address : undefined
}

/** How many there are. */
export function counted(count: number, what: string, plural = 's'): string {
  return `${count} ${what}${count === 1 ? '' : plural}`
}
