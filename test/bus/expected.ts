import type { CacheMode, DirectAccess, HostName, UnalignedPolicy } from 'guestmem'
import { HOST_BUS, NEVER_UNALIGNED } from '../hazards/bus-rules.ts'

/** What accesses a request should be made of, worked out here once more from S1.3, S4, S6 and RULES E4: not by asking the library. */

/** A guest RAM, as far as its accesses depend on it. */
export interface Setting {
  readonly host: HostName
  readonly cacheMode: CacheMode
  readonly lane: 'wasm' | 'script'
  readonly order: 'host' | 'language'
  readonly unaligned: UnalignedPolicy
}

/**
 * The way of a request. `any`: ascending, at whatever width the lane has; `fixed`: naturally aligned, at most 8 bytes;
 * `ops`: by register accessors; `bulk`: the engine's own copy.
 */
export type Way = 'any' | 'fixed' | 'ops' | 'bulk'

export function isDirect(cacheMode: CacheMode, policy: DirectAccess): boolean {
  if (policy === 'by-mapping' || cacheMode === 'normal') return true
  return policy === 'normal-or-writecombine' && cacheMode === 'writecombine'
}

/** The mapping bears any access. */
export function bearsAny({ host, cacheMode }: Pick<Setting, 'host' | 'cacheMode'>): boolean {
  const { unaligned, vectors } = HOST_BUS[host][cacheMode]
  return unaligned && vectors
}

export function wayOf(setting: Setting, policy: DirectAccess, strict: boolean): Way {
  const { cacheMode } = setting
  if (!isDirect(cacheMode, policy)) return 'ops'
  if (strict) return bearsAny(setting) ? 'any' : 'fixed'
  if (cacheMode === 'normal') return 'bulk'
  return cacheMode === 'writecombine' && bearsAny(setting) ? 'any' : 'fixed'
}

/** An unaligned access of 2, 4 or 8 bytes is one instruction: a kernel's, a plain one, of a host that has it there (S6, D). */
export function hasUnaligned({ host, cacheMode, lane, order }: Setting): boolean {
  if (lane === 'script' || order === 'language') return false
  return cacheMode === 'normal' ? !NEVER_UNALIGNED.includes(host) : HOST_BUS[host][cacheMode].unaligned
}

/** The fewest naturally aligned accesses in ascending order, none wider than `widest`: their widths. */
export function natural(address: number, length: number, widest: number): number[] {
  const widths: number[] = []
  for (let at = address; at < address + length; ) {
    let width = widest
    while (at % width !== 0 || at + width > address + length) width /= 2
    widths.push(width)
    at += width
  }
  return widths
}

/** E4 of a device that takes unaligned accesses of up to 8 bytes. */
export function unalignedPieces(length: number): number[] {
  const widths: number[] = []
  for (let left = length; left > 0; ) {
    let width = 8
    while (width > left) width /= 2
    widths.push(width)
    left -= width
  }
  return widths
}

/** The accesses of one load or store of 1, 2, 4 or 8 bytes; undefined where it is refused (S6). */
export function oneAccess(setting: Setting, address: number, size: number): number[] | undefined {
  if (address % size === 0 || hasUnaligned(setting)) return [size]
  return setting.unaligned === 'split' ? natural(address, size, 8) : undefined
}

/** The accesses of a block request by register accessors. */
export function opsAccesses(setting: Setting, address: number, length: number): number[] {
  return hasUnaligned(setting) ? unalignedPieces(length) : natural(address, length, 8)
}

/** The widest store of the ordered lane, bytes. */
export function widestStore({ host, lane, order }: Setting): number {
  if (lane === 'script') return 4
  return host === 'x86-64' && order === 'host' ? 16 : 8
}

/** It is one access, whatever its way is (S2.1). */
export function isOne(address: number, length: number): boolean {
  return [1, 2, 4, 8].includes(length) && address % length === 0
}
