import { checkOneOf } from '../../check.ts'
import type { MemTxAttrs } from '../../request/attrs.ts'
import type { MemTxFault } from '../../request/result.ts'
import { type Bus, OrderBus } from './bus-address.ts'
import { BUS } from './completer.ts'
import { type AccessSize, checkOps, fieldsOf, type MemoryRegionOps, type WriteAnswer } from './ops.ts'

/**
 * What becomes of an access that is narrower than a device's registers. `pieces` is QEMU's way (RULES G5), which calls the
 * handler at the offset of the access; in all others the handler is called at the register's own offset, with its width:
 *
 * - `zeroExtended`: once; the value is the access's, zero-extended, whatever part of the register it is for.
 * - `replicated`: once; the value is the access's in every lane, as an AHB or APB bus drives them.
 * - `merged`: a read of the register, then a write of it with the part replaced.
 * - `refused`: not at all; the access is a DECODE_ERROR.
 *
 * Reads, but for `pieces` and `refused`, read the register and give the part that was asked for.
 */
export type SizePolicy = 'pieces' | 'zeroExtended' | 'replicated' | 'merged' | 'refused'

const POLICIES: readonly SizePolicy[] = ['pieces', 'zeroExtended', 'replicated', 'merged', 'refused']

/**
 * The ops of a device all of whose registers have one width, and that gets narrower accesses as `policy` says. Wider ones
 * are made of several, in ascending order; `refused` refuses them, too. Unaligned ones are rejected.
 *
 * @param ops Handlers for accesses of `width`; `valid` and `impl` are made here. All else is as `ops` has it: runs of bytes
 *   and atomic accesses of a handler of its own reach that as they are, whatever the policy; `atomics: 'refuse'` refuses them.
 * @param width Of the registers, bytes.
 * @throws TypeError or RangeError naming the argument.
 */
export function sizedOps(ops: MemoryRegionOps, width: 2 | 4, policy: SizePolicy): MemoryRegionOps {
  const { endianness, atomics } = checkOps(ops)
  checkOneOf(width, [2, 4] as const, 'width')
  checkOneOf(policy, POLICIES, 'policy')
  const { accepts, peek, readBytes, writeBytes, bridge } = fieldsOf(
    ops,
    'accepts',
    'peek',
    'readBytes',
    'writeBytes',
    'bridge',
  )
  const bus = (ops as { [BUS]?: Bus })[BUS] ?? (endianness === 'native' ? new OrderBus() : undefined)
  const isBig = (): boolean => endianness === 'big' || (endianness === 'native' && bus?.place.big === true)
  const rest = {
    endianness,
    bridge,
    atomics,
    ...(bus && { [BUS]: bus }),
    ...(accepts && { accepts: accepts.bind(ops) }),
    ...(readBytes && { readBytes: readBytes.bind(ops) }),
    ...(writeBytes && { writeBytes: writeBytes.bind(ops) }),
    ...(peek && {
      peek(offset: number, size: number, attrs: MemTxAttrs): number | MemTxFault {
        const value = peek.call(ops, offset - (offset % width), width, attrs)
        return typeof value === 'number' && size < width ? value >>> shiftOf(offset, size) : value
      },
    }),
  }
  const read = (offset: number, attrs: MemTxAttrs): number | MemTxFault => ops.read(offset, width, attrs)
  const write = (offset: number, value: number, attrs: MemTxAttrs): WriteAnswer =>
    ops.write(offset, value, width, attrs)
  if (policy === 'refused' || policy === 'pieces') {
    const sizes = policy === 'refused' ? { minSize: width, maxSize: width } : {}
    return {
      read: (offset, _size, attrs) => read(offset, attrs),
      write: (offset, value, _size, attrs) => write(offset, value, attrs),
      valid: sizes,
      impl: { minSize: width, maxSize: width },
      ...rest,
    }
  }
  /** Where the part of an access begins in its register, bits. */
  const shiftOf = (offset: number, size: number): number => {
    const at = offset % width
    return 8 * (isBig() ? width - size - at : at)
  }
  return {
    read(offset, size, attrs) {
      const value = read(offset - (offset % width), attrs)
      return typeof value === 'number' ? value >>> shiftOf(offset, size) : value
    },
    write(offset, value, size, attrs) {
      const at = offset - (offset % width)
      if (size === width) return write(at, value, attrs)
      if (policy === 'zeroExtended') return write(at, value, attrs)
      const lanes = size === 1 ? 0x0101_0101 : 0x0001_0001
      if (policy === 'replicated') return write(at, widthOf(Math.imul(value, lanes), width), attrs)
      const before = read(at, attrs)
      if (typeof before !== 'number') return before
      const shift = shiftOf(offset, size)
      const mask = (size === 1 ? 0xff : 0xffff) << shift
      return write(at, widthOf((before & ~mask) | ((value << shift) & mask), width), attrs)
    },
    impl: { minSize: 1, maxSize: width },
    ...rest,
  }
}

function widthOf(value: number, width: AccessSize): number {
  return width === 4 ? value >>> 0 : value & 0xffff
}
