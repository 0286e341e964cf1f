import {
  type AddressSpace,
  accessValid,
  addEventNotifier,
  IommuMemoryRegion,
  IommuPermissions,
  MemoryRegion,
  MemoryRegionCache,
  type MemoryRegionOps,
  MemTxAttrs,
  resizableRam,
  resizeRam,
  tap,
  translate,
} from 'guestmem'
import { countAccesses } from 'guestmem/trace'
import { BAD, type Bad, TRAPPED } from './bad-values.ts'
import { BIGINT, BOOLEAN, type Kind, NOTHING, OFFSET, SPACE, verdictOf } from './kinds.ts'
import { faultOf, nameOf } from './refusal.ts'
import { PAGE, World } from './world.ts'

/** A callback of the user's, what it may answer, and what has it called. */
export interface Answer {
  /** Such as `ops.read`. An error names the last part of it. */
  readonly name: string
  readonly kind: Kind
  /** An error names what is called, too. */
  readonly owner?: string
  /** Other names that an error may give it. */
  readonly also?: readonly string[]
  /** A space whose callback answers with `value()`; 16 bytes at 0 lead to it. */
  open(world: World, value: () => unknown): AddressSpace
}

/** Any number is cut to the size of the access; what is no number is no value. */
const VALUE: Kind = { number: value => (Number.isFinite(value) ? 'takes' : 'either') }
/** A set of MemTxResult bits, or nothing. */
const RESULT: Kind = {
  number: value =>
    Object.is(value, -0) ? 'either' : value >= 0 && value <= 7 && Number.isInteger(value) ? 'takes' : 'refuses',
  undefined: 'takes',
}
/** What is true or false is asked for, and what else there is counts as the one or the other. */
const TRUTH: Kind = {
  ...BOOLEAN,
  number: () => 'either',
  bigint: () => 'either',
  string: () => 'either',
  function: 'either',
  symbol: 'either',
  undefined: 'either',
  null: 'either',
  objects: new Proxy({}, { get: () => 'either' }),
}

const QUIET: MemoryRegionOps = { read: () => 0, write: () => undefined }

function device(ops: object): (world: World, value: () => unknown) => AddressSpace {
  return world => world.open('asked', MemoryRegion.io('the device', { ...QUIET, ...ops }, 16))
}

function ops(name: string, kind: Kind, more: (value: () => unknown) => object): Answer {
  return { name: `ops.${name}`, kind, owner: 'the device', open: (world, value) => device(more(value))(world, value) }
}

function iommu(name: string, kind: Kind, more: (value: () => unknown, world: World) => object): Answer {
  return {
    name,
    kind,
    open(world, value) {
      const entry = { target: world.bus, translated: 0, mask: PAGE - 1, permissions: IommuPermissions.BOTH }
      const region = new IommuMemoryRegion(
        'the iommu',
        { translate: () => entry, ...(more(value, world) as object) },
        PAGE,
      )
      return world.open('asked', region)
    },
  }
}

function entry(field: string, kind: Kind): Answer {
  return iommu(field, kind, (value, { bus }) => ({
    translate: () => ({
      target: bus,
      translated: 0,
      mask: PAGE - 1,
      permissions: IommuPermissions.BOTH,
      [field]: value(),
    }),
  }))
}

export const ANSWERS: readonly Answer[] = [
  ops('read', VALUE, read => ({ read })),
  ops('peek', VALUE, peek => ({ peek })),
  ops('write', RESULT, write => ({ write })),
  ops('read64', BIGINT, read64 => ({ read64, write64: () => undefined })),
  ops('write64', RESULT, write64 => ({ read64: () => 0n, write64 })),
  ops('accepts', TRUTH, accepts => ({ accepts })),
  { ...iommu('translate', NOTHING, translate => ({ translate })), also: ['entry'] },
  iommu('attrsToIndex', { number: value => (value === 0 ? 'takes' : 'refuses') }, attrsToIndex => ({
    attrsToIndex,
    indexes: 2,
  })),
  entry('target', SPACE),
  entry('translated', OFFSET),
  entry('mask', { number: value => (value === 0 ? 'takes' : 'refuses') }),
  entry('permissions', { number: value => (value === 0 ? 'takes' : 'refuses') }),
  {
    name: 'notify',
    kind: TRUTH,
    open(world, value) {
      const region = MemoryRegion.io('the device', QUIET, 16)
      addEventNotifier(region, { offset: 0, size: 0 }, value as () => void)
      return world.open('asked', region)
    },
  },
  {
    name: 'resized',
    kind: TRUTH,
    open(world, value) {
      const ram = resizableRam('the ram', world.freeBlock, PAGE, { resized: value as () => void })
      resizeRam(ram, 2 * PAGE)
      return world.open('asked', ram)
    },
  },
]

