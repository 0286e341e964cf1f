import { ATTENTION, GONE, type Layout, REPLIES, TAIL } from './layout.ts'

/** Members that sleep look, and find that the owner is gone. */
export function announceEnd(words: Int32Array, layout: Layout): void {
  Atomics.store(words, GONE, 1)
  for (let id = 0; id < layout.shape.members; id++)
    for (const word of [ATTENTION, REPLIES, TAIL]) Atomics.notify(words, layout.member(id) + word)
}
