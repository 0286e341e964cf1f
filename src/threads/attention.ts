/** Why a member should look up from what it does: bits of what `poll` and `halt` return. */
export const Attention: {
  /** The map has changed. The member uses the new one already. */
  readonly MAP: 1
  /** An interrupt was raised: `takeInterrupts`. */
  readonly INTERRUPT: 2
  /** The board wants the thread to end. */
  readonly STOP: 4
} = /* @__PURE__ */ Object.freeze({ MAP: 1, INTERRUPT: 2, STOP: 4 } as const)