/** Every way to the first bytes of a space. */
export const WAYS: Readonly<Record<string, (space: AddressSpace) => unknown>> = {
  load8: space => space.load8(0),
  load32: space => space.load32(0),
  load64: space => space.load64(0),
  load64Pair: space => space.load64Pair(0),
  store16: space => space.store16(0, 1),
  store64: space => space.store64(0, 1n),
  store64Pair: space => space.store64Pair(0, 1, 2),
  read: space => space.read(0, new Uint8Array(16)),
  write: space => space.write(0, new Uint8Array(16)),
  fill: space => space.fill(0, 1, 16),
  copy: space => space.copy(8, space, 0, 8),
  writeRom: space => space.writeRom(0, new Uint8Array(16)),
  'map for a read': space => space.map(0, 16)?.unmap(),
  'map for a write': space => space.map(0, 16, { write: true })?.unmap(),
  'a cache': space => {
    const cache = new MemoryRegionCache(space, 0, 16, { write: true })
    cache.load32(0)
    cache.store32(0, 1)
    cache.read(0, new Uint8Array(16))
  },
  'a debugger’s load16': space => space.load16(0, MemTxAttrs.DEBUG),
  'a debugger’s load64': space => space.load64(0, MemTxAttrs.DEBUG),
  'a debugger’s store32': space => space.store32(0, 1, MemTxAttrs.DEBUG),
  'a debugger’s read': space => space.read(0, new Uint8Array(16), MemTxAttrs.DEBUG),
  'a tapped load32': space => {
    const set = tap(space, undefined, {}, () => {})
    try {
      space.load32(0)
      space.write(0, new Uint8Array(16))
    } finally {
      set.remove()
    }
  },
  'counted accesses': space => {
    const counter = countAccesses(space)
    try {
      space.load32(0)
      space.write(0, new Uint8Array(16))
    } finally {
      counter.remove()
    }
  },
  translate: space => translate(space, 0, 16),
  accessValid: space => accessValid(space, 0, 16, { write: true }),
}

/** Every bad answer, by one of the ways. @returns What is wrong with what comes of it. */
export function faultsOfAnswers(answer: Answer, way: string): string[] {
  const world = new World()
  try {
    return BAD.flatMap(bad => {
      const fault = faultOfAnswer(world, answer, way, bad)
      return fault === undefined ? [] : [`${answer.name}() = ${bad.name}, by ${way}: ${fault}`]
    })
  } finally {
    world.close()
  }
}

function faultOfAnswer(
  world: World,
  { name, kind, owner, also = [], open }: Answer,
  way: string,
  bad: Bad,
): string | undefined {
  let value = bad.make(world)
  let asked = false
  const verdict = verdictOf(kind, bad, value)
  const space = open(world, () => {
    asked = true
    return value
  })
  const before = space.bounceBytesLeft
  let fault: string | undefined
  try {
    WAYS[way]?.(space)
    if (asked && verdict === 'refuses') fault = 'is taken'
  } catch (error) {
    const names = [name.split('.').at(-1) as string, ...also]
    if (verdict === 'takes') fault = `refuses what it takes: ${nameOf(error)}`
    else
      fault =
        faultOf(error, names, [bad]) ??
        (isNamed(owner, error, bad) ? undefined : `does not name ${owner}: ${nameOf(error)}`)
  }
  if (space.bounceBytesLeft !== before) fault ??= 'keeps bounce bytes'
  // Whatever came of it, the device can be called again.
  value = 0
  if (name === 'ops.read' && (space.load8(0) !== 0 || space.result !== 0)) fault ??= 'leaves the device shut'
  space.destroy()
  return fault
}

function isNamed(owner: string | undefined, error: unknown, { name }: Bad): boolean {
  return owner === undefined || TRAPPED.has(name) || nameOf(error).includes(owner)
}
