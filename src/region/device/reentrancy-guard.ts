/**
 * One device's mark that it is inside an I/O handler (RULES G7). Regions of one owner share it, so that a device can't
 * be entered again through another of its regions.
 */
export interface Guard {
  engaged: boolean
}

const guards = new WeakMap<object, Guard>()

export function guardOf(owner: object): Guard {
  let guard = guards.get(owner)
  if (guard === undefined) {
    guard = { engaged: false }
    guards.set(owner, guard)
  }
  return guard
}
