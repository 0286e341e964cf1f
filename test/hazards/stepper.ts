import binaryen from 'binaryen'
import type { KernelModule, KernelTier } from '../../src/ram/kernels/kernel.ts'
import type { Views } from '../../src/ram/views.ts'
import type { Access } from '../order/access-log.ts'

/**
 * The whole library, stopped before each access to guest RAM: the kernels that ship, instrumented, and typed arrays
 * that tell. A test file puts these in the place of the modules that make them (vi.mock); everything else, from
 * AddressSpace to lane, is the shipped code with the shipped wiring.
 */
type Before = (access: Access) => void

let before: Before | undefined

/** Runs `body`, and calls `each` before each access that it makes. */
export function stepping(body: () => void, each: Before): void {
  before = each
  try {
    body()
  } finally {
    before = undefined
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
        module = { module: instrument(real.kernelBytes(tier, 1)), privateScratch: false }
        modules.set(tier, module)
      }
      return module
    },
    instantiate({ module }, ram) {
      const env: Record<string, WebAssembly.ImportValue> = {}
      for (const { module: from, name } of WebAssembly.Module.imports(module)) {
        if (from === 'guestmem') continue
        env[name] = name === 'load_ptr' ? pointer('load') : name === 'store_ptr' ? pointer('store') : value
      }
      const { exports } = new WebAssembly.Instance(module, { guestmem: { ram }, env })
      return exports as unknown as ReturnType<KernelFile['instantiate']>
    },
  }
}

function instrument(bytes: Uint8Array): WebAssembly.Module {
  const { Features } = binaryen
  const module = binaryen.readBinary(bytes)
  module.setFeatures(
    Features.Atomics | Features.BulkMemory | Features.BulkMemoryOpt | Features.MutableGlobals | Features.SIMD128,
  )
  // Flat, a store's operands come first: else it would tell of itself before the load of its value is made.
  module.runPasses(['flatten', 'instrument-memory'])
  const compiled = new WebAssembly.Module(module.emitBinary() as Uint8Array<ArrayBuffer>)
  module.dispose()
  return compiled
}

function pointer(kind: Access['kind']) {
  return (_id: number, width: number, offset: number, address: number): number => {
    tell(kind, (address >>> 0) + offset, width)
    return address
  }
}

function value(_id: number, given: unknown): unknown {
  return given
}

type ViewsFile = typeof import('../../src/ram/views.ts')

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

type SectionViewsFile = typeof import('../../src/ram/section-views.ts')

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
      return Reflect.get(target, key, target)
    },
    set(target, key, given) {
      note('store', key)
      return Reflect.set(target, key, given, target)
    },
  })
}
