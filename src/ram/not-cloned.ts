const shown = (): string => 'guest RAM'

/**
 * What keeps guest RAM from being cloned (postMessage, structuredClone), which would make an object without methods of
 * it: the fields of an object are cloned, the getter of this one is asked, and its error says what to post. It is a
 * field's value, not a getter of the object itself, so that spread and comparisons work as ever; who would print the
 * getter's value finds `inspect` or `toJSON` instead, as test runners do.
 */
export const NOT_CLONED: object = /* @__PURE__ */ Object.freeze({
  get handle(): never {
    throw new TypeError('guest RAM is not cloned: post ram.handle, or sparse.handleOf(block), to GuestRam.attach')
  },
  __proto__: { inspect: shown, toJSON: shown },
})
