/** An object read by key: what is left of its type is found out field by field. */
export type Fields = Readonly<Record<string, unknown>>

/**
 * An object's own fields, each read once, in an object that inherits nothing. What someone put on `Object.prototype` is
 * in none of them, and an object that changes while it is read is seen as it was.
 */
export function ownFields(value: object): Fields {
  return Object.assign(Object.create(null), value)
}

/** The same object without a prototype, as options and handlers that have no more than what is in them. */
export function bare<T extends object>(fields: T): T {
  return Object.assign(Object.create(null), fields)
}

/** An element of an array; undefined where the array has none, whatever its prototype has. */
export function ownItem(list: readonly unknown[], index: number): unknown {
  return Object.hasOwn(list, index) ? list[index] : undefined
}

/**
 * A member of an object or of its class; undefined where only `Object.prototype`, or another prototype at the end of the
 * chain, has it.
 */
export function memberOf(object: object, key: PropertyKey): unknown {
  if (Object.hasOwn(object, key)) return Reflect.get(object, key)
  for (let at = Object.getPrototypeOf(object); at !== null; at = Object.getPrototypeOf(at)) {
    if (Object.getPrototypeOf(at) !== null && Object.hasOwn(at, key)) return Reflect.get(object, key)
  }
  return undefined
}
