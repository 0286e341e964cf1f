import type { AccessLog } from './log.ts'

/** What a copy was asked to do; addresses in the memory whose log it is. */
export interface Job {
  /** Undefined where the bytes leave this memory: no store is due. */
  readonly dst: number | undefined
  /** Undefined where they come from elsewhere: no load is due. */
  readonly src: number | undefined
  readonly length: number
  /** First address of scratch and the one behind it: what is accessed there is not the guest's. */
  readonly scratch?: readonly [start: number, end: number]
  /** It can load 1, 2, 4 or 8 unaligned bytes in one (a kernel can; plain script can't). */
  readonly loadsUnaligned?: boolean
}

/** Gives what is wrong, or undefined. */
export type Property = (log: AccessLog, job: Job) => string | undefined

const NONE = [0, 0] as const

function within(address: number, [start, end]: readonly [number, number]): boolean {
  return address >= start && address < end
}

export type PropertyName =
  | 'each destination byte is stored exactly once'
  | 'each source byte is loaded exactly once'
  | 'addresses ascend'
  | 'the last byte is stored last'
  | 'no store crosses its natural alignment'
  | 'nothing outside is touched'
  | '1, 2, 4 and 8 aligned bytes are one access'

/**
 * The contract of src/ram/copy/lane.ts, a property each, none of which says what another says: a copy that breaks one is
 * refused by that one. (Only that the last byte is last follows from others; it is what
 * most users came for.)
 */
export const PROPERTIES: Readonly<Record<PropertyName, Property>> = {
  /** H10, H11. */
  'each destination byte is stored exactly once': (log, { dst, length }) =>
    dst === undefined ? undefined : unevenCount(log, 1, dst, length, 'destination'),

  /** No double fetch. */
  'each source byte is loaded exactly once': (log, { src, length }) =>
    src === undefined ? undefined : unevenCount(log, 0, src, length, 'source'),

  /** H12, H13. */
  'addresses ascend': (log, { scratch = NONE }) => {
    let last = -1
    for (let i = 0; i < log.count; i++) {
      const address = log.addresses[i] as number
      if (log.stores[i] === 0 || within(address, scratch)) continue
      if (address < last) return `stores at ${address} after ${last}`
      last = address
    }
    return undefined
  },

  /** H12. */
  'the last byte is stored last': (log, { dst, length, scratch = NONE }) => {
    if (dst === undefined) return undefined
    const last = dst + length - 1
    let seen = false
    for (let i = 0; i < log.count; i++) {
      const address = log.addresses[i] as number
      if (log.stores[i] === 0 || within(address, scratch)) continue
      const holds = address <= last && address + (log.widths[i] as number) > last
      if (seen && !holds) return `stores at ${address} after the last byte`
      seen ||= holds
    }
    return undefined
  },

  /** A store that crosses its natural alignment may cross a cache line, and be seen in two parts. */
  'no store crosses its natural alignment': (log, { scratch = NONE }) => {
    for (let i = 0; i < log.count; i++) {
      const address = log.addresses[i] as number
      const width = log.widths[i] as number
      if (log.stores[i] === 1 && address % width !== 0 && !within(address, scratch))
        return `stores ${width} at ${address}`
    }
    return undefined
  },

  'nothing outside is touched': (log, { dst, src, length, scratch = NONE }) => {
    for (let i = 0; i < log.count; i++) {
      const start = log.stores[i] === 1 ? dst : src
      const address = log.addresses[i] as number
      const width = log.widths[i] as number
      if (within(address, scratch)) continue
      if (start === undefined || address < start || address + width > start + length)
        return `${log.stores[i] ? 'stores' : 'loads'} ${width} at ${address}`
    }
    return undefined
  },

  /** S2.1, H2, H5; RULES M2. */
  '1, 2, 4 and 8 aligned bytes are one access': (log, { dst, src, length, scratch = NONE, loadsUnaligned }) => {
    if (![1, 2, 4, 8].includes(length)) return undefined
    const made = [0, 0]
    for (let i = 0; i < log.count; i++)
      if (!within(log.addresses[i] as number, scratch)) {
        const kind = log.stores[i] as 0 | 1
        made[kind] = (made[kind] as number) + 1
      }
    const [loads, stores] = made as [number, number]
    if (dst !== undefined && dst % length === 0 && stores !== 1) return `${length} bytes in ${stores} stores`
    // A load as one needs an aligned source, or a host that loads unaligned; and a destination that takes it as one.
    const whole = src !== undefined && (dst === undefined ? src % length === 0 : dst % length === 0)
    if (whole && (loadsUnaligned || src % length === 0) && loads !== 1) return `${length} bytes in ${loads} loads`
    return undefined
  },
}

export const PROPERTY_NAMES: readonly PropertyName[] = Object.keys(PROPERTIES) as PropertyName[]
const all = Object.entries(PROPERTIES) as [PropertyName, Property][]

/** The first property that the log breaks, and how. */
export function broken(log: AccessLog, job: Job): string | undefined {
  for (const [name, check] of all) {
    const problem = check(log, job)
    if (problem !== undefined) return `not: ${name}: ${problem}`
  }
  return undefined
}

/** All that it breaks. */
export function brokenNames(log: AccessLog, job: Job): PropertyName[] {
  return all.filter(([, check]) => check(log, job) !== undefined).map(([name]) => name)
}

let counts = new Uint8Array(1024)

function unevenCount(log: AccessLog, kind: 0 | 1, start: number, length: number, what: string): string | undefined {
  if (counts.length < length) counts = new Uint8Array(length)
  counts.fill(0, 0, length)
  for (let i = 0; i < log.count; i++) {
    if (log.stores[i] !== kind) continue
    const from = (log.addresses[i] as number) - start
    const end = Math.min(from + (log.widths[i] as number), length)
    for (let at = Math.max(from, 0); at < end; at++) counts[at] = (counts[at] as number) + 1
  }
  for (let at = 0; at < length; at++) if (counts[at] !== 1) return `${what} byte ${at} of ${length} ${counts[at]} times`
  return undefined
}
