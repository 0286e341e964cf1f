import type { RamBlock } from 'guestmem'
import { compileKernel } from './compile-kernel.ts'
import { PAGE } from './layout.ts'
import { loadPages, pageLength } from './page-bytes.ts'
import { pageScratch, SCRATCH_PAGES } from './page-scratch.ts'
import { SHIFT, ZERO_KERNEL } from './zero-kernel.wasm.ts'

// Pages of a block looked at where they are, without a copy. Of blocks that are allocated: to look at others allocates them.

/** @param at A byte address in the memory. @returns How many pages are zero up to the first that is not, at most `count`. */
type Zeros = (at: number, count: number) => number

let compiled: WebAssembly.Module | null | undefined
const ofMemories = /* @__PURE__ */ new WeakMap<WebAssembly.Memory, Zeros>()

/** Undefined of memory that no kernel can reach, and where the engine has none. */
function zerosOf(memory: WebAssembly.Memory | undefined): Zeros | undefined {
  if (memory === undefined || compiled === null) return undefined
  let zeros = ofMemories.get(memory)
  if (zeros === undefined) {
    try {
      compiled ??= compileKernel(ZERO_KERNEL, SHIFT)
      const { exports } = new WebAssembly.Instance(compiled, { guestmem: { ram: memory } })
      zeros = (exports as unknown as { readonly zeros: Zeros }).zeros
      ofMemories.set(memory, zeros)
    } catch {
      compiled = null
    }
  }
  return zeros
}

/**
 * How many pages are zero from `first` on, up to the first that is not. What is in the scratch is overwritten.
 *
 * @param count How many are looked at, at most.
 */
export function zeroPagesFrom(block: RamBlock, first: number, count: number): number {
  const zeros = zerosOf(block.ram.lane.memory)
  // The last page may be shorter, and a kernel looks at whole ones.
  const whole = zeros === undefined ? 0 : Math.min(count, Math.floor(block.size / PAGE) - first)
  const found = zeros !== undefined && whole > 0 ? zeros(block.offset + first * PAGE, whole) : 0
  return found < whole ? found : found + zerosOfCopies(block, first + found, count - found)
}

/** Few are copied at first, since the next one may be the first that is not zero. */
function zerosOfCopies(block: RamBlock, first: number, count: number): number {
  const scratch = pageScratch()
  for (let done = 0, some = 1; done < count; some = Math.min(2 * some, SCRATCH_PAGES)) {
    some = Math.min(some, count - done)
    loadPages(scratch.bytes, 0, block, first + done, some)
    for (let i = 0; i < some; i++, done++) if (!scratch.isZero(i * PAGE)) return done
  }
  return count
}

/** How many bytes of a page are compared before all of it is: most pages that differ do so at once. */
const AT_ONCE = 16

/** Whether a page is as bytes from `at` on. What is in the scratch is overwritten. */
export function isPageAs(block: RamBlock, page: number, bytes: Uint8Array, at: number): boolean {
  if (!beginsAs(block, page, bytes, at)) return false
  const scratch = pageScratch()
  loadPages(scratch.bytes, 0, block, page, 1)
  return scratch.isAs(0, bytes, at)
}

/** Whether the first bytes of a page are those from `at` on. */
export function beginsAs(block: RamBlock, page: number, bytes: Uint8Array, at: number): boolean {
  const { u8 } = block.ram.elements
  const from = block.offset + page * PAGE
  const length = Math.min(AT_ONCE, pageLength(block, page))
  for (let i = 0; i < length; i++) if (u8[from + i] !== bytes[at + i]) return false
  return true
}
