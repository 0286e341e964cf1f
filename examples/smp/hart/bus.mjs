// What a hart does not do itself: accesses that its page table leaves to a call, to devices most of all.

import * as guestmem from 'guestmem'
import { LR, SC } from './atomic.mjs'

const { MemTxResult } = guestmem
const AMOS = {
  0: 'Add',
  1: 'Exchange',
  4: 'Xor',
  8: 'Or',
  12: 'And',
  16: 'MinSigned',
  20: 'MaxSigned',
  24: 'MinUnsigned',
  28: 'MaxUnsigned',
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
  const bits = 8 * size
  const fit = number => (size === 8 ? BigInt.asUintN(64, number) : Number(BigInt.asUintN(32, number)))
  if (kind === LR) return BigInt(space[`load${bits}`](address))
  if (kind === SC) return BigInt(guestmem[`atomicCompareExchange${bits}`](space, address, fit(expected), fit(value)))
  return BigInt(guestmem[`atomic${AMOS[kind]}${bits}`](space, address, fit(value)))
}
