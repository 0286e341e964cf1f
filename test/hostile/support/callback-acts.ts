import fc from 'fast-check'
import {
  accessValid,
  addCoalescing,
  addEventNotifier,
  clearCoalescing,
  type IommuNotifier,
  IommuNotifierFlag,
  MemoryRegion,
  MemoryRegionCache,
  removeEventNotifier,
  resizeRam,
  setCoalescing,
  snapshotAndClearDirty,
  startGlobalDirtyLog,
  stopGlobalDirtyLog,
  testAndClearDirty,
  translate,
} from 'guestmem'
import { type CallbackWorld, THROWN } from './callback-world.ts'

/** Something that a program does, or a callback of its. */
export interface CallbackAct {
  /** A key of ACTS. */
  readonly act: string
  readonly a: number
  readonly b: number
}

const PAGE = 4096
const CLIENTS = [1, 2, 4] as const

function of<T>(list: readonly T[], at: number): T {
  return list[at % list.length] as T
}

/** An address near what is mapped, aligned or not. */
function place(b: number): number {
  return (b % 32) * PAGE + ((b >> 5) % 3) * (PAGE / 2 - 1)
}

type Act = (world: CallbackWorld, a: number, b: number) => void

/** A request with a buffer that callbacks resize and detach. */
function withBytes(world: CallbackWorld, b: number, use: (bytes: Uint8Array) => void): void {
  const buffer = new (ArrayBuffer as new (bytes: number, options: object) => ArrayBuffer)(256, { maxByteLength: 256 })
  const before = world.bytes
  world.bytes = b % 2 === 0 ? new Uint8Array(buffer) : new Uint8Array(buffer, 8, 200)
  try {
    use(world.bytes)
  } finally {
    world.bytes = before
  }
}

const notifiers = new WeakMap<CallbackWorld, IommuNotifier[]>()
const rings = new WeakMap<MemoryRegion, (() => void)[]>()

function notifiersOf(world: CallbackWorld): IommuNotifier[] {
  let list = notifiers.get(world)
  if (list === undefined) {
    list = []
    notifiers.set(world, list)
  }
  return list
}

