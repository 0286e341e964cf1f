import type { CacheMode } from '../host/cache-mode.ts'
import type { HostProfile } from '../host/profile.ts'

/** What is mapped, as far as the way of a request depends on it. */
export type RegionKind =
  | 'container'
  | 'ram'
  | 'rom'
  | 'romDevice'
  | 'ramDevice'
  | 'io'
  | 'alias'
  | 'reservation'
  | 'iommu'

/**
 * The way of a request.
 * - `ordered`: a kernel; ascending, every byte once, vectors where the host has them for this memory.
 * - `cells`: ordered too, in naturally aligned accesses of 1, 2, 4 and 8 bytes and no other.
 * - `bulk`: the host's fastest copy, in no order.
 * - `ops`: the region's handlers, or its register accessors, at a size they accept.
 */
export type Route = 'ordered' | 'cells' | 'bulk' | 'ops'

/**
 * Which memory a request may touch itself, not through ops: the three rules of the discussion (S1.3).
 * - `normal-or-writecombine`: its first rule.
 * - `normal-only`: its stricter second rule.
 * - `by-mapping`: every access is direct, at the widths that its mapping allows.
 */
export type DirectAccess = 'normal-or-writecombine' | 'normal-only' | 'by-mapping'

/** The three policies (S1.3), as the discussion came to them; {@link route} is asked by one. Frozen. */
export const DIRECT_ACCESS: readonly DirectAccess[] = /* @__PURE__ */ Object.freeze([
  'normal-or-writecombine',
  'normal-only',
  'by-mapping',
] as const)

/** A request, as `route` is asked for the way that it may go. */
export interface RouteQuery {
  /** A ROM device in its romd mode; out of it, it answers as `io` does. */
  readonly kind: RegionKind
  /** Of regions that are memory; undefined on others. */
  readonly cacheMode: CacheMode | undefined
  readonly write: boolean
  readonly strict: boolean
  readonly host: HostProfile
  readonly policy: DirectAccess
}

/**
 * The table of S4, row for row, with the one that the discussion leaves out:
 *
 * | strict | cacheMode | handler |
 * | --- | --- | --- |
 * | true | any | ordered |
 * | false | normal | bulk |
 * | false | writecombine | ordered, vectors allowed |
 * | false | noncached, device | ordered, fixed widths |
 *
 * "Ordered" means vectors and unaligned loads where the host allows them on such a mapping, else fixed widths (S2.2, H6).
 * Pure; asked once per flat range, not per access.
 */
export function route({ kind, cacheMode, write, strict, host, policy }: RouteQuery): Route {
  if (cacheMode === undefined || !isMemory(kind) || (write && isRom(kind))) return 'ops'
  if (!isDirect(cacheMode, policy)) return 'ops'
  if (!strict && cacheMode === 'normal') return 'bulk'
  if (!strict && (cacheMode === 'noncached' || cacheMode === 'device')) return 'cells'
  return allowsKernel(cacheMode, host) ? 'ordered' : 'cells'
}

function isMemory(kind: RegionKind): boolean {
  return kind === 'ram' || kind === 'rom' || kind === 'romDevice' || kind === 'ramDevice'
}

/** Writes are a handler's, or rejected (RULES E2). */
function isRom(kind: RegionKind): boolean {
  return kind === 'rom' || kind === 'romDevice'
}

function isDirect(cacheMode: CacheMode, policy: DirectAccess): boolean {
  if (policy === 'by-mapping') return true
  return cacheMode === 'normal' || (cacheMode === 'writecombine' && policy === 'normal-or-writecombine')
}

/** A kernel loads unaligned and, on a host that has them, uses vectors. Normal memory bears both everywhere. */
function allowsKernel(cacheMode: CacheMode, host: HostProfile): boolean {
  const { unaligned, vectors } = host.access[cacheMode]
  return cacheMode === 'normal' || (unaligned && vectors)
}
