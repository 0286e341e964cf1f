import { show } from '../check.ts'
import { loadScalar64, storeScalar64 } from '../dispatch/scalar-access.ts'
import { swap32 } from '../ram/access/views.ts'
import { completion } from '../region/device/completer.ts'
import { type MemTxAttrs, UNSPECIFIED } from '../request/attrs.ts'
import { MemTxResult } from '../request/result.ts'
import { SpaceAccess } from './space-access.ts'
import { checkAttrs } from './space-requests.ts'

/** Loads and stores of 64 bits: one access each, as those of fewer (RULES I1). */
export abstract class WideAccess extends SpaceAccess {
  /** The high half of the latest `load64Pair`, unsigned. */
  high = 0

  load64(address: number, attrs: MemTxAttrs = UNSPECIFIED): bigint {
    checkAttrs(attrs)
    const section = this.select(address)
    const value = loadScalar64(section, address - section.start, attrs, this.settings.big)
    this.latestResult = completion.result
    return value
  }

  /** @param value Taken modulo 2^64. */
  store64(address: number, value: bigint, attrs: MemTxAttrs = UNSPECIFIED): void {
    if (typeof value !== 'bigint') throw new TypeError(`value must be a bigint, got ${show(value)}`)
    checkAttrs(attrs)
    const section = this.select(address)
    storeScalar64(section, address - section.start, BigInt.asUintN(64, value), attrs, this.settings.big)
    this.latestResult = completion.result
  }

  /** 64 bits as two numbers, without a bigint: returns the low half, unsigned, and leaves the high one in `high`. */
  load64Pair(address: number, attrs: MemTxAttrs = UNSPECIFIED): number {
    checkAttrs(attrs)
    const section = this.select(address)
    const at = address - section.start
    const { cells } = section
    const ram = section.base + at
    if (section.readable && at + 8 <= section.length && cells?.permits(ram, 8)) {
      this.latestResult = MemTxResult.OK
      const first = cells.load64Pair(ram)
      if (!this.settings.big) {
        this.high = cells.high
        return first
      }
      this.high = swap32(first)
      return swap32(cells.high)
    }
    const value = this.load64(address, attrs)
    this.high = Number(value >> 32n)
    return Number(value & 0xffff_ffffn)
  }

  /** 64 bits given as two numbers, each taken modulo 2^32. */
  store64Pair(address: number, low: number, high: number, attrs: MemTxAttrs = UNSPECIFIED): void {
    checkAttrs(attrs)
    const section = this.select(address)
    const at = address - section.start
    const { cells } = section
    const ram = section.base + at
    if (section.writable && at + 8 <= section.length && cells?.permits(ram, 8)) {
      this.latestResult = MemTxResult.OK
      if (this.settings.big) cells.store64Pair(ram, swap32(high), swap32(low))
      else cells.store64Pair(ram, low, high)
    } else this.store64(address, (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0), attrs)
  }
}
