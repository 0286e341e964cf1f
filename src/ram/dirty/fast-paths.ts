/**
 * An address space keeps typed arrays on the RAM that it accessed last, and stores through them without asking anybody.
 * When that must end, because stores must be marked from now on, or other threads may log them, this has all spaces of
 * this thread look again. Spaces are of a floor above, which says how.
 */
let forget: () => void = () => {}

export function forgetFastPaths(): void {
  forget()
}

export function setForgetFastPaths(one: () => void): void {
  forget = one
}
