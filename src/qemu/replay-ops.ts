import type { AccessConstraints, AccessSize, MemoryRegionOps } from 'guestmem'
import { bare } from './own-fields.ts'
import type { TraceOps, TraceRange, TraceRegion } from './replay-format.ts'
import { callText, type Tape } from './replay-tape.ts'

type Accepts = (offset: number, size: number, write: boolean) => boolean

/** The functions that recorded devices have to accept accesses by, as far as it is known what they accept. */
const ACCEPTS: ReadonlyMap<string, Accepts> = /* @__PURE__ */ new Map<string, Accepts>([
  ['fw_cfg_comb_valid', (_, size, write) => size === 1 || (write && size === 2)],
  ['fw_cfg_ctl_mem_valid', (_, size, write) => write && size === 2],
  ['fw_cfg_data_mem_valid', offset => offset === 0],
  [
    'fw_cfg_dma_mem_valid',
    (offset, size, write) => !write || (size === 4 && (offset === 0 || offset === 4)) || (size === 8 && offset === 0),
  ],
])

/**
 * The ops of a recorded region, as seen through one range.
 *
 * @param asked Have every piece put on the tape, through `accepts`: the one place where a piece is seen before it is
 * rejected. A region without it has shorter ways through the library, so a request is to be made both ways.
 */
export function replayOps(range: TraceRange, tape: Tape, asked: boolean): MemoryRegionOps {
  const { region } = range
  const { ops } = region
  const implMin = wider(ops.impl.min) ?? 1
  // QEMU lets the smallest width win over the largest where they contradict (RULES G5).
  const implMax = Math.max(narrower(ops.impl.max) ?? 4, implMin) as AccessSize
  const valid = validOf(ops)
  const place = (offset: number) => region.abs + BigInt(offset)
  const read = (offset: number, size: number): bigint => {
    const value = tape.answer()
    tape.calls.push(callText(false, place(offset), size, value))
    return value
  }
  const write = (offset: number, value: bigint, size: number): void => {
    tape.calls.push(callText(true, place(offset), size, value))
  }
  const judge = acceptsOf(region, tape)
  const accepts: Accepts = (offset, size, isWrite) => {
    const accepted = judge?.(offset, size, isWrite) ?? true
    if (asked) {
      const callsBefore = tape.calls.length
      tape.pieces.push({ range, offset, size, write: isWrite, accepted, callsBefore })
    }
    return accepted && valid !== undefined
  }
  return bare<MemoryRegionOps>({
    endianness: ops.endianness,
    valid: bare(valid ?? { maxSize: narrower(ops.valid.max) ?? 4 }),
    impl: bare({ minSize: implMin, maxSize: implMax, unaligned: ops.impl.unaligned }),
    read: (offset, size) => Number(read(offset, size) & 0xffff_ffffn),
    write: (offset, value, size) => write(offset, BigInt(value), size),
    ...(asked || judge !== undefined || valid === undefined ? { accepts } : {}),
    ...(implMax === 8
      ? {
          read64: (offset: number) => read(offset, 8),
          write64: (offset: number, value: bigint) => write(offset, value, 8),
        }
      : {}),
  })
}

/** Why a device does not take a piece, in the words of QEMU's log (RULES G2). */
export function refusal({ valid }: TraceOps, accepted: boolean, offset: number, size: number): string {
  if (!accepted) return 'rejected'
  return !valid.unaligned && offset % size !== 0 ? 'unaligned' : 'invalid'
}

/** A function of a name that is not known gives the recorded answers, as handlers do. */
function acceptsOf(region: TraceRegion, tape: Tape): Accepts | undefined {
  const name = region.ops.accepts
  if (name === undefined) return undefined
  return ACCEPTS.get(name) ?? ((offset, size) => !tape.refused(offset, size, region.name))
}

/** Undefined where no size is between the smallest and the largest. No largest: any size (RULES G2). */
function validOf({ valid }: TraceOps): AccessConstraints | undefined {
  // Some of QEMU's devices take no unaligned access, and yet have requests cut into such (RULES E4, G2).
  const unaligned = valid.unaligned || undefined
  const maxSize = narrower(valid.max)
  if (maxSize === undefined) return { unaligned }
  const minSize = wider(valid.min) ?? 1
  return valid.min > valid.max || minSize > maxSize ? undefined : { minSize, maxSize, unaligned }
}

/** The largest size of an access that is no larger; undefined for 0, which says nothing. */
function narrower(size: number): AccessSize | undefined {
  return size === 0 ? undefined : size >= 8 ? 8 : size >= 4 ? 4 : size >= 2 ? 2 : 1
}

/** The smallest size of an access that is no smaller, but 8; undefined for 0. */
function wider(size: number): AccessSize | undefined {
  return size === 0 ? undefined : size > 4 ? 8 : size > 2 ? 4 : size > 1 ? 2 : 1
}
