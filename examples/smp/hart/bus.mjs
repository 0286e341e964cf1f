// What a hart does not do itself: accesses that its page table leaves to a call, to devices most of all.

import {
  atomicAdd32,
  atomicAdd64,
  atomicAnd32,
  atomicAnd64,
  atomicCompareExchange32,
  atomicCompareExchange64,
  atomicExchange32,
  atomicExchange64,
  atomicMaxSigned32,
  atomicMaxSigned64,
  atomicMaxUnsigned32,
  atomicMaxUnsigned64,
  atomicMinSigned32,
  atomicMinSigned64,
  atomicMinUnsigned32,
  atomicMinUnsigned64,
  atomicOr32,
  atomicOr64,
  atomicXor32,
  atomicXor64,
  MemTxResult,
} from 'guestmem'
import { LR, SC } from './atomic.mjs'

/** By funct5: of 4 bytes, and of 8. */
const AMOS = {
  0: [atomicAdd32, atomicAdd64],
  1: [atomicExchange32, atomicExchange64],
  4: [atomicXor32, atomicXor64],
  8: [atomicOr32, atomicOr64],
  12: [atomicAnd32, atomicAnd64],
  16: [atomicMinSigned32, atomicMinSigned64],
  20: [atomicMaxSigned32, atomicMaxSigned64],
  24: [atomicMinUnsigned32, atomicMinUnsigned64],
  28: [atomicMaxUnsigned32, atomicMaxUnsigned64],
}

/**
 * The imports of a hart.
 *
 * @param {import('guestmem').AddressSpace} space
 * @param {object} hart
 * @param {() => void} hart.onFailed Called where an access ended with another result than OK: the hart takes a fault.
 * @param {() => void} hart.onAccess Called after each.
 */
export function busOf(space, { onFailed, onAccess }) {
  const bus = { calls: 0, ms: 0 }
  let start = 0
  const begin = () => {
    start = performance.now()
  }
  const end = () => {
    bus.calls++
    bus.ms += performance.now() - start
    if (space.result !== MemTxResult.OK) onFailed()
    onAccess()
  }
  for (const bits of [8, 16, 32, 64]) {
    const load = `load${bits}`
    const store = `store${bits}`
    bus[load] = address => {
      begin()
      const value = space[load](address >>> 0)
      end()
      return value
    }
    bus[store] = (address, value) => {
      begin()
      space[store](address >>> 0, bits === 64 ? BigInt.asUintN(64, value) : value)
      end()
    }
  }
  bus.atomic = (address, kind, size, value, expected) => {
    begin()
    const old = atomic(space, address >>> 0, kind, size, value, expected)
    end()
    return old
  }
  return bus
}

function atomic(space, address, kind, size, value, expected) {
  const isWide = size === 8
  if (kind === LR) return isWide ? space.load64(address) : BigInt(space.load32(address))
  const asUnsigned = number => (isWide ? BigInt.asUintN(64, number) : Number(BigInt.asUintN(32, number)))
  if (kind === SC) {
    const exchange = isWide ? atomicCompareExchange64 : atomicCompareExchange32
    return BigInt(exchange(space, address, asUnsigned(expected), asUnsigned(value)))
  }
  return BigInt(AMOS[kind][isWide ? 1 : 0](space, address, asUnsigned(value)))
}
