/**
 * What keeps guest RAM, and regions, from being cloned (postMessage, structuredClone), which would make an object without methods of it:
 * the fields of an object are cloned, and a function can't be. V8's error shows its text, which says what to post. A
 * getter that throws would say so everywhere, but comparisons and printers of tests ask getters too.
 */
export const NOT_CLONED: () => never = () => {
  throw new TypeError('guest RAM and regions are not cloned: post ram.handle, or sparse.handleOf(block)')
}
