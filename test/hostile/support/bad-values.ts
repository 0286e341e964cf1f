import { createContext, runInContext } from 'node:vm'
import type { World } from './world.ts'

/** A kind of value that somebody hands in by mistake, or to do harm. */
export interface Bad {
  readonly name: string
  /** Made anew for each call: some of them break when they are looked at. */
  make(world: World): unknown
  /** How an error's text shows it. */
  readonly shown: RegExp
}

/** What the hostile objects themselves throw: it may come out, as what a getter of the user's own throws does. */
export class Trap extends Error {}

function trap(): never {
  throw new Trap('a trap of the object itself')
}

/** Every name that an options object is asked for: what throws, throws whichever of them is read first. */
const GETTERS = [
  'write',
  'attrs',
  'ram',
  'offset',
  'size',
  'length',
  'read',
  'priority',
  'format',
  'host',
  'flags',
  'name',
] as const

/** Reports a length that it has not: what moves bytes must ask the engine. */
export class Liar extends Uint8Array {
  override get length(): number {
    return 4096
  }
}

const OBJECT = /an? (?:\w+ ?)+|array|object|proxy|[A-Z]\w+/i

function detached(): Uint8Array {
  const bytes = new Uint8Array(16)
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] })
  return bytes
}

function outOfBounds(): Uint8Array {
  const buffer = new (
    ArrayBuffer as new (
      bytes: number,
      options: object,
    ) => ArrayBuffer & { resize(to: number): void }
  )(32, { maxByteLength: 32 })
  const bytes = new Uint8Array(buffer, 8, 16)
  buffer.resize(8)
  return bytes
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

const THROWING = new Proxy(
  {},
  { get: trap, has: trap, ownKeys: trap, getPrototypeOf: trap, getOwnPropertyDescriptor: trap, set: trap },
)

const REALM = createContext()

function ofAnotherRealm(source: string): unknown {
  return runInContext(source, REALM)
}

function object(name: string, make: (world: World) => unknown): Bad {
  return { name, make, shown: OBJECT }
}

function plain(value: unknown, shown: RegExp, name = String(value)): Bad {
  return { name, make: () => value, shown }
}

export const BAD: readonly Bad[] = [
  plain(undefined, /undefined|nothing/),
  plain(null, /null/),
  plain(true, /true/),
  plain(false, /false/),
  plain(Number.NaN, /NaN/),
  plain(Number.POSITIVE_INFINITY, /Infinity/),
  plain(Number.NEGATIVE_INFINITY, /-Infinity/),
  plain(-1, /-1/),
  plain(0.5, /0\.5/),
  plain(2 ** 53, /9007199254740992|2\^53/, '2^53'),
  plain(2 ** 64, /18446744073709552000|2\^64/, '2^64'),
  plain(-0, /0/, '-0'),
  plain('', /""|empty/, 'an empty string'),
  plain('5', /"?5"?/, '"5"'),
  plain('garbage', /garbage/, '"garbage"'),
  plain(-1n, /-1n/, '-1n'),
  plain(5n, /5n/, '5n'),
  plain(2n ** 64n, /18446744073709551616n/, '2n ** 64n'),
  plain(Symbol('bad'), /Symbol\(bad\)/, 'a symbol'),
  plain(() => 0, /a function/, 'a function'),
  object('an empty object', () => ({})),
  object('an array', () => []),
  object('an object without a prototype', () => Object.create(null)),
  object('an object with a misspelt key', () => ({ garbage: 1 })),
  object('an object with throwing getters', () =>
    Object.defineProperties({}, Object.fromEntries(GETTERS.map(name => [name, { get: trap, enumerable: true }]))),
  ),
  object('a Proxy that throws', () => THROWING),
  object('a revoked Proxy', revoked),
  object('a DataView', () => new DataView(new ArrayBuffer(16))),
  object('an ArrayBuffer', () => new ArrayBuffer(16)),
  object('a SharedArrayBuffer', () => new SharedArrayBuffer(16)),
  object('a detached Uint8Array', detached),
  object('a Uint8Array out of its bounds', outOfBounds),
  object('a Uint8Array', () => new Uint8Array(16)),
  object('an empty Uint8Array', () => new Uint8Array(0)),
  object('a Uint8Array whose length lies', () => new Liar(new ArrayBuffer(32), 8, 16)),
  object('a Proxy of a Uint8Array', () => new Proxy(new Uint8Array(16), {})),
  object('a Uint8ClampedArray', () => new Uint8ClampedArray(16)),
  object('a Uint16Array', () => new Uint16Array(8)),
  object('a Float64Array', () => new Float64Array(2)),
  object('a BigUint64Array', () => new BigUint64Array(2)),
  object('a Uint8Array of another realm', () => ofAnotherRealm('new Uint8Array(16)')),
  object('an array of another realm', () => ofAnotherRealm('[1, 2]')),
  object('an object of another realm', () => ofAnotherRealm('({})')),
  object('a GuestRam', ({ ram }) => ram),
  object('a RamBlock', ({ block }) => block),
  object('a MemoryRegion', ({ free }) => free),
  object('an AddressSpace', ({ space }) => space),
  object('a destroyed AddressSpace', ({ gone }) => gone),
  object('a lookalike of a RamBlock', ({ ram }) => ({ ram, name: 'like', offset: 0, size: 2 ** 31 })),
  object('a lookalike of an AddressSpace', ({ space }) => ({ view: space.view, root: space.root, endian: 'little' })),
  object('a lookalike of MemTxAttrs', () => ({
    secure: false,
    user: false,
    requesterId: 0,
    strict: true,
    memory: false,
  })),
  object('a Proxy of a RamBlock', ({ block }) => new Proxy(block, {})),
  object('a Proxy of a MemoryRegion', ({ free }) => new Proxy(free, {})),
  object('a Proxy of an AddressSpace', ({ space }) => new Proxy(space, {})),
  object('what has only the prototype of an AddressSpace', ({ space }) => Object.create(Object.getPrototypeOf(space))),
  object('what has only the prototype of a MemoryRegion', ({ free }) => Object.create(Object.getPrototypeOf(free))),
]

/** No mistake makes these: they pass `instanceof`, and break at a private field. No class of the core is built to find them. */
export const FORGED: ReadonlySet<string> = new Set([
  'a Proxy of a RamBlock',
  'a Proxy of a MemoryRegion',
  'a Proxy of an AddressSpace',
  'what has only the prototype of an AddressSpace',
  'what has only the prototype of a MemoryRegion',
])

/** Kinds of which the objects themselves throw when they are looked at. */
export const TRAPPED: ReadonlySet<string> = new Set([
  'an object with throwing getters',
  'a Proxy that throws',
  'a revoked Proxy',
])
