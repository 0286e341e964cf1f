/**
 * One device's mark that it is inside an I/O handler (RULES G7). Regions of one owner share it, so that a device can't
 * be entered again through another of its regions.
 */
export interface Guard {
  /**
   * From 1 on. While `completion.outermost` is this number, the device is inside a handler, whatever `engaged` says.
   */
  readonly id: number
  engaged: boolean
}

const guards = /* @__PURE__ */ new WeakMap<object, Guard>()
let lastId = 0

export function guardOf(owner: object): Guard {
  let guard = guards.get(owner)
  if (guard === undefined) {
    guard = { id: ++lastId, engaged: false }
    guards.set(owner, guard)
  }
  return guard
}
