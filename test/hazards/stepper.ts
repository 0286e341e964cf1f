import type { Views } from '../../src/ram/access/views.ts'
import type { Kernel, KernelModule, KernelTier } from '../../src/ram/kernels/kernel.ts'
import type { Access } from '../order/access-log.ts'
import { hooks, instrumented } from '../order/instrument.ts'

/**
 * The whole library, stopped before each access to guest RAM: the kernels that ship, instrumented, and typed arrays
 * that tell. A test file puts these in the place of the modules that make them (vi.mock); everything else, from
 * AddressSpace to lane, is the shipped code with the shipped wiring.
 */
type Before = (access: Access) => void
/** What the engine's own copies (memory.copy, TypedArray.set) access, at what widths and how often, only it knows. */
type BeforeBulk = (kind: Access['kind'], address: number, length: number) => void

let before: Before | undefined
let beforeBulk: BeforeBulk | undefined

/** Runs `body`, and calls `each` before each access that it makes, and `eachBulk` before each of the engine's own copies. */
export function stepping(body: () => void, each: Before, eachBulk?: BeforeBulk): void {
  before = each
  beforeBulk = eachBulk
  try {
    body()
  } finally {
    before = undefined
    beforeBulk = undefined
  }
}

/** Whoever accesses memory under test tells so first. */
export function tell(kind: Access['kind'], address: number, width: number): void {
  before?.({ kind, address, width })
}

type KernelFile = typeof import('../../src/ram/kernels/kernel.ts')

export function steppedKernels(real: KernelFile): KernelFile {
  const modules = new Map<KernelTier, KernelModule>()
  return {
    ...real,
    kernelModule(tier) {
      let module = modules.get(tier)
      if (module === undefined) {
        // The build for engines with a single memory, which any engine runs: its scratch lies behind guest RAM.
        module = { module: stepped(real.kernelBytes(tier, 1)), privateScratch: false }
        modules.set(tier, module)
      }
      return module
    },
    instantiate({ module }, ram) {
      const env = hooks(module, (isStore, address, width) => tell(isStore ? 'store' : 'load', address, width))
      const { exports } = new WebAssembly.Instance(module, { guestmem: { ram }, env })
      const kernel = exports as unknown as Kernel
      return {
        ...kernel,
        bulk(dst, src, length) {
          beforeBulk?.('load', src, length)
          beforeBulk?.('store', dst, length)
          kernel.bulk(dst, src, length)
        },
        bulkIn(dst, tmp, length) {
          beforeBulk?.('store', dst, length)
          kernel.bulkIn(dst, tmp, length)
        },
        bulkOut(tmp, src, length) {
          beforeBulk?.('load', src, length)
          kernel.bulkOut(tmp, src, length)
        },
      }
    },
  }
}

/** Flat, a store's operands come first: else it would tell of itself before the load of its value is made. */
function stepped(bytes: Uint8Array): WebAssembly.Module {
  return instrumented(bytes, ['flatten'])
}

type ViewsFile = typeof import('../../src/ram/access/views.ts')

export function steppedViews(real: ViewsFile): ViewsFile {
  return {
    ...real,
    viewsOf(buffer, offset = 0, bytes = buffer.byteLength) {
      const views = real.viewsOf(buffer, offset, bytes)
      // What begins further up is the kernels' scratch, which no guest sees.
      return buffer instanceof SharedArrayBuffer && offset === 0 ? steppedElements(views, 0) : views
    },
  }
}

type SectionViewsFile = typeof import('../../src/ram/access/section-views.ts')

export function steppedSectionViews(real: SectionViewsFile): SectionViewsFile {
  return {
    ...real,
    sectionViews: (buffer, base, bytes) => steppedElements(real.sectionViews(buffer, base, bytes), base),
  }
}

/** Atomics take no stand-in for a typed array: these go through its elements, which tell. */
export const STEPPED_ATOMICS = {
  load: (view: Views[keyof Views], index: number): unknown => view[index],
  store(view: Views[keyof Views], index: number, given: never): unknown {
    view[index] = given
    return given
  },
}

function steppedElements<T extends Partial<Views>>(views: T, base: number): T {
  const stepped = Object.entries(views).map(([name, elements]) => [name, stand(elements as Views[keyof Views], base)])
  return Object.fromEntries(stepped) as T
}

function stand<T extends Views[keyof Views]>(elements: T, base: number): T {
  const width = elements.BYTES_PER_ELEMENT
  const note = (kind: Access['kind'], key: string | symbol): void => {
    const index = typeof key === 'string' ? Number(key) : Number.NaN
    if (index >= 0) tell(kind, base + index * width, width)
  }
  return new Proxy(elements, {
    get(target, key) {
      note('load', key)
      const found: unknown = Reflect.get(target, key, target)
      return typeof found === 'function' ? bulkMethod(target, key, found, base) : found
    },
    set(target, key, given) {
      note('store', key)
      return Reflect.set(target, key, given, target)
    },
  })
}

/** A typed array's own copies, told of as such: of the bytes that they may access. */
function bulkMethod(target: Views[keyof Views], key: string | symbol, method: unknown, base: number): unknown {
  const tell = (kind: Access['kind'], start: number, end: number): void => {
    const { BYTES_PER_ELEMENT: width } = target
    beforeBulk?.(kind, base + start * width, (end - start) * width)
  }
  return (...given: unknown[]): unknown => {
    const [first, second = 0, third = target.length] = given as [never, number | undefined, number | undefined]
    if (key === 'set') tell('store', second, second + (first as ArrayLike<unknown>).length)
    else if (key === 'fill') tell('store', second, third)
    else if (key === 'subarray') tell('load', first, second)
    else if (key === 'copyWithin') {
      tell('load', second, third)
      tell('store', first, (first as number) + third - second)
    }
    return Reflect.apply(method as () => unknown, target, given)
  }
}