/** By name. What is refused, such as a region that is added to itself, is refused with an error, which is thrown on. */
const ACTS: Readonly<Record<string, Act>> = {
  enable: ({ regions }, a, b) => of(regions, a).setEnabled(b % 2 === 0),
  move: ({ regions }, a, b) => of(regions, a).setAddress((b % 30) * PAGE),
  resize: ({ regions }, a, b) => of(regions, a).setSize(PAGE * (1 + (b % 3))),
  readonly: ({ regions }, a, b) => of(regions, a).setReadonly(b % 2 === 0),
  nonvolatile: ({ regions }, a, b) => of(regions, a).setNonvolatile(b % 2 === 0),
  romd: ({ devices }, _, b) => of(devices, 2).setRomdMode(b % 2 === 0),
  add: ({ regions }, a, b) => of(regions, a).addSubregion((b % 24) * PAGE, of(regions, b), (b % 3) - 1),
  remove: ({ regions }, a) => {
    const region = of(regions, a)
    region.container?.removeSubregion(region)
  },
  offset: ({ regions }, a, b) =>
    of(
      regions.filter(({ kind }) => kind === 'alias'),
      a,
    ).setAliasOffset((b % 6) * PAGE),
  log: ({ regions }, a, b) =>
    of(
      regions.filter(({ block }) => block !== undefined),
      a,
    ).setLog(of(CLIENTS, b), b % 2 === 0),
  ram: ({ resizable }, _, b) => resizeRam(resizable, PAGE * (1 + (b % 4))),
  transaction: (world, a, b) => {
    MemoryRegion.transaction(() => {
      of(world.regions, a).setEnabled(b % 2 === 0)
      of(world.regions, b).setAddress((a % 30) * PAGE)
      if (b % 5 === 0) throw of(THROWN, a)()
      world.called('the body of a transaction')
    })
  },
  open: (world, a) => world.open(of(world.regions, a)),
  destroy: ({ spaces }, a) => {
    // The two that the IOMMU leads to stay.
    if (spaces.length > 2) spaces[2 + (a % (spaces.length - 2))]?.destroy()
  },
  listen: (world, a, b) => world.listen(of(world.spaces, a), b % 3 === 0, (b % 3) - 1),
  unlisten: ({ mirrors }, a) => {
    const [gone] = mirrors.splice(a % Math.max(1, mirrors.length), 1)
    gone?.unregister()
  },
  load: ({ spaces }, a, b) => void of(spaces, a).load32(place(b)),
  store: ({ spaces }, a, b) => of(spaces, a).store16(place(b), b),
  load64: ({ spaces }, a, b) => void of(spaces, a).load64(place(b)),
  read: (world, a, b) => withBytes(world, b, bytes => of(world.spaces, a).read(place(b), bytes)),
  write: (world, a, b) => withBytes(world, b, bytes => of(world.spaces, a).write(place(b), bytes)),
  fill: ({ spaces }, a, b) => void of(spaces, a).fill(place(b), b & 0xff, 300),
  copy: ({ spaces }, a, b) => void of(spaces, a).copy(place(b), of(spaces, b), place(a), 300),
  map: ({ spaces, windows }, a, b) => {
    const window = of(spaces, a).map(place(b), 100, { write: b % 2 === 0 })
    if (window !== undefined) windows.push(window)
  },
  unmap: ({ windows }, a, b) => {
    const [window] = windows.splice(a % Math.max(1, windows.length), 1)
    if (window?.mapped) window.unmap(b % (window.length + 1))
  },
  cache: ({ spaces }, a, b) => {
    const cache = new MemoryRegionCache(of(spaces, a), place(b), 64, { write: true })
    if (cache.length < 8) return
    cache.load32(0)
    cache.store32(4, b)
  },
  translate: ({ spaces }, a, b) => {
    translate(of(spaces, a), place(b), 64)
    accessValid(of(spaces, a), place(b), 64, { write: true })
  },
  ring: (world, a, b) => {
    const device = of(world.devices, a)
    const list = rings.get(device) ?? []
    const notify = () => world.called('an event notifier')
    addEventNotifier(device, { offset: 8 * (b % 4), size: 0 }, notify)
    rings.set(device, [...list, Object.assign(notify, { offset: 8 * (b % 4) })])
  },
  unring: ({ devices }, a) => {
    const device = of(devices, a)
    const [notify, ...rest] = rings.get(device) ?? []
    if (notify === undefined) return
    removeEventNotifier(device, { offset: (notify as unknown as { offset: number }).offset, size: 0 }, notify)
    rings.set(device, rest)
  },
  coalesce: ({ devices }, a, b) => {
    if (b % 2 === 0) addCoalescing(of(devices, a), 8 * (b % 8), 16)
    else setCoalescing(of(devices, a))
  },
  uncoalesce: ({ devices }, a) => clearCoalescing(of(devices, a)),
  globalLog: (_, a) => (a % 2 === 0 ? startGlobalDirtyLog() : stopGlobalDirtyLog()),
  snapshot: ({ resizable }, _, b) => {
    if (b % 2 === 0) snapshotAndClearDirty(resizable, 0, resizable.size, of(CLIENTS, b))
    else testAndClearDirty(resizable, 0, resizable.size, of(CLIENTS, b))
  },
  notifier: (world, _, b) => {
    const list = notifiersOf(world)
    if (list.length > 3) return
    const notifier = {
      flags: 1 + (b % 7),
      start: 0,
      end: 4 * PAGE - 1,
      notify: () => world.called('an IOMMU notifier'),
    }
    if (world.iommu.registerNotifier(notifier)) list.push(notifier)
  },
  unnotifier: (world, a) => {
    const list = notifiersOf(world)
    const [gone] = list.splice(a % Math.max(1, list.length), 1)
    if (gone !== undefined) world.iommu.unregisterNotifier(gone)
  },
  notify: ({ iommu, spaces }, a, b) => {
    const mapped = { type: IommuNotifierFlag.MAP, permissions: 3, target: of(spaces, 0), translated: 0 } as const
    const gone = { type: IommuNotifierFlag.UNMAP, permissions: 0 } as const
    iommu.notify(0, { ...(a % 2 === 0 ? mapped : gone), iova: (b % 4) * PAGE, mask: PAGE - 1 })
  },
  shrink: ({ bytes }, _, b) => {
    const { buffer } = bytes
    // Of those that are under way; one that was detached has none.
    if ((buffer as { resizable?: boolean }).resizable && buffer.byteLength > 0)
      (buffer as unknown as { resize(to: number): void }).resize(b % 256)
  },
  detach: ({ bytes }) => {
    if (bytes.buffer.byteLength > 0) structuredClone(bytes.buffer, { transfer: [bytes.buffer as ArrayBuffer] })
  },
  throw: (_, a) => {
    throw of(THROWN, a)()
  },
  nothing: () => undefined,
}

export function act(world: CallbackWorld, { act, a, b }: CallbackAct): void {
  ACTS[act]?.(world, a, b)
}

export const callbackAct: fc.Arbitrary<CallbackAct> = fc.record({
  act: fc.constantFrom(...Object.keys(ACTS)),
  a: fc.nat(63),
  b: fc.nat(127),
})
