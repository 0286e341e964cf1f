import { FENCE } from '../ram/dirty/dirty-bitmaps.ts'
import type { RamBlock } from '../ram/ram-block.ts'
import type { AddressSpace } from '../space/address-space.ts'
import { checkSpace } from '../space/check-space.ts'
import type { FlatView } from '../view/flat-view.ts'

/** Of each view, the RAM that it shows whose fences meet, by its words (BlockMemory.logs). */
const rams = /* @__PURE__ */ new WeakMap<FlatView, readonly Int32Array[]>()
/** Where this thread fences alone. */
const OWN = /* @__PURE__ */ new Int32Array(1)

/**
 * An emulated CPU's full barrier (x86's MFENCE, Arm's DMB, RISC-V's FENCE RW,RW): whoever sees what this thread accesses after
 * it sees what it accessed before it, as far as their accesses are ordered. Every atomic access is one, too.
 *
 * Where the CPU keeps stores in order it is one atomic access of this thread's, which waits until all its stores are seen.
 * Elsewhere it is one to a word beside each guest RAM that the space shows and other threads have: two threads that share
 * RAM meet there, and the memory models of ECMAScript and WebAssembly have what came before the first of two fences happen
 * before what comes after the second.
 *
 * The thread of the space calls it.
 */
export function atomicFence(space: AddressSpace): void {
  const { view } = checkSpace(space, 'space')
  for (const words of rams.get(view) ?? meetingsOf(view)) if (words[2] !== 0) Atomics.add(words, FENCE, 1)
  Atomics.add(OWN, 0, 1)
}

function meetingsOf(view: FlatView): readonly Int32Array[] {
  const blocks = view.ranges.flatMap(({ region }): readonly RamBlock[] => region.backing.map(({ block }) => block))
  const weak = blocks.filter(({ ram }) => !ram.host.keepsStoreOrder)
  const words = [...new Set(weak.map(({ ram }) => ram.logs))]
  rams.set(view, words)
  return words
}
