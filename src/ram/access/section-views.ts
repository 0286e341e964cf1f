import { type Views, viewsOf } from './views.ts'

/** A part of guest RAM as plain elements, in host byte order: for the access paths of the floors above. */
export interface SectionViews {
  readonly u8: Uint8Array
  readonly u16: Uint16Array
  readonly u32: Uint32Array
}

export const NO_VIEWS: Views = /* @__PURE__ */ viewsOf(/* @__PURE__ */ new ArrayBuffer(0))

/**
 * Views of `bytes` bytes from `base` on; of more than a byte they are empty where `base` is no multiple of their
 * width.
 */
export function sectionViews(buffer: ArrayBufferLike, base: number, bytes: number): SectionViews {
  const elements = (width: number): number => (base % width === 0 ? Math.floor(bytes / width) : 0)
  const start = (width: number): number => base - (base % width)
  return {
    u8: new Uint8Array(buffer, base, bytes),
    u16: new Uint16Array(buffer, start(2), elements(2)),
    u32: new Uint32Array(buffer, start(4), elements(4)),
  }
}
