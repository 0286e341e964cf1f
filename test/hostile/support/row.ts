import type { Kind } from './kinds.ts'
import type { World } from './world.ts'

/** One place where a value is handed in. */
export interface Argument {
  /** As an error names it, the last part of it. */
  readonly name: string
  readonly kind: Kind
  good(world: World): unknown
  /** Of an object: the places in it. */
  readonly fields?: readonly Argument[]
  /** Of an object: a key that is not known is refused. */
  readonly closed?: boolean
  /** Other names that an error may give it: what a value contradicts may lie elsewhere. */
  readonly also?: readonly string[]
  /** Names of bad values that mean something else here, and are left out. */
  readonly skip?: readonly string[]
  /** A text of a file's: an error shows its line, if anything. */
  readonly file?: boolean
  /** What can't be compared with a number ends in the engine's own words: a check would cost every register access time. */
  readonly register?: boolean
  /** Of it nothing is checked, as a check would cost a hot path time, or as no program makes one: any error is right. */
  readonly unchecked?: boolean
  /** The interface of the library's that the object is one of: each of its properties is among the fields. */
  readonly type?: string
}

/** A public name of the library that can be called, or read. */
export interface Row {
  /** Such as `ramCopy`, `AddressSpace.read`, `new SparseRam`. */
  readonly name: string
  readonly args: readonly Argument[]
  call(world: World, ...args: readonly never[]): unknown
  /** Makes what the call is of, where it is made when it is first wanted: that is no change of the call's. */
  readonly before?: (world: World) => unknown
  /** Errors that it is documented to throw besides TypeErrors and RangeErrors. */
  readonly throws?: string
  /** It can be called with good arguments as often as one likes. */
  readonly repeats: boolean
}

/** A place where a bad value goes: of a row's arguments, or of what is in them. */
export interface Place {
  readonly path: string
  /** Of the row's argument that it is in. */
  readonly index: number
  readonly argument: Argument
  /** The row's arguments, with `value` in this place and good ones in all others. */
  put(world: World, value: unknown): unknown[]
}

export function row(name: string, args: readonly Argument[], call: Row['call'], more: Partial<Row> = {}): Row {
  return { name, args, call, repeats: true, ...more }
}

/** A getter, or a field: reading it changes nothing. */
export function read(name: string, call: (world: World) => unknown): Row {
  return row(name, [], call)
}

export function arg(name: string, kind: Kind, good: Argument['good']): Argument {
  return { name, kind, good }
}

/** One of which nothing is checked. */
export function unchecked(name: string, kind: Kind, good: Argument['good']): Argument {
  return { name, kind, good, unchecked: true }
}

/** An object of fields. Its good value is made of theirs, those apart that are undefined. */
export function object(
  name: string,
  kind: Kind,
  fields: readonly Argument[],
  more: Pick<Argument, 'closed' | 'type'> = {},
): Argument {
  const good = (world: World) => withFields(fields, world)
  return { name, kind, fields, good, ...more }
}

function withFields(fields: readonly Argument[], world: World, place?: Argument, value?: unknown): object {
  const made: [string, unknown][] = []
  for (const field of fields) {
    if (field === place) made.push([field.name, value])
    else {
      const good = field.good(world)
      if (good !== undefined) made.push([field.name, good])
    }
  }
  return Object.fromEntries(made)
}

/** Every place of a row. */
export function placesOf({ args }: Row): Place[] {
  return args.flatMap((argument, index) => {
    const around = (world: World, value: unknown) => args.map((each, at) => (at === index ? value : each.good(world)))
    return [{ path: argument.name, index, argument, put: around }, ...inner(argument, index, argument.name, around)]
  })
}

function inner(outer: Argument, index: number, path: string, put: Place['put']): Place[] {
  const fields = outer.fields ?? []
  return fields.flatMap(field => {
    const here: Place['put'] = (world, value) => {
      const whole = withFields(fields, world, field, value)
      return put(world, Array.isArray(outer.good(world)) ? Object.values(whole) : whole)
    }
    const where = `${path}.${field.name}`
    return [{ path: where, index, argument: field, put: here }, ...inner(field, index, where, here)]
  })
}
