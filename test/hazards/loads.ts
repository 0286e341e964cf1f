interface Access {
  readonly kind: 'load' | 'store'
  readonly address: number
  readonly width: number
}

/** Why the loads of `length` bytes from `start` on are not one of each byte and nothing else; undefined where they are. */
export function unevenLoads(log: readonly Access[], start: number, length: number): string | undefined {
  const times = new Uint8Array(length)
  for (const { kind, address, width } of log) {
    if (kind !== 'load') continue
    const from = address - start
    if (from < 0 || from + width > length) return `loads ${width} at ${address}, outside the source`
    for (let at = from; at < from + width; at++) times[at] = (times[at] as number) + 1
  }
  const at = times.findIndex(count => count !== 1)
  return at < 0 ? undefined : `source byte ${at} is loaded ${times[at]} times`
}
