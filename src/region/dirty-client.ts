/**
 * Who may want to know which pages of memory were written (RULES F1); a set of them is a mask.
 * - `VGA`: a display, which draws what changed.
 * - `CODE`: a JIT, whose translations of guest code are stale where it was written.
 * - `MIGRATION`: a live migration or a snapshot.
 */
export type DirtyClient = 1 | 2 | 4

export const DirtyClient: {
  readonly VGA: 1
  readonly CODE: 2
  readonly MIGRATION: 4
} = /* @__PURE__ */ Object.freeze({ VGA: 1, CODE: 2, MIGRATION: 4 })
