/**
 * Writes what VFIO_DEVICE_GET_REGION_INFO leaves in a buffer, from linux/vfio.h and apart from the code under test:
 * through a DataView, and with nothing checked.
 */
export interface Area {
  readonly offset: bigint
  readonly size: bigint
}

export type WrittenCapability = {
  readonly version?: number
  /** Takes the place of the link to the capability behind it. */
  readonly next?: number
} & (
  | { readonly sparse: readonly Area[]; readonly nrAreas?: number }
  | { readonly type: number; readonly subtype: number }
  | { readonly msix: true }
  | { readonly id: number; readonly body: readonly number[] }
)

export interface WrittenRegion {
  readonly argsz?: number
  readonly flags?: number
  readonly index?: number
  readonly capOffset?: number
  readonly size?: bigint
  readonly offset?: bigint
  readonly capabilities?: readonly WrittenCapability[]
}

/** VFIO_REGION_INFO_FLAG_READ | WRITE | MMAP. */
export const RWM = 7
export const CAPS = 8
/** The id that these tests give to the proposed capability. */
export const CACHE_MODE_ID = 0x4d

export function cacheMode(mode: number, more: { version?: number; next?: number } = {}): WrittenCapability {
  return { id: CACHE_MODE_ID, body: [mode, 0], ...more }
}

function wordsOf(capability: WrittenCapability): { id: number; bytes: number } {
  if ('sparse' in capability) return { id: 1, bytes: 16 + 16 * capability.sparse.length }
  if ('type' in capability) return { id: 2, bytes: 16 }
  if ('msix' in capability) return { id: 3, bytes: 8 }
  return { id: capability.id, bytes: 8 + 4 * capability.body.length }
}

/** Capabilities lie one behind the other, each at a multiple of 8, linked in their order. */
export function write(region: WrittenRegion, endian: 'little' | 'big' = 'little'): Uint8Array {
  const little = endian === 'little'
  const capabilities = region.capabilities ?? []
  const starts: number[] = []
  let end = 32
  for (const capability of capabilities) {
    starts.push(end)
    end += Math.ceil(wordsOf(capability).bytes / 8) * 8
  }
  const view = new DataView(new ArrayBuffer(end))
  const caps = capabilities.length > 0 ? CAPS : 0
  view.setUint32(0, region.argsz ?? end, little)
  view.setUint32(4, region.flags ?? RWM | caps, little)
  view.setUint32(8, region.index ?? 0, little)
  view.setUint32(12, region.capOffset ?? starts[0] ?? 0, little)
  view.setBigUint64(16, region.size ?? 0x10000n, little)
  view.setBigUint64(24, region.offset ?? 0n, little)
  for (const [index, capability] of capabilities.entries()) {
    const at = starts[index] as number
    view.setUint16(at, wordsOf(capability).id, little)
    view.setUint16(at + 2, capability.version ?? 1, little)
    view.setUint32(at + 4, capability.next ?? starts[index + 1] ?? 0, little)
    if ('sparse' in capability) {
      view.setUint32(at + 8, capability.nrAreas ?? capability.sparse.length, little)
      for (const [number, { offset, size }] of capability.sparse.entries()) {
        view.setBigUint64(at + 16 + 16 * number, offset, little)
        view.setBigUint64(at + 24 + 16 * number, size, little)
      }
    } else if ('type' in capability) {
      view.setUint32(at + 8, capability.type, little)
      view.setUint32(at + 12, capability.subtype, little)
    } else if ('id' in capability) {
      for (const [number, word] of capability.body.entries()) view.setUint32(at + 8 + 4 * number, word, little)
    }
  }
  return new Uint8Array(view.buffer)
}
