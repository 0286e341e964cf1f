import type { AccessLog } from './log.ts'

/**
 * The observer's view: who looks at the destination between any two stores sees a prefix of the new bytes and a suffix
 * of the old. Calls `copy` with the log's `beforeStore` set; gives what was seen that is neither.
 *
 * @param after What `length` bytes of `ram` from `dst` on are to be afterwards.
 * @param ours Whether a store at this address is to guest RAM, and not to scratch.
 */
export function observe(
  log: AccessLog,
  ram: Uint8Array,
  dst: number,
  after: Uint8Array,
  ours: (address: number) => boolean,
  copy: () => void,
): string | undefined {
  const { length } = after
  const before = ram.slice(dst, dst + length)
  let stored = 0
  let problem: string | undefined
  const look = (): void => {
    for (let i = 0; i < length; i++) {
      const due = i < stored ? after[i] : before[i]
      if (ram[dst + i] !== due)
        problem ??= `after ${stored} bytes, byte ${i} of ${length} is ${ram[dst + i]}, not ${due}`
    }
  }
  log.clear()
  log.beforeStore = address => {
    if (!ours(address)) return
    look()
    stored += log.widths[log.count - 1] as number
  }
  try {
    copy()
  } finally {
    log.beforeStore = undefined
  }
  look()
  return problem ?? (stored === length ? undefined : `${stored} bytes stored, not ${length}`)
}
