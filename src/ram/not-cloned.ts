/**
 * What keeps guest RAM from being cloned (postMessage, structuredClone), which would make an object without methods of it:
 * the fields of an object are cloned, and a function can't be. V8's error shows its text, which says what to post.
 */
export const NOT_CLONED: () => never = () => {
  throw new TypeError('guest RAM is not cloned: post ram.handle, or sparse.handleOf(block), to GuestRam.attach')
}
